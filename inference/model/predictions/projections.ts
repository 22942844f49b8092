/** Binned projections of the data and of the mixture at a point of the nuisances. */

import {
  aColumn,
  aFlag,
  aList,
  aNumber,
  anObject,
  aText,
  checkArgument,
  checkOptions,
  checkParts,
  numbers,
  type Options,
  optional,
} from "../../../engine/options.js";
import type { Backend, ColumnData } from "../../../engine/runtime/backend.js";
import { type BinnedEvents, type ChiSquareResult, chiSquareTest } from "../../statistics/goodness/goodness-of-fit.js";
import type { EventData } from "../likelihood/likelihood.js";
import type { MixtureModel } from "../mixture-model.js";
import { openSampler } from "../sampling/sampling.js";
import type { ObservableName } from "../sampling/simulated-events.js";
import { expectedYields } from "../yields.js";
import { binEdges, binWithin } from "./closure.js";
import { quantileEdges, type WeightedValues } from "./quantile-edges.js";

/** Events of each process, drawn from the flows, each worth `weight` events of the data. */
export interface MixtureSample {
  readonly processes: readonly {
    readonly count: number;
    readonly weight: number;
    /** Effective number of simulated events that its densities were trained on; absent where these know no limit. */
    readonly simulated?: number | undefined;
    readonly x: ColumnData;
    readonly y: ColumnData | undefined;
  }[];
}

export interface MixtureSampleRequest {
  readonly backend: Backend;
  /** With its T and response where the events are to look like data. */
  readonly model: MixtureModel;
  readonly nu: readonly number[];
  /** Events of all processes together; each gets its share. */
  readonly count: number;
  readonly withY: boolean;
  /** Σ of the weights of the data, to which the expectation is scaled; undefined: the yields as they are. */
  readonly observed: number | undefined;
  /** Of each process, the effective number of simulated events that its densities were trained on; none where these know no limit. */
  readonly simulated?: readonly number[] | undefined;
  readonly seed: number;
  readonly purpose: string;
}

const sampleOptions: Options<MixtureSampleRequest> = {
  backend: anObject,
  model: anObject,
  nu: numbers,
  count: aNumber,
  withY: aFlag,
  observed: optional(aNumber),
  simulated: optional(numbers),
  seed: aNumber,
  purpose: aText,
};

/** Events of every process at ν, as many as its share of the expectation. */
export async function sampleMixture(request: MixtureSampleRequest): Promise<MixtureSample> {
  checkOptions("sampleMixture", request, sampleOptions);
  const { backend, model, nu, withY, observed, simulated, seed, purpose } = request;
  const plain = await expectedYields(model, nu);
  const sum = plain.reduce((a, b) => a + b, 0);
  const yields = plain.map((value) => (observed === undefined ? value : (value * observed) / sum));
  const sampler = await openSampler(backend, model);
  try {
    const processes = [];
    for (const [f, expected] of yields.entries()) {
      const count = Math.max(1, Math.round((request.count * plain[f]!) / sum));
      const x = await sampler.sampleX(f, nu, count, { seed, purpose: `${purpose}/${f}/x` });
      const y = withY ? await sampler.sampleY(f, nu, x, { seed, purpose: `${purpose}/${f}/y` }) : undefined;
      processes.push({ count, weight: expected / count, simulated: simulated?.[f], x, y });
    }
    return { processes };
  } finally {
    await sampler.close();
  }
}

/** One feature of the data and of each mixture sample. */
export interface Projection {
  readonly of: ObservableName;
  readonly feature: number;
  readonly observed: BinnedEvents;
  readonly predictions: readonly {
    readonly expected: BinnedEvents;
    /** Expected events per bin of each process [F][bins] */
    readonly processes: readonly (readonly number[])[];
    readonly result: ChiSquareResult;
  }[];
  /** The last prediction in bins of its quartiles and tails; see `quantileEdges`. */
  readonly quantiles: {
    readonly observed: BinnedEvents;
    readonly expected: BinnedEvents;
    readonly result: ChiSquareResult;
  };
}

/** As a single event is. */
const isConstant = (values: ColumnData) => values.every((value) => value === values[0]);

/**
 * Histograms of every feature of the data, within three standard deviations of its mean (what lies outside is in the first and
 * last bin), beside those of the samples. Data that are all alike have no width: the last sample's is taken.
 *
 * The variance of an expected number is that of the drawn events, Σw², and that of a histogram of the n simulated events that the density
 * of its process was trained on: e Y/n for e of its Y expected events. The noise of a flow is less in each bin, and alike in neighbours.
 *
 * @param bins    of each histogram
 * @param nFixed  see `chiSquareTest`
 */
export function project(
  data: EventData,
  samples: readonly MixtureSample[],
  bins: number,
  nFixed: number,
): Projection[] {
  checkParts("project", "data", data, { count: aNumber, x: aColumn });
  checkArgument("project", "samples", samples, aList);
  const { count, weights } = data;
  const observables = (["x", "y"] as const).filter((of) => data[of] !== undefined);
  return observables.flatMap((of) => {
    const column = data[of] as ColumnData;
    return Array.from({ length: column.length / count }, (_, feature): Projection => {
      const own = column.subarray(feature * count, (feature + 1) * count);
      const drawn = samples.map((sample) => drawnOf(sample, of, feature));
      const edges = isConstant(own)
        ? binEdges(Float32Array.from(drawn.at(-1)!.flatMap(({ values }) => [...values])), bins)
        : binEdges(own, bins, weights);
      const observed = binWithin(own, edges, weights);
      const predictions = drawn.map((parts) => {
        const { expected, processes } = binned(parts, edges);
        return { expected, processes, result: chiSquareTest(observed, expected, nFixed) };
      });
      const wideEdges = quantileEdges(drawn.at(-1)!);
      const seen = binWithin(own, wideEdges, weights);
      const { expected } = binned(drawn.at(-1)!, wideEdges);
      const quantiles = { observed: seen, expected, result: chiSquareTest(seen, expected, nFixed) };
      return { of, feature, observed, predictions, quantiles };
    });
  });
}

interface DrawnValues extends WeightedValues {
  readonly values: ColumnData;
  /** Variance of an expected event that the finite simulation adds. */
  readonly noise: number;
}

/** A feature of the events of every process. */
const drawnOf = ({ processes }: MixtureSample, of: ObservableName, feature: number): DrawnValues[] =>
  processes.map(({ count, weight, simulated, ...columns }) => ({
    values: columns[of]!.subarray(feature * count, (feature + 1) * count),
    weight,
    noise: simulated === undefined ? 0 : (weight * count) / simulated,
  }));

function binned(parts: readonly DrawnValues[], edges: readonly number[]) {
  const bins = parts.map(({ values, weight, noise }) => {
    const { sums } = binWithin(values, edges);
    return {
      sums: sums.map((value) => weight * value),
      squares: sums.map((value) => weight * (weight + noise) * value),
    };
  });
  const add = (of: "sums" | "squares") =>
    edges.slice(1).map((_, bin) => bins.reduce((sum, part) => sum + part[of][bin]!, 0));
  const expected: BinnedEvents = { edges, sums: add("sums"), squares: add("squares"), outside: [0, 0] };
  return { expected, processes: bins.map(({ sums }) => sums) };
}
