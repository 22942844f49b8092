/** What the fit machinery minimises, and the plain frozen shapes in which results carry vectors and matrices. */
import { UsageError } from "../../engine/errors.js";
import { aFunction, aList, aMap, aText, checkArgument, type Kind, numbers, valueText } from "../../engine/options.js";

const listOfNames: Kind = {
  expected: "a list of names",
  accepts: (value) => Array.isArray(value) && value.every(aText.accepts),
};

/** One evaluation; `gradient` [K] is there from order 1, `hessian` (row-major [K, K]) from order 2. */
export interface Evaluation {
  readonly nll: number;
  readonly gradient?: Float64Array;
  readonly hessian?: Float64Array;
}

/** A negative log-likelihood (not twice it) of K named nuisances, with exact derivatives. */
export interface Objective {
  readonly names: readonly string[];
  evaluate(nu: Float64Array, order: 0 | 1 | 2): Promise<Evaluation>;
}

/** Numbers with the names they belong to, in the same order. */
export interface NamedVector {
  readonly names: readonly string[];
  readonly values: readonly number[];
}

/** Rows of a square matrix. */
export type Matrix = readonly (readonly number[])[];

export function namedVector(names: readonly string[], values: ArrayLike<number>): NamedVector {
  checkArgument("namedVector", "names", names, aList);
  checkArgument("namedVector", "values", values, numbers);
  return Object.freeze({ names: Object.freeze([...names]), values: Object.freeze(Array.from(values)) });
}

/** Frozen rows of a row-major n x n array. */
export function matrixOf(flat: ArrayLike<number>, n: number): Matrix {
  return Object.freeze(
    Array.from({ length: n }, (_, i) => Object.freeze(Array.from({ length: n }, (_, j) => flat[i * n + j]!))),
  );
}

/** Refuses what is no list of names. */
export const checkNames = (where: string, names: readonly string[]): void =>
  checkArgument(where, "the names", names, listOfNames);

/** Refuses what has no names or cannot be evaluated. */
export function checkObjective(where: string, objective: Objective): void {
  if (typeof objective !== "object" || objective === null) {
    throw new UsageError(where, { expected: "an objective with names and evaluate", got: valueText(objective) });
  }
  checkArgument(where, "names of the objective", objective.names, listOfNames);
  checkArgument(where, "evaluate of the objective", objective.evaluate, aFunction);
}

/** Position of `name` among `names`. */
export function indexOfName(where: string, names: readonly string[], name: string): number {
  checkArgument(where, "names", names, aList);
  const index = names.indexOf(name);
  if (index < 0) throw new UsageError(where, { expected: `one of ${names.join(", ")}`, got: valueText(name) });
  return index;
}

/**
 * The objective as a function of the remaining nuisances, the others fixed.
 *
 * @param fixed  value of each fixed nuisance, by its position in `objective.names`
 */
export function withFixed(objective: Objective, fixed: ReadonlyMap<number, number>): Objective {
  checkObjective("withFixed", objective);
  checkArgument("withFixed", "values by position", fixed, aMap);
  const size = objective.names.length;
  const free = objective.names.map((_, i) => i).filter((i) => !fixed.has(i));
  const full = new Float64Array(size);
  for (const [index, value] of fixed) full[index] = value;

  return {
    names: free.map((i) => objective.names[i]!),
    async evaluate(nu, order) {
      const point = full.slice();
      for (const [k, i] of free.entries()) point[i] = nu[k]!;
      const { nll, gradient, hessian } = await objective.evaluate(point, order);
      return {
        nll,
        ...(gradient && { gradient: Float64Array.from(free, (i) => gradient[i]!) }),
        ...(hessian && { hessian: Float64Array.from(free.flatMap((i) => free.map((j) => hessian[i * size + j]!))) }),
      };
    },
  };
}
