/** The density of the bench `parametric` in the language, and fits of its toys by programs that are compiled once. */

import type { Backend } from "../../engine/runtime/backend.js";
import { checkedComposition } from "../../inference/model/composition/composition.js";
import { type ChannelsLikelihood, channelsLikelihood } from "../../inference/model/likelihood/channels.js";
import { fitLikelihood } from "../../inference/model/likelihood/fit-likelihood.js";
import type { FitResult } from "../../inference/statistics/fit/fit-result.js";

export const RANGE = 10;
export const START = [0.25, 5.1, 0.6, 0.25];
/** iminuit's for its tolerance of 0.1 and an NLL. */
const TOLERANCE = 1e-4;

const parameters = [
  { name: "fraction", start: 0.3, range: [0, 1] },
  { name: "mean", start: 5, range: [0, RANGE] },
  { name: "sigma", start: 0.5, range: [0.01, 5] },
  { name: "c", start: 0.3, range: [0.001, 5] },
] as const;

const columns = { m: { range: [0, RANGE] } } as const;
const densities = {
  peak: { kind: "gaussian", x: "m", mean: "mean", sigma: "sigma" },
  rest: { kind: "exponential", x: "m", c: "c" },
} as const;
const summands = ["peak", "rest"];

/** Of all events. */
export function ourLikelihood(backend: Backend, x: Float64Array): Promise<ChannelsLikelihood> {
  const composition = checkedComposition({
    parameters,
    columns,
    functions: {},
    densities: { ...densities, model: { kind: "mixture", summands, coefficients: ["fraction"] } },
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
  { name: "signal", start: 600, range: [0, 2e4] },
  { name: "background", start: 1400, range: [0, 2e4] },
  ...parameters.slice(1),
] as const;

/** Fits one data set after another: toys of the composition with numbers of events in place of the fraction. */
export interface ToyFitter {
  fit(x: Float64Array): Promise<FitResult>;
  /** One evaluation to second order. */
  evaluate(x: Float64Array): Promise<unknown>;
  close(): Promise<void>;
}

export const toyComposition = () =>
  checkedComposition({
    parameters: toyParameters,
    columns,
    functions: {},
    densities: { ...densities, model: { kind: "mixture", summands, coefficients: ["signal", "background"] } },
  });

export async function toyFitter(backend: Backend, first: Float64Array): Promise<ToyFitter> {
  const composition = toyComposition();
  const dataOf = (x: Float64Array) => ({ count: x.length, columns: { m: x } });
  const channels = [{ name: "data", density: "model", isExtended: true, data: dataOf(first) }];
  const likelihood = await channelsLikelihood({ backend, composition, channels });
  const start = toyParameters.map((own) => own.start);
  return {
    async fit(x) {
      await likelihood.bind({ data: dataOf(x) });
      return fitLikelihood(likelihood, { start, bounds: boundsOf(toyParameters), tolerance: TOLERANCE });
    },
    async evaluate(x) {
      await likelihood.bind({ data: dataOf(x) });
      return likelihood.evaluate(Float64Array.from(start), 2);
    },
    close: () => likelihood.close(),
  };
}
