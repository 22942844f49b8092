/** The density of the bench `parametric` in the language, and toys of it by programs that are compiled once. */

import { gradient, hessian } from "../../engine/derivatives/gradient.js";
import type { Backend, Program } from "../../engine/runtime/backend.js";
import { add, exp, log, mul, neg, reshape, slice, square, sub, sumEvents } from "../../engine/tape/operations.js";
import { Tape, type Var } from "../../engine/tape/tape.js";
import { checkedComposition } from "../../inference/model/composition/composition.js";
import { type ChannelsLikelihood, channelsLikelihood } from "../../inference/model/likelihood/channels.js";
import { fitLikelihood } from "../../inference/model/likelihood/fit-likelihood.js";
import type { FitResult } from "../../inference/statistics/fit/fit-result.js";
import { minimise } from "../../inference/statistics/fit/minimise.js";
import type { Objective } from "../../inference/statistics/objective.js";

export const RANGE = 10;
export const START = [0.25, 5.1, 0.6, 0.25];
/** Those that toys are drawn with. */
export const TOY_START = [600, 1400, 5, 0.5, 0.3];
/** iminuit's for its tolerance of 0.1 and an NLL. */
const TOLERANCE = 1e-4;

const parameters = [
  { name: "fraction", start: 0.3, range: [0, 1] },
  { name: "mean", start: 5, range: [0, RANGE] },
  { name: "sigma", start: 0.5, range: [0.01, 5] },
  { name: "c", start: 0.3, range: [0.001, 5] },
] as const;

/** Of all events. */
export function ourLikelihood(backend: Backend, x: Float64Array): Promise<ChannelsLikelihood> {
  const composition = checkedComposition({
    parameters,
    columns: { m: { range: [0, RANGE] } },
    functions: {},
    densities: {
      peak: { kind: "gaussian", x: "m", mean: "mean", sigma: "sigma" },
      rest: { kind: "exponential", x: "m", c: "c" },
      model: { kind: "mixture", summands: ["peak", "rest"], coefficients: ["fraction"] },
    },
  });
  const data = { count: x.length, columns: { m: x } };
  return channelsLikelihood({
    backend,
    composition,
    channels: [{ name: "data", density: "model", isExtended: false, data }],
  });
}

const boundsOf = (own: readonly { readonly name: string; readonly range: readonly [number, number] }[]) =>
  Object.fromEntries(own.map(({ name, range }) => [name, range] as const));

export const ourFit = (likelihood: ChannelsLikelihood): Promise<FitResult> =>
  fitLikelihood(likelihood, { start: START, bounds: boundsOf(parameters), tolerance: TOLERANCE });

/** Value, slopes, and the upper triangle of the second derivatives: as the rivals list them. */
export async function ourAnswer(likelihood: ChannelsLikelihood, order: 0 | 1 | 2): Promise<number[]> {
  const found = await likelihood.evaluate(
    Float64Array.from(parameters, ({ start }) => start),
    order,
  );
  const second = found.hessian ?? [];
  return [found.nll, ...(found.gradient ?? []), ...[...second].filter((_, i) => i % 4 >= Math.floor(i / 4))];
}

const toyParameters = [
  { name: "signal", range: [0, 2e4] },
  { name: "background", range: [0, 2e4] },
  ...parameters.slice(1),
] as const;

/** -Σ log(s g(x) + b e(x)), to which s + b is added. */
function toyLoss(tape: Tape, x: Var) {
  const nu = tape.parameter("nu", [5]);
  const [s, b, mean, sigma, c] = Array.from({ length: 5 }, (_, k) => reshape(slice(nu, -1, k, k + 1), [])) as [
    Var,
    Var,
    Var,
    Var,
    Var,
  ];
  const inverse = exp(neg(log(sigma)));
  const peak = mul(mul(exp(mul(square(mul(sub(x, mean), inverse)), -0.5)), inverse), 1 / Math.sqrt(2 * Math.PI));
  const norm = mul(c, exp(neg(log(sub(1, exp(mul(c, -RANGE)))))));
  const rest = mul(exp(neg(mul(c, x))), norm);
  return { nu, nll: neg(sumEvents(log(add(mul(s, peak), mul(b, rest))))) };
}

/** Fits one data set after another. */
export interface ToyFitter {
  fit(x: Float64Array): Promise<FitResult>;
  /** One evaluation to second order. */
  evaluate(x: Float64Array): Promise<unknown>;
  close(): Promise<void>;
}

export async function toyFitter(backend: Backend): Promise<ToyFitter> {
  const tape = new Tape();
  const { nu, nll } = toyLoss(tape, tape.column("x"));
  const outputs = { nll, gradient: gradient(nll, [nu])[0] as Var, hessian: hessian(nll, nu) };
  const program: Program = await backend.compile({ outputs });
  const objective: Objective = {
    names: toyParameters.map(({ name }) => name),
    async evaluate(theta) {
      await program.write({ nu: theta });
      const found = await program.run();
      const slopes = found.gradient as Float64Array;
      const total = (theta[0] as number) + (theta[1] as number);
      return {
        nll: (found.nll as Float64Array)[0]! + total,
        gradient: slopes.map((slope, k) => slope + (k < 2 ? 1 : 0)),
        hessian: found.hessian as Float64Array,
      };
    },
  };
  const options = { start: TOY_START, bounds: boundsOf(toyParameters), tolerance: TOLERANCE };
  return {
    async fit(x) {
      await program.bind({ x });
      return minimise(objective, options);
    },
    async evaluate(x) {
      await program.bind({ x });
      return objective.evaluate(Float64Array.from(TOY_START), 2);
    },
    close: () => program.close(),
  };
}
