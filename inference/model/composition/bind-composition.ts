/** A composition on a tape. */
import { entryOf } from "../../../engine/entry.js";
import { UsageError } from "../../../engine/errors.js";
import { reshape, slice } from "../../../engine/tape/operations.js";
import type { Tape, Var } from "../../../engine/tape/tape.js";
import { integratedByCategory } from "../densities/by-category.js";
import { densityKind } from "../densities/densities.js";
import { functionKind } from "../functions/functions.js";
import type { BoundDensity, Columns, Environment, Moved } from "../language/environment.js";
import { bentByParameters, type DerivedColumns, framedColumn, sameFeature } from "../language/framed-columns.js";
import { checkParameterPoint, freeParameters, type ParameterPoint } from "../parameters/parameter.js";
import { type CheckedComposition, EVERYWHERE, functionOf } from "./composition.js";

/**
 * Values of the parameters: θ of the free ones, in their order, and numbers for the fixed ones.
 *
 * @param theta  [K], with events or without; of any shape where K is 0
 */
function parameterValues({ parameters }: CheckedComposition, theta: Var): Map<string, Var> {
  const free = freeParameters(parameters).map(({ name }) => name);
  const isOfFree = theta.shape.length === 1 && theta.shape[0] === free.length;
  // Without free parameters there is no θ to look at.
  if (free.length > 0 && !isOfFree) {
    throw new UsageError("composition", { expected: `parameters [${free.length}]`, got: `[${theta.shape}]` });
  }
  return new Map(
    parameters.map(({ name, start }) => {
      const k = free.indexOf(name);
      return [name, k < 0 ? theta.tape.constant(start, []) : reshape(slice(theta, -1, k, k + 1), [])];
    }),
  );
}

/** θ at a point as a constant: free parameters that it does not name have their starts. */
export function pointOn(tape: Tape, { parameters }: CheckedComposition, point: ParameterPoint): Var {
  checkParameterPoint(parameters, point);
  const values = freeParameters(parameters).map(({ name, start }) => entryOf(point, name) ?? start);
  // A tape has no empty arrays.
  return tape.constant(values.length === 0 ? 0 : values);
}

/** What the environments of a tape have in common: it is made once for each tape, and says what to bind to the tape. */
export class TapeParts {
  /** Nodes of weights: they do not depend on parameters or columns. */
  readonly weights = new Map<string, unknown>();
  /** Columns to bind beside those of the data. */
  readonly derived: DerivedColumns = new Map();
  /** What was integrated numerically, and estimates of the errors of the logarithms [], or per event. */
  readonly integrals: { readonly what: string; readonly error: Var }[] = [];
}

/**
 * The environment of a composition.
 *
 * @param theta    free parameters [K]
 * @param columns  those that are looked at
 * @param parts    one for all environments of a tape
 */
export function bindComposition(
  composition: CheckedComposition,
  theta: Var,
  columns: Columns,
  parts: TapeParts,
): Environment {
  const own = { composition, tape: theta.tape, parameters: parameterValues(composition, theta), parts };
  return environment(own, columns, { domain: composition.domain });
}

/** What does not change where columns move. */
interface Common {
  readonly composition: CheckedComposition;
  readonly tape: Tape;
  readonly parameters: ReadonlyMap<string, Var>;
  readonly parts: TapeParts;
}

function environment(common: Common, columns: Columns, moved: Required<Pick<Moved, "domain">> & Moved): Environment {
  const { composition, tape, parameters, parts } = common;
  const { functions, densities } = composition;
  const { framed = {}, domain } = moved;
  const values = new Map<string, Var>();
  const found = new Map<string, BoundDensity>();
  /** Of all numbers of a function [] or [labels]. */
  const functionValue = (name: string) => {
    const form = functions[name]!;
    const value = functionKind(name, form).bind(form, at, name);
    values.set(name, value);
    return value;
  };
  const at: Environment = {
    tape,
    domain,
    range: (name) => entryOf(composition.columns, name)?.range ?? EVERYWHERE,
    classes: composition.classes,
    shape: composition.shape,
    column(name) {
      const own = Object.hasOwn(columns, name) ? columns[name] : undefined;
      if (own !== undefined) return own;
      if (Object.hasOwn(framed, name)) throw bentByParameters(name);
      throw new Error(`internal: column ${name} is not bound`);
    },
    framed(name, feature) {
      const own = Object.hasOwn(framed, name) ? framed[name] : undefined;
      if (own !== undefined && sameFeature(own.feature, feature)) return own;
      return framedColumn({ tape, derived: parts.derived }, at.column(name), name, feature);
    },
    value(of) {
      if (typeof of === "number") return tape.constant(of, []);
      const known = parameters.get(of);
      if (known !== undefined) return known;
      const name = functionOf(functions, of);
      if (!Object.hasOwn(functions, name)) return at.column(of);
      const all = values.get(name) ?? functionValue(name);
      if (name === of) return all;
      const label = functionKind(name, functions[name]!).labels!(functions[name]!)!.indexOf(of.slice(name.length + 1));
      return reshape(slice(all, -1, label, label + 1), all.shape.slice(0, -1));
    },
    logValue(of) {
      if (typeof of === "number") return of > 0 ? tape.constant(Math.log(of), []) : undefined;
      const form = entryOf(functions, of);
      return form && functionKind(of, form).bindLog?.(form, at);
    },
    density(name) {
      const known = found.get(name);
      if (known !== undefined) return known;
      const form = densities[name]!;
      const bind = (own: Environment) => densityKind(name, form).bind(form, own, name);
      const density = integratedByCategory(at, name, bind(at), bind);
      found.set(name, density);
      return density;
    },
    weights<T>(name: string, bind: (prefix: string) => T): T {
      if (!parts.weights.has(name)) parts.weights.set(name, bind(name));
      return parts.weights.get(name) as T;
    },
    withColumns(more, by = {}) {
      const kept = Object.fromEntries(Object.entries(framed).filter(([name]) => !Object.hasOwn(more, name)));
      const own = { framed: { ...kept, ...by.framed }, domain: by.domain ?? domain };
      return environment(common, { ...columns, ...more }, own);
    },
    checkIntegral(what, error) {
      parts.integrals.push({ what, error });
    },
  };
  return at;
}
