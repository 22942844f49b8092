/**
 * The mixture over the values of a categorical column that is not observed, such as the process of an event: one density of all of them, whose
 * networks are evaluated for all at once.
 */

import { UsageError } from "../../../engine/errors.js";
import { aText, oneOf } from "../../../engine/options.js";
import { add, broadcast, concatenate, exp, log, logSumExp, sub, sum } from "../../../engine/tape/operations.js";
import type { Var } from "../../../engine/tape/tape.js";
import { withLastAxis, withoutLastAxis } from "../../../flows/shapes.js";
import { values } from "../language/entry-kinds.js";
import type { BoundDensity, Environment, Value } from "../language/environment.js";
import type { DensityKind } from "./contract.js";
import { drawnClasses, drawnClassesAt } from "./drawn-classes.js";
import { logMarginal } from "./marginal.js";
import { logSignedSumAlong } from "./signed-sum.js";

export interface CategoriesForm {
  readonly kind: "categories";
  /** Conditional on the column. */
  readonly density: string;
  /** Categorical column, which data need not have. */
  readonly over: string;
  /** Of each of its values the number of events, or any number in proportion. They may look at other columns. */
  readonly coefficients: readonly Value[];
}

const row = (numbers: readonly Var[]) => concatenate(numbers.map(withLastAxis));

/** Σ c_i with its logarithm, and log Σ c_i e^{l_i} of l [n]. */
interface Sums {
  readonly expected: Var;
  readonly logExpected: Var;
  readonly logSumWith: (logs: Var) => Var;
}

function sumsOf(coefficients: readonly Value[], at: Environment): Sums {
  const logs = coefficients.map((value) => at.logValue(value));
  if (logs.every((own) => own !== undefined)) {
    const all = row(logs);
    const along = (terms: Var) => withoutLastAxis(logSumExp(terms, -1));
    const logExpected = along(all);
    return { expected: exp(logExpected), logExpected, logSumWith: (own) => along(add(all, own)) };
  }
  const all = row(coefficients.map((value) => at.value(value)));
  const expected = withoutLastAxis(sum(all, -1));
  return { expected, logExpected: log(expected), logSumWith: (own) => logSignedSumAlong(all, own) };
}

export const categories: DensityKind<CategoriesForm> = {
  doc: "Σ c_i p(x | i) / Σ c_i over the values i of a categorical column",
  entries: { kind: oneOf("categories"), density: aText, over: aText, coefficients: values },
  values: ({ coefficients }) => coefficients,
  parts: ({ density }) => [density],
  shape: ({ over }, [part], given) => ({
    ...part!,
    given: [...new Set([...part!.given.filter((column) => column !== over), ...given])],
    isExtended: given.length === 0,
  }),
  check({ density, over, coefficients }, where, [part], _, classes) {
    const values = classes(over);
    if (values === undefined) {
      throw new UsageError(where, { expected: "a categorical column, one with values", got: over });
    }
    if (!part!.given.includes(over)) {
      const got = `${density} given ${part!.given.join(", ") || "no column"}`;
      throw new UsageError(where, { expected: `a density that is conditional on ${over}`, got });
    }
    if (coefficients.length === values.length) return;
    throw new UsageError(where, {
      expected: `a coefficient for each of ${values.length} values of ${over}`,
      got: `${coefficients.length}`,
    });
  },
  bind({ density, over, coefficients }, at, name): BoundDensity {
    const values = at.classes(over)!;
    const withValues = (own: number | readonly number[], shape?: readonly number[]) =>
      at.withColumns({ [over]: at.tape.constant(own, shape) });
    const together = at.shape(density).isBatched ? withValues(values) : undefined;
    const apart = together ? [] : values.map((value) => withValues(value, []));
    const { expected, logExpected, logSumWith } = sumsOf(coefficients, at);
    const ofAll = (log: (own: Environment) => Var) => {
      const logs = together ? log(together) : row(apart.map(log));
      return sub(logSumWith(broadcast(logs, [values.length])), logExpected);
    };
    return {
      logProb: () => ofAll((own) => own.density(density).logProb()),
      logProbability: (region) => ofAll((own) => own.density(density).logProbability(region)),
      logMarginal: (kept, region) => ofAll((own) => logMarginal(own, density, kept, region)),
      ...(at.shape(name).isExtended && { expected, logExpected }),
    };
  },
  async drawRest({ density, over, coefficients }, draws, kept) {
    const values = draws.classes(over)!;
    const which = await drawnClassesAt(draws, (at) =>
      values.map((value, i) => {
        const own = at.withColumns({ [over]: at.tape.constant(value, []) });
        return add(log(at.value(coefficients[i]!)), logMarginal(own, density, kept, {}));
      }),
    );
    return draws.with({ [over]: Float64Array.from(which, (i) => values[i]!) }).rest(density, kept);
  },
  async draw({ density, over, coefficients }, draws) {
    const values = draws.classes(over)!;
    const which = await drawnClasses(draws, coefficients, values.length);
    return draws.drawn(density, { [over]: Float64Array.from(which, (i) => values[i]!) });
  },
};
