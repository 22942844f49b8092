/** The terms of a likelihood that look at events, as functions of ν on a tape, with their derivatives and sums of gradients. */
import { gradient, hessian } from "../../../engine/derivatives/gradient.js";
import { add, broadcastEvents, mul, neg, reshape, square, sumEvents } from "../../../engine/tape/operations.js";
import { Tape, type Var } from "../../../engine/tape/tape.js";
import { bindMixture, type Observed } from "../mixture.js";
import { logTotalYield, logYields } from "../yields.js";
import type { LikelihoodRequest } from "./likelihood-request.js";

/** Everything of the likelihood that looks at events, on one tape, before it is added up. All are per event. */
export interface Traced {
  readonly nu: Var;
  /** One ν per event [K]. */
  readonly ownNu: Var;
  /** log p at ν, and with log N_tot, where the number of events counts, at an event's own ν: []. */
  readonly logProb: Var;
  readonly ownScore: Var;
  /** How often the event counts, 1 where events have no weights: []. */
  readonly weight: Var;
  /** The same with x alone, where events count with y as often as `yWeights` say. */
  readonly logProbX?: Var;
  readonly ownScoreX?: Var;
  readonly weightX?: Var;
}

/** Columns of weights. */
export const WEIGHT = "weight";
export const WEIGHT_X = "weight of x alone";

/** @param data  whose columns are looked at */
export function trace(
  { model, form, extended }: Pick<LikelihoodRequest, "model" | "form" | "extended">,
  data: { readonly hasY: boolean; readonly isWeighted: boolean; readonly weighsY: boolean },
): Traced {
  const tape = new Tape();
  const mixture = bindMixture(tape, model);
  const nu = tape.parameter("nu", [model.nuisances.length]);
  const x = tape.column("x", [model.x.nominal.architecture.features]);
  const y = data.hasY ? tape.column("y", [model.y?.nominal.architecture.features ?? 0]) : undefined;
  const ownNu = broadcastEvents(nu, tape.events());
  const logProb = (observed: Observed) => broadcastEvents(mixture.logProb(observed, nu, form), tape.events());
  const ownScore = (observed: Observed) => {
    const ofEvent = mixture.logProb(observed, ownNu, form);
    return extended ? add(ofEvent, logTotalYield(logYields(model, ownNu))) : ofEvent;
  };
  return {
    nu,
    ownNu,
    logProb: logProb({ x, y }),
    ownScore: ownScore({ x, y }),
    weight: data.weighsY || data.isWeighted ? tape.column(WEIGHT, []) : tape.constant(1, [], tape.events()),
    ...(data.weighsY &&
      form === "joint" && {
        logProbX: logProb({ x }),
        ownScoreX: ownScore({ x }),
        weightX: tape.column(WEIGHT_X, []),
      }),
  };
}

/** [K] of every event: the cotangent of one ν per event is its own gradient. */
export const scoreOf = ({ ownNu }: Traced, ownScore: Var): Var => gradient(sumEvents(ownScore), [ownNu])[0] as Var;

export type Order = 0 | 1 | 2;

/** -Σ w log p and its derivatives */
export function derivatives({ nu, logProb, weight, logProbX, weightX }: Traced, order: Order): Record<string, Var> {
  const withY = mul(weight, logProb);
  const nll = neg(sumEvents(logProbX && weightX ? add(withY, mul(weightX, logProbX)) : withY));
  return {
    nll,
    ...(order >= 1 && { gradient: gradient(nll, [nu])[0] as Var }),
    ...(order >= 2 && { hessian: hessian(nll, nu) }),
  };
}

/** Σ w g gᵀ, Σ (Σ w g)(Σ w g)ᵀ [K, K] and Σ (Σ w g²)² [K], inner sums over an event with y and with x alone, g its score. */
export function scoreSums(traced: Traced): Record<"outerProduct" | "product" | "fourth", Var> {
  const { ownNu, ownScore, weight, ownScoreX, weightX } = traced;
  const [size] = ownNu.shape as [number];
  const outer = (a: Var, b: Var) => mul(reshape(a, [size, 1]), reshape(b, [1, size]));
  const parts = [{ score: ownScore, weight }];
  if (ownScoreX && weightX) parts.push({ score: ownScoreX, weight: weightX });
  const found = parts.map(({ score, weight: w }) => {
    const g = scoreOf(traced, score);
    return { score: mul(w, g), outerProduct: mul(w, outer(g, g)), diagonal: mul(w, square(g)) };
  });
  const total = (of: keyof (typeof found)[number]) => found.map((part) => part[of]).reduce(add);
  const ofEvent = total("score");
  return {
    outerProduct: sumEvents(total("outerProduct")),
    product: sumEvents(outer(ofEvent, ofEvent)),
    fourth: sumEvents(square(total("diagonal"))),
  };
}
