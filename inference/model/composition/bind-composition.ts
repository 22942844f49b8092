/** A composition on a tape. */
import { UsageError } from "../../../engine/errors.js";
import { reshape, slice } from "../../../engine/tape/operations.js";
import type { Tape, Var } from "../../../engine/tape/tape.js";
import { densityKind } from "../densities/densities.js";
import { functionKind } from "../functions/functions.js";
import type { BoundDensity, Columns, Environment } from "../language/environment.js";
import { freeParameters } from "../parameters/parameter.js";
import type { CheckedComposition } from "./composition.js";

/**
 * Values of the parameters: θ of the free ones, in their order, and numbers for the fixed ones.
 *
 * @param theta  [K], with events or without
 */
export function parameterValues({ parameters }: CheckedComposition, theta: Var): Map<string, Var> {
  const free = freeParameters(parameters).map(({ name }) => name);
  if (theta.shape.length !== 1 || theta.shape[0] !== free.length) {
    throw new UsageError("composition", { expected: `parameters [${free.length}]`, got: `[${theta.shape}]` });
  }
  return new Map(
    parameters.map(({ name, start }) => {
      const k = free.indexOf(name);
      return [name, k < 0 ? theta.tape.constant(start, []) : reshape(slice(theta, -1, k, k + 1), [])];
    }),
  );
}

/** Nodes that are made once for each tape: weights do not depend on parameters or columns. */
export type BoundWeights = Map<string, unknown>;

/**
 * The environment of a composition.
 *
 * @param theta    free parameters [K]
 * @param columns  those that are looked at
 * @param bound    one map for all environments of a tape
 */
export function bindComposition(
  composition: CheckedComposition,
  theta: Var,
  columns: Columns,
  bound: BoundWeights,
): Environment {
  return environment(composition, theta.tape, parameterValues(composition, theta), columns, bound);
}

function environment(
  composition: CheckedComposition,
  tape: Tape,
  parameters: ReadonlyMap<string, Var>,
  columns: Columns,
  bound: BoundWeights,
): Environment {
  const { functions, densities } = composition;
  const values = new Map<string, Var>();
  const parts = new Map<string, BoundDensity>();
  const at: Environment = {
    tape,
    domain: composition.domain,
    shape: composition.shape,
    column(name) {
      const own = columns[name];
      if (own === undefined) throw new Error(`internal: column ${name} is not bound`);
      return own;
    },
    value(of) {
      if (typeof of === "number") return tape.constant(of, []);
      const known = values.get(of) ?? parameters.get(of);
      if (known !== undefined) return known;
      const form = Object.hasOwn(functions, of) ? functions[of] : undefined;
      const value = form === undefined ? at.column(of) : functionKind(of, form).bind(form, at, of);
      values.set(of, value);
      return value;
    },
    density(name) {
      const known = parts.get(name);
      if (known !== undefined) return known;
      const form = densities[name]!;
      const density = densityKind(name, form).bind(form, at, name);
      parts.set(name, density);
      return density;
    },
    weights<T>(name: string, bind: (prefix: string) => T): T {
      if (!bound.has(name)) bound.set(name, bind(name));
      return bound.get(name) as T;
    },
    withColumns: (more) => environment(composition, tape, parameters, { ...columns, ...more }, bound),
  };
  return at;
}
