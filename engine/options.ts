/**
 * Options as they come in at public functions: a misspelt one would be ignored in silence, one of another kind end in a
 * TypeError from deep inside.
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

export const aNumber: Kind = { expected: "a number", accepts: isNumber };
export const aFlag: Kind = { expected: "true or false", accepts: (value) => typeof value === "boolean" };
export const aText: Kind = { expected: "a text", accepts: (value) => typeof value === "string" };
export const aFunction: Kind = { expected: "a function", accepts: (value) => typeof value === "function" };
export const aList: Kind = { expected: "a list", accepts: isList };
/** An array or typed array. */
export const numbers: Kind = {
  expected: "a list of numbers",
  accepts: (value) => (Array.isArray(value) ? value.every(isNumber) : ArrayBuffer.isView(value)),
};
/** Data of a column. */
export const aColumn: Kind = {
  expected: "a Float32Array or Float64Array",
  accepts: (value) => value instanceof Float32Array || value instanceof Float64Array,
};
export const anObject: Kind = {
  expected: "an object",
  accepts: (value) => typeof value === "object" && value !== null && !isList(value),
};
export const aSignal: Kind = { ...anObject, expected: "an AbortSignal" };

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
  if (isList(value))
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
  if (!anObject.accepts(options)) {
    throw new UsageError(where, { expected: `an object with ${names.join(", ")}`, got: valueText(options) });
  }
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
    throw new UsageError(where, { expected: `${kind.expected} for ${name}`, got: valueText(value) });
  }
}
