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

/** Events of each process, drawn from the flows, each worth `weight` events of the data. */
export interface MixtureSample {
  readonly processes: readonly {
    readonly count: number;
    readonly weight: number;
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
  seed: aNumber,
  purpose: aText,
};

/** Events of every process at ν, as many as its share of the expectation. */
export async function sampleMixture(request: MixtureSampleRequest): Promise<MixtureSample> {
  checkOptions("sampleMixture", request, sampleOptions);
  const { backend, model, nu, withY, observed, seed, purpose } = request;
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
      processes.push({ count, weight: expected / count, x, y });
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
}

/** As a single event is. */
const isConstant = (values: ColumnData) => values.every((value) => value === values[0]);

/** A feature of the events of all processes. */
function drawnOf({ processes }: MixtureSample, of: ObservableName, feature: number): Float32Array {
  return Float32Array.from(
    processes.flatMap(({ count, ...columns }) => [...columns[of]!.subarray(feature * count, (feature + 1) * count)]),
  );
}

/**
 * Histograms of every feature of the data, within three standard deviations of its mean (what lies outside is in the first and
 * last bin), beside those of the samples. Data that are all alike have no width: the last sample's is taken.
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
  const observables = (["x", "y"] as const).filter((of) => data[of] !== undefined);
  return observables.flatMap((of) => {
    const column = data[of] as ColumnData;
    return Array.from({ length: column.length / data.count }, (_, feature): Projection => {
      const own = column.subarray(feature * data.count, (feature + 1) * data.count);
      const edges = isConstant(own)
        ? binEdges(drawnOf(samples.at(-1)!, of, feature), bins)
        : binEdges(own, bins, data.weights);
      const observed = binWithin(own, edges, data.weights);
      const predictions = samples.map(({ processes }) => {
        const parts = processes.map(({ count, weight, ...columns }) => {
          const drawn = columns[of]!.subarray(feature * count, (feature + 1) * count);
          const binned = binWithin(drawn, edges);
          return {
            sums: binned.sums.map((value) => weight * value),
            squares: binned.squares.map((value) => weight * weight * value),
          };
        });
        const add = (of: "sums" | "squares") =>
          observed.sums.map((_, bin) => parts.reduce((sum, part) => sum + part[of][bin]!, 0));
        const expected: BinnedEvents = { edges, sums: add("sums"), squares: add("squares"), outside: [0, 0] };
        return {
          expected,
          processes: parts.map(({ sums }) => sums),
          result: chiSquareTest(observed, expected, nFixed),
        };
      });
      return { of, feature, observed, predictions };
    });
  });
}
