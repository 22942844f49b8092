/** The average of densities that were learned several times: members of an ensemble. */

import { UsageError } from "../../../engine/errors.js";
import { numbers, oneOf, optional } from "../../../engine/options.js";
import { add } from "../../../engine/tape/operations.js";
import { texts } from "../language/entry-kinds.js";
import { unionOf } from "../language/environment.js";
import type { DensityKind } from "./contract.js";
import { drawnClassesAt } from "./drawn-classes.js";
import { commonGroups, logMarginal } from "./marginal.js";
import { checkSameColumns, drawnOfEach } from "./mixture.js";
import { logSum } from "./one-dimensional.js";

export interface EnsembleForm {
  readonly kind: "ensemble";
  /** Densities of the same columns. */
  readonly members: readonly string[];
  /** How much each counts, above 0; absent: all alike. */
  readonly weights?: readonly number[];
}

/** w_b / Σ w. */
function sharesOf({ members, weights = members.map(() => 1) }: EnsembleForm): number[] {
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => weight / sum);
}

export const ensemble: DensityKind<EnsembleForm> = {
  doc: "Σ w_b p_b(x) / Σ w_b",
  entries: { kind: oneOf("ensemble"), members: texts, weights: optional(numbers) },
  values: () => [],
  parts: ({ members }) => members,
  shape: (_, parts) => ({
    of: parts[0]?.of ?? [],
    given: unionOf(parts.map(({ given }) => given)),
    groups: commonGroups(parts),
    isExtended: false,
    crossesKnots: parts.some(({ crossesKnots }) => crossesKnots),
    hasKnots: parts.some(({ hasKnots }) => hasKnots),
  }),
  check({ members, weights }, where, parts) {
    if (members.length < 1) throw new UsageError(where, { expected: "at least one member", got: "none" });
    checkSameColumns(
      where,
      members,
      parts.map(({ of }) => of),
    );
    if (weights === undefined) return;
    if (weights.length === members.length && weights.every((weight) => weight > 0 && Number.isFinite(weight))) return;
    throw new UsageError(where, {
      expected: `a positive weight for each of ${members.length} members`,
      got: `[${weights.join(", ")}]`,
    });
  },
  bind(form, at) {
    const logs = sharesOf(form).map(Math.log);
    const parts = form.members.map((name) => at.density(name));
    return {
      logProb: () => logSum(parts.map((part, b) => add(part.logProb(), logs[b]!))),
      logProbability: (region) => logSum(parts.map((part, b) => add(part.logProbability(region), logs[b]!))),
      logMarginal: (kept, region) =>
        logSum(form.members.map((own, b) => add(logMarginal(at, own, kept, region), logs[b]!))),
    };
  },
  async drawRest(form, draws, kept) {
    const logs = sharesOf(form).map(Math.log);
    const which = await drawnClassesAt(draws, (at) =>
      form.members.map((own, b) => add(logMarginal(at, own, kept, {}), logs[b]!)),
    );
    return drawnOfEach(draws, form.members, which, kept);
  },
  draw(form, draws) {
    const own = sharesOf(form);
    const which = Int32Array.from(draws.uniforms(), (u) => {
      let left = u;
      for (const [b, share] of own.entries()) {
        left -= share;
        if (left < 0) return b;
      }
      return own.length - 1;
    });
    return drawnOfEach(draws, form.members, which);
  },
};
