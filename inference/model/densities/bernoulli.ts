/** Which of two values a categorical column has: passed or failed, with an efficiency that may follow from other columns. */
import { UsageError } from "../../../engine/errors.js";
import { exp } from "../../../engine/exact-functions.js";
import { aText, oneOf, optional } from "../../../engine/options.js";
import { equal, log, neg, softplus, sub, where } from "../../../engine/tape/operations.js";
import type { Var } from "../../../engine/tape/tape.js";
import { aValue } from "../language/entry-kinds.js";
import type { Environment, Value } from "../language/environment.js";
import type { DensityKind, Draws } from "./contract.js";

/** The probability of the second value, or its logit: one of them. */
export interface BernoulliForm {
  readonly kind: "bernoulli";
  /** Categorical column of two values. */
  readonly x: string;
  /** From 0 to 1. */
  readonly p?: Value;
  /** log(p / (1 - p)): any number, with all digits near 0 and 1. */
  readonly logit?: Value;
}

/** log of the probabilities of the first and of the second value. */
function logProbabilities({ p, logit }: BernoulliForm, at: Environment): readonly [Var, Var] {
  if (logit === undefined) {
    const second = at.value(p!);
    return [log(sub(1, second)), log(second)];
  }
  const own = at.value(logit);
  return [neg(softplus(own)), neg(softplus(neg(own)))];
}

/** Of the second value, of every event [count]. */
async function probabilities({ p, logit }: BernoulliForm, draws: Draws): Promise<Float64Array> {
  if (logit === undefined) return draws.value(p!);
  return (await draws.value(logit)).map((own) => 1 / (1 + exp(-own)));
}

export const bernoulli: DensityKind<BernoulliForm> = {
  doc: "p of the second value of a categorical column, 1 - p of the first",
  entries: { kind: oneOf("bernoulli"), x: aText, p: optional(aValue), logit: optional(aValue) },
  values: ({ p, logit }) => [p, logit].filter((own) => own !== undefined),
  parts: () => [],
  shape: ({ x }, _, given) => ({ of: [x], given, isExtended: false, crossesKnots: false, hasKnots: false }),
  isOfCategories: true,
  check({ x, p, logit }, where, _, __, classes) {
    const values = classes(x);
    if (values?.length !== 2) {
      const got = values === undefined ? `${x}, a column of numbers` : `${values.length} values of ${x}`;
      throw new UsageError(where, {
        expected: "a categorical column of two values",
        got,
        hint: `Give the column its values: columns: { ${x}: { values: [0, 1] } }`,
      });
    }
    if ((p === undefined) === (logit === undefined)) {
      throw new UsageError(where, { expected: "p or logit", got: p === undefined ? "neither" : "both" });
    }
  },
  bind(form, at) {
    const [first, second] = at.classes(form.x)! as readonly [number, number];
    const logs = logProbabilities(form, at);
    const ofValue = new Map([
      [first, logs[0]],
      [second, logs[1]],
    ]);
    return {
      logProb: () => where(equal(at.column(form.x), second), logs[1], logs[0]),
      logProbability(region) {
        const kept = region[form.x];
        if (kept === undefined || kept.length > 1) return at.tape.constant(0, []);
        return ofValue.get(kept[0]![0] as number)!;
      },
    };
  },
  async draw(form, draws) {
    const [first, second] = draws.classes(form.x)! as readonly [number, number];
    const passing = await probabilities(form, draws);
    return { [form.x]: draws.uniforms().map((u, i) => (u < passing[i]! ? second : first)) };
  },
};
