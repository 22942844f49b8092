/** HS³'s mixture_dist: a sum of densities, by numbers of events or by fractions. */

import { UsageError } from "../../../engine/errors.js";
import { oneOf } from "../../../engine/options.js";
import { add, log, sub } from "../../../engine/tape/operations.js";
import type { Var } from "../../../engine/tape/tape.js";
import { texts, values } from "../language/entry-kinds.js";
import { type BoundDensity, type Environment, unionOf, type Value } from "../language/environment.js";
import type { DensityKind, Draws } from "./contract.js";
import { drawnClasses, drawnClassesAt } from "./drawn-classes.js";
import { commonGroups, logMarginal } from "./marginal.js";
import { logSignedSum } from "./signed-sum.js";

export interface MixtureForm {
  readonly kind: "mixture";
  /** Densities of the same columns. */
  readonly summands: readonly string[];
  /**
   * Of every summand its number of events, or any number in proportion; or fractions of all but the last, which has what they leave of 1. They may
   * look at columns: then every event has its own.
   */
  readonly coefficients: readonly Value[];
}

/** Refuses densities that are not all of the same columns. */
export function checkSameColumns(
  where: string,
  names: readonly string[],
  columns: readonly (readonly string[])[],
): void {
  const sorted = columns.map((own) => [...own].sort().join(", "));
  const other = sorted.findIndex((own) => own !== sorted[0]);
  if (other <= 0) return;
  throw new UsageError(where, {
    expected: "densities of the same columns",
    got: `${names[0]} of ${sorted[0]} and ${names[other]} of ${sorted[other]}`,
  });
}

/** Coefficients of all summands: with that which is left of 1. */
export function coefficientsOf({ coefficients, summands }: MixtureForm, at: Environment): Var[] {
  const own = coefficients.map((value) => at.value(value));
  if (own.length === summands.length) return own;
  return [...own, own.reduce((left, value) => sub(left, value), at.tape.constant(1, []))];
}

/** Events of several densities, by which of them each is of. @param kept  columns that are known */
export async function drawnOfEach(
  draws: Draws,
  names: readonly string[],
  which: Int32Array,
  kept: readonly string[] = [],
): Promise<Readonly<Record<string, Float64Array>>> {
  const all = new Map<string, Float64Array>();
  for (const [k, name] of names.entries()) {
    const positions = positionsOf(which, k);
    if (positions.length === 0) continue;
    for (const [column, values] of Object.entries(await draws.part(positions).rest(name, kept))) {
      const own = all.get(column) ?? new Float64Array(draws.count);
      all.set(column, own);
      for (let j = 0; j < positions.length; j++) own[positions[j]!] = values[j]!;
    }
  }
  return Object.fromEntries(all);
}

/** Where the list has this number. */
function positionsOf(list: Int32Array, number: number): Int32Array {
  const positions = new Int32Array(list.length);
  let found = 0;
  for (let i = 0; i < list.length; i++) if (list[i] === number) positions[found++] = i;
  return positions.slice(0, found);
}

export const mixture: DensityKind<MixtureForm> = {
  doc: "Σ c_i p_i(x) / Σ c_i",
  entries: { kind: oneOf("mixture"), summands: texts, coefficients: values },
  values: ({ coefficients }) => coefficients,
  parts: ({ summands }) => summands,
  shape: ({ summands, coefficients }, parts, given) => ({
    of: parts[0]?.of ?? [],
    given: unionOf([...parts.map((own) => own.given), given]),
    groups: commonGroups(parts),
    isExtended: coefficients.length === summands.length && given.length === 0,
    crossesKnots: parts.some(({ crossesKnots }) => crossesKnots),
    hasKnots: parts.some(({ hasKnots }) => hasKnots),
  }),
  check({ summands, coefficients }, where, parts) {
    if (summands.length < 1) throw new UsageError(where, { expected: "at least one summand", got: "none" });
    checkSameColumns(
      where,
      summands,
      parts.map(({ of }) => of),
    );
    const all = summands.length;
    if (coefficients.length === all || (coefficients.length === all - 1 && all > 1)) return;
    throw new UsageError(where, {
      expected:
        all === 1
          ? `the coefficient of ${summands[0]}`
          : `a coefficient for each of ${all} summands, or fractions of all but the last`,
      got: `${coefficients.length}`,
    });
  },
  bind(form, at, name): BoundDensity {
    const coefficients = coefficientsOf(form, at);
    const parts = form.summands.map((name) => at.density(name));
    const expected = coefficients.length > form.coefficients.length ? undefined : coefficients.reduce(add);
    const total = expected && log(expected);
    const normalised = (value: Var) => (total === undefined ? value : sub(value, total));
    return {
      logProb: () =>
        normalised(
          logSignedSum(
            coefficients,
            parts.map((part) => part.logProb()),
          ),
        ),
      logProbability: (region) =>
        normalised(
          logSignedSum(
            coefficients,
            parts.map((part) => part.logProbability(region)),
          ),
        ),
      logMarginal: (kept, region) =>
        normalised(
          logSignedSum(
            coefficients,
            form.summands.map((own) => logMarginal(at, own, kept, region)),
          ),
        ),
      ...(at.shape(name).isExtended && { expected, logExpected: total }),
    };
  },
  async drawRest(form, draws, kept) {
    const which = await drawnClassesAt(draws, (at) => {
      const coefficients = coefficientsOf(form, at);
      return form.summands.map((own, k) => add(log(coefficients[k]!), logMarginal(at, own, kept, {})));
    });
    return drawnOfEach(draws, form.summands, which, kept);
  },
  draw: async (form, draws) =>
    drawnOfEach(draws, form.summands, await drawnClasses(draws, form.coefficients, form.summands.length)),
};
