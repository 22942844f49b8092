/** A named number that a likelihood depends on: free, constrained by an auxiliary measurement, or fixed. */
import { entryOf } from "../../../engine/entry.js";
import { UsageError } from "../../../engine/errors.js";
import {
  aFlag,
  aList,
  aNumber,
  anObject,
  aText,
  checkArgument,
  checkOptions,
  type Options,
  optional,
} from "../../../engine/options.js";
import { nearest } from "../../../io/edit-distance.js";
import { anInterval } from "../language/entry-kinds.js";
import { type Constraint, checkConstraint, constraintEstimate, constraintLeast } from "./constraints.js";

export interface Parameter {
  readonly name: string;
  /** Where a fit begins, and its value where it is fixed. */
  readonly start: number;
  /** A fit does not leave it. Absent: any number that the constraint allows. */
  readonly range?: readonly [low: number, high: number];
  readonly constraint?: Constraint;
  readonly isFixed?: boolean;
}

const parameterOptions: Options<Parameter> = {
  name: aText,
  start: aNumber,
  range: optional(anInterval),
  constraint: optional(anObject),
  isFixed: optional(aFlag),
};

/** Part of the start that a parameter without an error of its own may be off by, for a first scale. */
const GUESS = 0.1;

/** Refuses parameters that do not fit together: two of one name, a start out of range, a constraint that is none. */
export function checkParameters(parameters: readonly Parameter[]): void {
  checkArgument("parameters", "the parameters", parameters, aList);
  const known = new Set<string>();
  for (const parameter of parameters) {
    checkOptions("parameter", parameter, parameterOptions);
    const { name, start, range, constraint } = parameter;
    const where = `parameter ${name}`;
    if (known.has(name)) throw new UsageError(where, { expected: "a name of its own", got: "the name of another one" });
    known.add(name);
    if (!Number.isFinite(start)) throw new UsageError(where, { expected: "a finite start", got: `${start}` });
    if (range !== undefined && !(range[0] < range[1])) {
      throw new UsageError(where, { expected: "a range from low to high", got: `[${range.join(", ")}]` });
    }
    if (range !== undefined && !(range[0] <= start && start <= range[1])) {
      throw new UsageError(where, { expected: `a start within its range [${range.join(", ")}]`, got: `${start}` });
    }
    if (constraint === undefined) continue;
    checkConstraint(name, constraint);
    const least = constraintLeast(constraint);
    if (!(start >= least)) {
      const expected = `a start ${least > 0 ? "above" : "of at least"} 0, which its ${constraint.kind} constraint needs`;
      throw new UsageError(where, { expected, got: `${start}` });
    }
  }
}

/** Where a fit may look for a parameter: its range, and from 0 on where its constraint needs that. */
export function rangeOf({ range, constraint }: Parameter): readonly [number, number] {
  const [low, high] = range ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  return [constraint === undefined ? low : Math.max(low, constraintLeast(constraint)), high];
}

/** About how far the parameter may be from its start, in its units: by its constraint, its range, or its size. */
export function scaleOf({ start, range, constraint }: Parameter): number {
  if (constraint !== undefined) return constraintEstimate(constraint)[1];
  const width = range === undefined ? Number.POSITIVE_INFINITY : range[1] - range[0];
  if (Number.isFinite(width)) return GUESS * width;
  return start === 0 ? 1 : GUESS * Math.abs(start);
}

/** Values by name. */
export type ParameterPoint = Readonly<Record<string, number>>;

/** Refuses a point that names no parameter, or another value of a fixed one than it has. */
export function checkParameterPoint(parameters: readonly Parameter[], point: ParameterPoint): void {
  for (const [name, value] of Object.entries(point)) {
    const own = parameters.find((parameter) => parameter.name === name);
    if (own === undefined) {
      const expected = `parameters of the composition (${parameters.map((parameter) => parameter.name).join(", ")})`;
      throw new UsageError("point", { expected, got: JSON.stringify(name) });
    }
    if (own.isFixed !== true || own.start === value) continue;
    throw new UsageError("point", {
      expected: `${name} = ${own.start}, where it is fixed`,
      got: `${value}`,
      hint: "Change its start (changedParameters), or free it",
    });
  }
}

/** What is changed of parameters by name, before a likelihood is made of them. */
export interface ParameterChanges {
  /** Fixed at their start, or at the value that `set` gives. */
  readonly fix?: readonly string[];
  readonly free?: readonly string[];
  /** New starts. */
  readonly set?: ParameterPoint;
  /** New ranges. */
  readonly limit?: Readonly<Record<string, readonly [number, number]>>;
}

const changeOptions: Options<ParameterChanges> = {
  fix: optional(aList),
  free: optional(aList),
  set: optional(anObject),
  limit: optional(anObject),
};

/** The parameters with these changes; a name that none of them has is refused. */
export function changedParameters(parameters: readonly Parameter[], changes: ParameterChanges): Parameter[] {
  checkArgument("changedParameters", "the parameters", parameters, aList);
  checkOptions("changedParameters", changes, changeOptions);
  const { fix = [], free = [], set = {}, limit = {} } = changes;
  const names = parameters.map(({ name }) => name);
  for (const name of [...fix, ...free, ...Object.keys(set), ...Object.keys(limit)]) {
    if (names.includes(name)) continue;
    const meant = nearest(name, names);
    throw new UsageError("parameters", {
      expected: `one of ${names.join(", ")}`,
      got: JSON.stringify(name),
      ...(meant !== undefined && { hint: `Did you mean ${meant}?` }),
    });
  }
  const both = fix.find((name) => free.includes(name));
  if (both !== undefined) throw new UsageError("parameters", { expected: `${both} fixed or free`, got: "both" });
  const changed = parameters.map((parameter) => {
    const { name, start, isFixed, range, ...rest } = parameter;
    const own = entryOf(limit, name) ?? range;
    const fixed = fix.includes(name) || (isFixed === true && !free.includes(name));
    return {
      ...rest,
      name,
      start: entryOf(set, name) ?? start,
      ...(own && { range: own }),
      ...(fixed && { isFixed: true }),
    };
  });
  checkParameters(changed);
  return changed;
}

/** Those that a fit moves: θ lists them in this order. */
export function freeParameters(parameters: readonly Parameter[]): Parameter[] {
  checkArgument("freeParameters", "the parameters", parameters, aList);
  return parameters.filter(({ isFixed }) => isFixed !== true);
}
