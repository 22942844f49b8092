/** Do the trained densities describe simulation? Binned tests of every feature and pair of features, before any fit. */

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
import { effectiveEvents } from "../../statistics/fit/covariance.js";
import { type BinnedEvents, binEvents } from "../../statistics/goodness/goodness-of-fit.js";
import { amongTests } from "../../statistics/goodness/special-functions.js";
import type { MixtureModel } from "../mixture-model.js";
import { openSampler, type Sampler, withoutTransport } from "../sampling/sampling.js";
import type { ObservableName } from "../sampling/simulated-events.js";
import { expectedYields } from "../yields.js";
import { type DensityRatio, openDensityRatio } from "./density-ratio.js";
import { type ComparedWeights, type Difference, type FeatureTest, testPairs, testSingles } from "./feature-tests.js";
import { fullVector, isMovedBy, type ProcessSample, type SimulatedPoint } from "./process-samples.js";

/** A feature of one of the observables. */
export interface TestedFeature {
  readonly of: ObservableName;
  readonly feature: number;
}

/** One feature, or two, of one process at one point. */
export interface ClosureTest {
  /** The density that is tested: p(x), or p(y | x). */
  readonly of: ObservableName;
  /** The nominal density; or the morph, by the ratio of the density at this point to the nominal one. */
  readonly part: "nominal" | "morph";
  readonly process: number;
  /** Shape nuisances, prior standard deviations. */
  readonly at: readonly number[];
  /** One, or two. */
  readonly features: readonly TestedFeature[];
  /** The first of them, in equal bins, for pictures; of a pair there is none. */
  readonly histogram?: {
    readonly observed: BinnedEvents;
    /** Of the density, scaled to the simulated events. */
    readonly expected: BinnedEvents;
  };
  /** In bins of equal content, and two of the tails on either side. */
  readonly result: FeatureTest["result"];
  /** For one event of the process; see `inData`. */
  readonly difference: Difference;
  /** Of a morph, the same for nominal simulation as it is: what the morph has to make up for. */
  readonly variation?: Difference;
}

export interface ClosureRequest {
  readonly backend: Backend;
  /** Its T is left out: closure is about simulation. */
  readonly model: MixtureModel;
  /** All simulation, the nominal point among it. */
  readonly points: readonly SimulatedPoint[];
  /** Shape nuisances at the nominal point. */
  readonly nominal: readonly number[];
  /** Of each histogram. */
  readonly bins: number;
  readonly seed: number;
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** Half-width of the range of the histograms in standard deviations; what lies outside goes into the first and last bin. */
const RANGE = 3;

const closureOptions: Options<ClosureRequest> = {
  backend: anObject,
  model: anObject,
  points: aList,
  nominal: numbers,
  bins: aNumber,
  seed: aNumber,
  onProgress: optional(aFunction),
  signal: optional(aSignal),
};

/**
 * Simulation against the densities. Nominal simulation is compared with events of the flow: x drawn from p(x | process), y from
 * p(y | x, process) at the simulated x. Simulation at another point is compared with nominal simulation whose events are weighted with
 * the ratio of the density there to the nominal density: what a fit uses, whether or not the nominal density is right. Where those weights
 * are too uneven, with events of the flow there.
 */
export async function closureTests(request: ClosureRequest): Promise<ClosureTest[]> {
  checkOptions("closureTests", request, closureOptions);
  const { backend, points, nominal, onProgress, signal } = request;
  const model = withoutTransport(request.model);
  const isNominal = ({ at }: SimulatedPoint) => at.every((value, k) => value === nominal[k]);
  const atNominal = points.find(isNominal);
  const sampler = await openSampler(backend, model);
  const ratio = await openDensityRatio(backend, model);
  const tests: ClosureTest[] = [];
  try {
    for (const [done, point] of points.entries()) {
      const nu = fullVector(model, point.at);
      for (const [process, sample] of point.samples.entries()) {
        signal?.throwIfAborted();
        if (sample === undefined) continue;
        const own = { request, model, process, nu, at: point.at, sample };
        if (isNominal(point)) tests.push(...(await nominalTests(own, sampler)));
        else if (isMovedBy(model, process, point.at)) {
          tests.push(...(await morphTests(own, ratio, sampler, atNominal?.samples[process])));
        }
      }
      onProgress?.(done + 1, points.length);
    }
  } finally {
    await sampler.close();
    await ratio.close();
  }
  return tests;
}

/**
 * N_f [F] at ν.
 *
 * @param observed  Σ of the weights of the data, to which they are scaled; undefined: the yields as they are
 */
export async function scaledYields(model: MixtureModel, nu: readonly number[], observed: number | undefined) {
  const plain = await expectedYields(model, nu);
  if (observed === undefined) return plain;
  const sum = plain.reduce((a, b) => a + b, 0);
  return plain.map((value) => (value * observed) / sum);
}

/** The tests with their differences for the numbers of events that are expected in the data, instead of one. */
export async function inData(
  tests: readonly ClosureTest[],
  model: MixtureModel,
  observed: number | undefined,
): Promise<ClosureTest[]> {
  checkArgument("inData", "tests", tests, aList);
  const yields = new Map<string, number[]>();
  for (const { at } of tests) {
    if (yields.has(at.join())) continue;
    yields.set(at.join(), await scaledYields(model, fullVector(model, at), observed));
  }
  return tests.map((test) => {
    const events = yields.get(test.at.join())![test.process]!;
    const inEvents = ({ lambda, error }: Difference) => ({ lambda: events * lambda, error: events * error });
    const variation = test.variation && inEvents(test.variation);
    return { ...test, difference: inEvents(test.difference), ...(variation && { variation }) };
  });
}

interface TestedSample {
  readonly request: ClosureRequest;
  readonly model: MixtureModel;
  readonly process: number;
  readonly nu: readonly number[];
  readonly at: readonly number[];
  readonly sample: ProcessSample;
}

/** Events of the flow at ν: x drawn from p(x | process, ν), y from p(y | x, process, ν) at the simulated x. */
async function drawnEvents({ request, model, process, nu, at, sample }: TestedSample, sampler: Sampler) {
  const { count, x, y, weights } = sample;
  const point = at.every((value, k) => value === request.nominal[k]) ? "" : `/${at.join()}`;
  const stream = (of: ObservableName) => ({ seed: request.seed, purpose: `closure/${process}${point}/${of}` });
  const drawnX: ProcessSample = { count, x: await sampler.sampleX(process, nu, count, stream("x")) };
  if (y === undefined || model.y === undefined) return { x: drawnX };
  const drawnY = await sampler.sampleY(process, nu, x, stream("y"));
  return { x: drawnX, y: { count, x, y: drawnY, ...(weights && { weights }) } };
}

async function nominalTests(own: TestedSample, sampler: Sampler): Promise<ClosureTest[]> {
  const drawn = await drawnEvents(own, sampler);
  const tests = compared(own, "x", "nominal", drawn.x);
  return drawn.y === undefined ? tests : [...tests, ...compared(own, "y", "nominal", drawn.y)];
}

/**
 * Part of the effective number of nominal events that must be left of it when they are weighted. Where a nuisance does more, a few events
 * of large weight decide a bin, and χ² does not follow its distribution.
 */
const LEAST_EFFECTIVE = 0.5;

async function morphTests(
  own: TestedSample,
  ratio: DensityRatio,
  sampler: Sampler,
  nominal: ProcessSample | undefined,
): Promise<ClosureTest[]> {
  const { request, model, process, nu, sample } = own;
  if (nominal === undefined) return [];
  const from = fullVector(model, request.nominal);
  const reference = { weights: nominal.weights };
  let drawn: Awaited<ReturnType<typeof drawnEvents>> | undefined;
  const testsOf = async (of: ObservableName): Promise<ClosureTest[]> => {
    const { count, x, y, weights } = nominal;
    const logs = await ratio.logRatio(process, from, nu, x, of === "y" ? y : undefined);
    const weighted = Float64Array.from({ length: count }, (_, i) => (weights?.[i] ?? 1) * Math.exp(logs[i]!));
    const left = effectiveEvents(weighted) / (weights === undefined ? count : effectiveEvents(weights));
    if (left >= LEAST_EFFECTIVE) return compared(own, of, "morph", { ...nominal, weights: weighted }, reference);
    drawn ??= await drawnEvents(own, sampler);
    const variations = compared(own, of, "morph", nominal);
    return compared(own, of, "morph", drawn[of]!).map((test, i) => ({ ...test, variation: variations[i]!.difference }));
  };
  const tests = await testsOf("x");
  if (sample.y === undefined || model.y === undefined) return tests;
  return [...tests, ...(await testsOf("y"))];
}

/** Every feature that a density has, alone and with every other that is there before it. */
function compared(
  { request, process, at, sample }: TestedSample,
  of: ObservableName,
  part: ClosureTest["part"],
  expected: ProcessSample,
  reference?: ComparedWeights["reference"],
): ClosureTest[] {
  const featuresOf = (one: ObservableName): TestedFeature[] =>
    Array.from({ length: sample[one]!.length / sample.count }, (_, feature) => ({ of: one, feature }));
  const features = of === "x" ? featuresOf("x") : [...featuresOf("x"), ...featuresOf("y")];
  const columns = features.map(({ of: one, feature }) => ({
    observed: sample[one]!.subarray(feature * sample.count, (feature + 1) * sample.count),
    expected: expected[one]!.subarray(feature * expected.count, (feature + 1) * expected.count),
  }));
  const weights = { observed: sample.weights, expected: expected.weights, reference };
  const common = { of, part, process, at };
  const first = features.findIndex((own) => own.of === of);
  const singles = testSingles(columns.slice(first), weights).map((test, i): ClosureTest => {
    const edges = binEdges(columns[first + i]!.observed, request.bins, sample.weights);
    const observed = binWithin(columns[first + i]!.observed, edges, sample.weights);
    const drawn = binWithin(columns[first + i]!.expected, edges, expected.weights);
    const histogram = { observed, expected: scaledTo(total(observed), drawn) };
    return { ...common, features: [features[first + i]!], histogram, ...test };
  });
  const pairs = testPairs(columns, first, weights).map(
    ({ pair: [i, j], ...test }): ClosureTest => ({ ...common, features: [features[i]!, features[j]!], ...test }),
  );
  return [...singles, ...pairs];
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
function scaledTo(sum: number, binned: BinnedEvents): BinnedEvents {
  const factor = sum / total(binned);
  return {
    ...binned,
    sums: binned.sums.map((value) => factor * value),
    squares: binned.squares.map((value) => factor * factor * value),
  };
}

/** A density or its morph, by the test that fails the most clearly. */
export interface ClosureVerdict {
  readonly of: ObservableName;
  /** Of the nominal density, or of the morph at its anchors. */
  readonly part: "nominal" | "morph";
  readonly tests: number;
  /** The test with the largest difference among those that are no chance; the least probable one where there is none. */
  readonly worst: ClosureTest;
  /** Probability of the worst test's χ² or a larger one in any of so many tests, by chance. */
  readonly pValue: number;
  readonly passed: boolean;
}

/** Chance of a failure where the flow is right, per verdict. */
export const CLOSURE_LEVEL = 0.001;

/**
 * A difference √λ that fails, in standard deviations of the data: data of their size show it by themselves, as the χ² of twenty-four bins
 * then has a p-value of 0.003 on average. Smaller ones fail in closure by scores where they move the estimates.
 */
const LARGEST_DIFFERENCE = 5;

/**
 * Parts of a variation, as a distance √λ, that a morph may miss. A morph that misses half of what a nuisance does cannot measure it as well as
 * the data can: that counts from one standard deviation of the data on. A quarter, by which an error may be too large or too small, counts where the
 * difference is large; what is less does not, however many data see it: points of simulation may lie many errors from the estimate.
 */
const LARGEST_MISSED = 0.5;
const NOTICED_MISSED = 0.25;

function isLarge({ difference: { lambda }, variation }: ClosureTest): boolean {
  const isClear = lambda > LARGEST_DIFFERENCE ** 2;
  if (variation === undefined) return isClear;
  const missesMoreThan = (part: number) => lambda > part ** 2 * variation.lambda;
  return (isClear && missesMoreThan(NOTICED_MISSED)) || (lambda > 1 && missesMoreThan(LARGEST_MISSED));
}

/** One verdict per density and morph. */
export function closureVerdicts(tests: readonly ClosureTest[]): ClosureVerdict[] {
  checkArgument("closureVerdicts", "tests", tests, aList);
  return (["x", "y"] as const).flatMap((of) =>
    (["nominal", "morph"] as const).flatMap((part) => {
      const own = tests.filter((test) => test.of === of && test.part === part && test.result.pValue !== undefined);
      if (own.length === 0) return [];
      const chance = (test: ClosureTest) => amongTests(test.result.pValue!, own.length);
      const failed = own.filter((test) => chance(test) < CLOSURE_LEVEL && isLarge(test));
      const worst =
        failed.length === 0
          ? own.reduce((a, b) => (b.result.pValue! < a.result.pValue! ? b : a))
          : failed.reduce((a, b) => (b.difference.lambda > a.difference.lambda ? b : a));
      return [{ of, part, tests: own.length, worst, pValue: chance(worst), passed: failed.length === 0 }];
    }),
  );
}
