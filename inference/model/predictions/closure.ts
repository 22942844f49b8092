/** Do the trained densities describe simulation they have not seen? Before any fit: binned projections, χ² and p-values. */

import {
  aFunction,
  aList,
  aNumber,
  anObject,
  aSignal,
  checkArgument,
  checkOptions,
  numbers,
  type Options,
  optional,
} from "../../../engine/options.js";
import type { Backend, ColumnData } from "../../../engine/runtime/backend.js";
import { weightedMoments } from "../../../flows/training/weighted-moments.js";
import {
  type BinnedEvents,
  binEvents,
  type ChiSquareResult,
  chiSquareTest,
} from "../../statistics/goodness/goodness-of-fit.js";
import type { MixtureModel } from "../mixture-model.js";
import { openSampler, type Sampler, withoutTransport } from "../sampling/sampling.js";
import type { ObservableName, SimulatedEvents } from "../sampling/simulated-events.js";

/** One feature of one process at one point. */
export interface ClosureTest {
  readonly of: ObservableName;
  readonly process: number;
  /** Shape nuisances, prior standard deviations. */
  readonly at: readonly number[];
  readonly feature: number;
  readonly observed: BinnedEvents;
  /** Of the flow, scaled to the held-out events. */
  readonly expected: BinnedEvents;
  readonly result: ChiSquareResult;
}

export interface ClosureRequest {
  readonly backend: Backend;
  /** Its T is left out: closure is about simulation. */
  readonly model: MixtureModel;
  /** Events that no training has seen, not even to choose an epoch. */
  readonly heldOut: readonly SimulatedEvents[];
  /** Of each histogram. */
  readonly bins: number;
  readonly seed: number;
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** Events of the flow per held-out event: their variance adds a quarter to that of the test. */
const FLOW_EVENTS_PER_EVENT = 4;

/** Half-width of the binned range in standard deviations; what lies outside goes into the first and last bin. */
const RANGE = 3;

const closureOptions: Options<ClosureRequest> = {
  backend: anObject,
  model: anObject,
  heldOut: aList,
  bins: aNumber,
  seed: aNumber,
  onProgress: optional(aFunction),
  signal: optional(aSignal),
};

/**
 * Every feature of every held-out sample against events of the flow at the same point: x drawn from p(x | process, ν), y from
 * p(y | x, process, ν) at the held-out x.
 */
export async function closureTests(request: ClosureRequest): Promise<ClosureTest[]> {
  checkOptions("closureTests", request, closureOptions);
  const { backend, model, heldOut, onProgress, signal } = request;
  const sampler = await openSampler(backend, withoutTransport(model));
  const tests: ClosureTest[] = [];
  try {
    for (const [done, events] of heldOut.entries()) {
      signal?.throwIfAborted();
      tests.push(...(await testSample(request, sampler, events)));
      onProgress?.(done + 1, heldOut.length);
    }
  } finally {
    await sampler.close();
  }
  return tests;
}

async function testSample(request: ClosureRequest, sampler: Sampler, events: SimulatedEvents): Promise<ClosureTest[]> {
  const { model, bins, seed } = request;
  const { process, at, count, x, y, weights } = events;
  const nu = fullVector(model, at);
  const purpose = `closure/${process}/${at.join()}`;
  const many = FLOW_EVENTS_PER_EVENT * count;
  const flowX = await sampler.sampleX(process, nu, many, { seed, purpose: `${purpose}/x` });
  const compare = (of: ObservableName, held: ColumnData, flow: ColumnData, flowWeights: ColumnData | undefined) =>
    Array.from({ length: held.length / count }, (_, feature): ClosureTest => {
      const own = held.subarray(feature * count, (feature + 1) * count);
      const drawn = flow.subarray(feature * many, (feature + 1) * many);
      const edges = binEdges(own, bins, weights);
      const observed = binWithin(own, edges, weights);
      const expected = scaledTo(total(observed), binWithin(drawn, edges, flowWeights));
      return { of, process, at, feature, observed, expected, result: chiSquareTest(observed, expected, 1) };
    });
  const tests = compare("x", x, flowX, undefined);
  if (y === undefined || model.y === undefined) return tests;
  const flowY = await sampler.sampleY(process, nu, repeatedColumn(x, count), { seed, purpose: `${purpose}/y` });
  return [...tests, ...compare("y", y, flowY, weights && repeatedColumn(weights, count))];
}

/** ν [K] with these values of the shape nuisances, rates at their nominal values. */
function fullVector({ nuisances }: MixtureModel, at: readonly number[]): number[] {
  let shape = 0;
  return nuisances.map(({ kind, nominal }): number => {
    switch (kind) {
      case "shape":
        return at[shape++]!;
      case "rate":
        return nominal;
      default:
        return kind satisfies never;
    }
  });
}

/** The events `FLOW_EVENTS_PER_EVENT` times over. */
function repeatedColumn(column: ColumnData, count: number): ColumnData {
  const features = column.length / count;
  const length = FLOW_EVENTS_PER_EVENT * column.length;
  const many = column instanceof Float32Array ? new Float32Array(length) : new Float64Array(length);
  for (let j = 0; j < features; j++) {
    for (let r = 0; r < FLOW_EVENTS_PER_EVENT; r++) {
      many.set(column.subarray(j * count, (j + 1) * count), (j * FLOW_EVENTS_PER_EVENT + r) * count);
    }
  }
  return many;
}

/** Equal bins about the mean. */
export function binEdges(values: ColumnData, bins: number, weights?: ColumnData): number[] {
  const { mean, standardDeviation } = weightedMoments(values, values.length, weights);
  const [centre, width] = [mean[0]!, RANGE * standardDeviation[0]!];
  return Array.from({ length: bins + 1 }, (_, i) => centre + width * ((2 * i) / bins - 1));
}

/** As `binEvents`, what lies outside counted in the first and last bin: no event is left untested. */
export function binWithin(values: ColumnData, edges: readonly number[], weights?: ColumnData): BinnedEvents {
  const [low, high] = [edges[0]!, edges.at(-1)!];
  // In f64: rounded to f32, an edge could lie beyond itself.
  const within = Float64Array.from(values, (value) => Math.min(high, Math.max(low, value)));
  return binEvents(within, edges, weights);
}

const total = ({ sums }: BinnedEvents) => sums.reduce((sum, value) => sum + value, 0);

/** The same histogram with another sum. */
export function scaledTo(sum: number, binned: BinnedEvents): BinnedEvents {
  const factor = sum / total(binned);
  return {
    ...binned,
    sums: binned.sums.map((value) => factor * value),
    squares: binned.squares.map((value) => factor * factor * value),
  };
}

/** A density or its morph that fails its tests. */
export interface ClosureVerdict {
  readonly of: ObservableName;
  /** Of the nominal density, or of the morph at its anchors. */
  readonly part: "nominal" | "morph";
  readonly tests: number;
  readonly least: ClosureTest;
  /** Probability of a least p-value as small among so many tests. */
  readonly pValue: number;
  readonly passed: boolean;
}

/** Chance of a failure where the flow is right, per verdict. */
export const CLOSURE_LEVEL = 0.001;

/** One verdict per density and morph: Šidák's 1 - (1 - p)^n of the least p of n tests, taken as independent. */
export function closureVerdicts(tests: readonly ClosureTest[], nominalValues: readonly number[]): ClosureVerdict[] {
  checkArgument("closureVerdicts", "tests", tests, aList);
  checkArgument("closureVerdicts", "nominal values", nominalValues, numbers);
  const isNominal = ({ at }: ClosureTest) => at.every((value, k) => value === nominalValues[k]);
  return (["x", "y"] as const).flatMap((of) =>
    (["nominal", "morph"] as const).flatMap((part) => {
      const own = tests.filter((test) => test.of === of && isNominal(test) === (part === "nominal"));
      const decided = own.filter(({ result }) => result.pValue !== undefined);
      if (decided.length === 0) return [];
      const least = decided.reduce((a, b) => (b.result.pValue! < a.result.pValue! ? b : a));
      const pValue = -Math.expm1(decided.length * Math.log1p(-least.result.pValue!));
      return [{ of, part, tests: decided.length, least, pValue, passed: pValue >= CLOSURE_LEVEL }];
    }),
  );
}
