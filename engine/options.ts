/**
 * Checks of the options of public functions. Without them, a misspelt option would be ignored in silence, and one of another kind
 * would end in a TypeError from deep inside.
 *
 * Each function has a table of its options, typed over their interface: one that is missing from the table does not compile.
 */
import { nearest } from "../io/edit-distance.js";
import { UsageError } from "./errors.js";

/** What a value must be. */
export interface Kind {
  readonly expected: string;
  accepts(value: unknown): boolean;
}

/** A kind that may be left out. */
export interface OptionalKind extends Kind {
  readonly isOptional: true;
}

/** The kind of every option: optional where the interface says so. */
export type Options<T> = { readonly [K in keyof T]-?: undefined extends T[K] ? OptionalKind : Kind };

const isList = (value: unknown): value is ArrayLike<unknown> => Array.isArray(value) || ArrayBuffer.isView(value);
const isNumber = (value: unknown) => typeof value === "number";
/** A typed array of numbers: elements of a DataView have no type, those of a BigInt64Array are none. */
const isNumberArray = (value: unknown) =>
  ArrayBuffer.isView(value) &&
  !(value instanceof DataView || value instanceof BigInt64Array || value instanceof BigUint64Array);

export const aNumber: Kind = { expected: "a number", accepts: isNumber };
export const aFlag: Kind = { expected: "true or false", accepts: (value) => typeof value === "boolean" };
export const aText: Kind = { expected: "a text", accepts: (value) => typeof value === "string" };
export const aFunction: Kind = { expected: "a function", accepts: (value) => typeof value === "function" };
export const aList: Kind = { expected: "a list", accepts: isList };
/** An array or typed array. */
export const numbers: Kind = {
  expected: "a list of numbers",
  // `every` of a list leaves out its holes.
  accepts: (value) => (Array.isArray(value) ? Array.from(value).every(isNumber) : isNumberArray(value)),
};
/** A typed array that numbers can be written to. */
export const numberArray: Kind = { expected: "a typed array of numbers", accepts: isNumberArray };
/** Data of a column. */
export const aColumn: Kind = {
  expected: "a Float32Array or Float64Array",
  accepts: (value) => value instanceof Float32Array || value instanceof Float64Array,
};
/** With entries by name: what has no such entries (a Map, a Promise, a Date) would pass for an object without any. */
export const anObject: Kind = {
  expected: "an object",
  accepts: (value) => Object.prototype.toString.call(value) === "[object Object]",
};
export const aSignal: Kind = { expected: "an AbortSignal", accepts: (value) => value instanceof AbortSignal };
export const aMap: Kind = { expected: "a Map", accepts: (value) => value instanceof Map };

export const oneOf = (...choices: readonly string[]): Kind => ({
  expected: choices.map((choice) => JSON.stringify(choice)).join(" or "),
  accepts: (value) => choices.includes(value as string),
});

export const either = (a: Kind, b: Kind): Kind => ({
  expected: `${a.expected} or ${b.expected}`,
  accepts: (value) => a.accepts(value) || b.accepts(value),
});

export const optional = (kind: Kind): OptionalKind => ({ ...kind, isOptional: true });

/** A value in a message. */
export function valueText(value: unknown): string {
  if (typeof value === "function") return "a function";
  if (ArrayBuffer.isView(value)) return `a ${value.constructor.name} of ${value.byteLength} bytes`;
  if (Array.isArray(value))
    return value.length > 4 ? `a list of ${value.length}` : `[${Array.from(value).map(valueText).join(", ")}]`;
  if (typeof value === "object" && value !== null) {
    const name = value.constructor?.name ?? "Object";
    return name === "Object" ? `{ ${Object.keys(value).slice(0, 4).join(", ")} }` : `a ${name}`;
  }
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}

/** Refuses what is no object of these options. */
export function checkOptions<T extends object>(where: string, options: T, kinds: Options<T>): void {
  const names = Object.keys(kinds);
  if (!anObject.accepts(options)) throw wrongValue(where, `an object with ${names.join(", ")}`, options);
  for (const name of Object.keys(options)) {
    if (Object.hasOwn(kinds, name)) continue;
    const meant = nearest(name, names);
    throw new UsageError(where, {
      expected: `options among ${names.join(", ")}`,
      got: JSON.stringify(name),
      ...(meant !== undefined && { hint: `Did you mean ${meant}?` }),
    });
  }
  for (const [name, kind] of Object.entries<Kind | OptionalKind>(kinds)) {
    const value = (options as Readonly<Record<string, unknown>>)[name];
    if (value === undefined ? "isOptional" in kind : kind.accepts(value)) continue;
    throw wrongValue(where, `${kind.expected} for ${name}`, value);
  }
}

/** Refuses an argument of another kind. */
export function checkArgument(where: string, name: string, value: unknown, kind: Kind): void {
  if (!kind.accepts(value)) throw wrongValue(where, `${kind.expected} for ${name}`, value);
}

/** Refuses an object that lacks an entry which the function reads, or has it of another kind. Other entries are ignored. */
export function checkParts<T>(where: string, what: string, value: T, parts: { readonly [K in keyof T]?: Kind }): void {
  const names = Object.keys(parts);
  if (!anObject.accepts(value)) throw wrongValue(where, `${what} with ${names.join(", ")}`, value);
  for (const [name, kind] of Object.entries<Kind>(parts as Readonly<Record<string, Kind>>)) {
    const part = (value as Readonly<Record<string, unknown>>)[name];
    if (!kind.accepts(part)) throw wrongValue(where, `${what} with ${kind.expected} as ${name}`, part);
  }
}

function wrongValue(where: string, expected: string, value: unknown): UsageError {
  return new UsageError(where, {
    expected,
    got: valueText(value),
    ...(value instanceof Promise && { hint: "Await it" }),
  });
}
