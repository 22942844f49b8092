/** Do the trained densities describe simulation? Binned tests of every feature, pair of features, and of all by a classifier, before any fit. */

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
import { framedEvents } from "../feature-frame.js";
import type { MixtureModel } from "../mixture-model.js";
import { openSampler, type Sampler, type Stream, withoutTransport } from "../sampling/sampling.js";
import type { ObservableName } from "../sampling/simulated-events.js";
import { expectedYields } from "../yields.js";
import { type Classifier, openClassifier } from "./classifier-test.js";
import { CLOSURE_LEVEL, type ClosureTest, type TestedFeature } from "./closure-verdicts.js";
import { type DensityRatio, openDensityRatio } from "./density-ratio.js";
import { type ComparedColumn, type ComparedWeights, type Difference, testPairs, testSingles } from "./feature-tests.js";
import { fullVector, isMovedBy, type ProcessSample, type SimulatedPoint } from "./process-samples.js";

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
  const classifier = openClassifier(backend);
  const tests: ClosureTest[] = [];
  try {
    for (const [done, point] of points.entries()) {
      const nu = fullVector(model, point.at);
      for (const [process, sample] of point.samples.entries()) {
        signal?.throwIfAborted();
        if (sample === undefined) continue;
        const own = { request, model, classifier, process, nu, at: point.at, sample };
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
    await classifier.close();
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
  readonly classifier: Classifier;
  readonly process: number;
  readonly nu: readonly number[];
  readonly at: readonly number[];
  readonly sample: ProcessSample;
}

/** Random numbers of the process at the point, for x or y. */
const streamOf = ({ request, process, at }: TestedSample, of: ObservableName): Stream => {
  const point = at.every((value, k) => value === request.nominal[k]) ? "" : `/${at.join()}`;
  return { seed: request.seed, purpose: `closure/${process}${point}/${of}` };
};

/** Events of the flow at ν: x drawn from p(x | process, ν), y from p(y | x, process, ν) at the simulated x. */
async function drawnEvents(own: TestedSample, sampler: Sampler) {
  const { model, process, nu, sample } = own;
  const { count, x, y, weights } = sample;
  const stream = (of: ObservableName) => streamOf(own, of);
  const drawnX: ProcessSample = { count, x: await sampler.sampleX(process, nu, count, stream("x")) };
  if (y === undefined || model.y === undefined) return { x: drawnX };
  const drawnY = await sampler.sampleY(process, nu, x, stream("y"));
  return { x: drawnX, y: { count, x, y: drawnY, ...(weights && { weights }) } };
}

async function nominalTests(own: TestedSample, sampler: Sampler): Promise<ClosureTest[]> {
  const drawn = await drawnEvents(own, sampler);
  const testsOf = async (of: ObservableName, events: ProcessSample) => [
    ...compared(own, of, "nominal", events),
    ...(await classified(own, of, "nominal", events)),
  ];
  const tests = await testsOf("x", drawn.x);
  return drawn.y === undefined ? tests : [...tests, ...(await testsOf("y", drawn.y))];
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
    if (left >= LEAST_EFFECTIVE) {
      const events = { ...nominal, weights: weighted };
      const tests = compared(own, of, "morph", events, reference);
      return [...tests, ...(await classifiedMorph(own, of, events, nominal, tests))];
    }
    drawn ??= await drawnEvents(own, sampler);
    const variations = compared(own, of, "morph", nominal);
    const tests = compared(own, of, "morph", drawn[of]!).map((test, i) => ({
      ...test,
      variation: variations[i]!.difference,
    }));
    return [...tests, ...(await classifiedMorph(own, of, drawn[of]!, nominal, tests))];
  };
  const tests = await testsOf("x");
  if (sample.y === undefined || model.y === undefined) return tests;
  return [...tests, ...(await testsOf("y"))];
}

/** What a density is tested with: x, or x and y. */
function featuresOf({ sample }: TestedSample, of: ObservableName): TestedFeature[] {
  const own = (one: ObservableName): TestedFeature[] =>
    Array.from({ length: sample[one]!.length / sample.count }, (_, feature) => ({ of: one, feature }));
  return of === "x" ? own("x") : [...own("x"), ...own("y")];
}

function columnsOf(features: readonly TestedFeature[], observed: ProcessSample, expected: ProcessSample) {
  const columnOf = (own: ProcessSample, { of, feature }: TestedFeature) =>
    own[of]!.subarray(feature * own.count, (feature + 1) * own.count);
  return features.map(
    (own): ComparedColumn => ({ observed: columnOf(observed, own), expected: columnOf(expected, own) }),
  );
}

/** Pairs show what one or two features do. */
const LEAST_CLASSIFIED = 3;

/** All features of a density together. */
async function classified(
  own: TestedSample,
  of: ObservableName,
  part: ClosureTest["part"],
  expected: ProcessSample,
): Promise<ClosureTest[]> {
  const { request, model, classifier, process, at, sample } = own;
  const features = featuresOf(own, of);
  if (features.length < LEAST_CLASSIFIED) return [];
  const framed = (events: ProcessSample) => framedEvents(model.frame, events, request.backend.precision);
  const weights = { observed: sample.weights, expected: expected.weights };
  const columns = columnsOf(features, framed(sample), framed(expected));
  // Variations are often the same events, of which a selection takes other ones.
  const division = part === "nominal" ? "by event" : "by block";
  const test = await classifier.test(columns, weights, division, streamOf(own, of), request.signal);
  return test === undefined ? [] : [{ of, part, process, at, by: "classifier", features, ...test }];
}

/**
 * The nuisance does at least as much to all features together as to any of them. Where the morph differs, and only there is it asked for, a further
 * network finds how much: the one that looks for what the morph misses need not see what it has.
 */
async function classifiedMorph(
  own: TestedSample,
  of: ObservableName,
  expected: ProcessSample,
  nominal: ProcessSample,
  tests: readonly ClosureTest[],
): Promise<ClosureTest[]> {
  const [found] = await classified(own, of, "morph", expected);
  if (found === undefined) return [];
  const isSeen = (found.result.pValue ?? 1) < CLOSURE_LEVEL;
  const whole = isSeen ? await classified(own, of, "morph", nominal) : [];
  const variations = [
    ...tests.flatMap(({ variation }) => variation ?? []),
    ...whole.map(({ difference }) => difference),
  ];
  return [{ ...found, variation: variations.reduce((a, b) => (b.lambda > a.lambda ? b : a)) }];
}

/** Every feature that a density has, alone and with every other that is there before it. */
function compared(
  own: TestedSample,
  of: ObservableName,
  part: ClosureTest["part"],
  expected: ProcessSample,
  reference?: ComparedWeights["reference"],
): ClosureTest[] {
  const { request, process, at, sample } = own;
  const features = featuresOf(own, of);
  const columns = columnsOf(features, sample, expected);
  const weights = { observed: sample.weights, expected: expected.weights, reference };
  const common = { of, part, process, at, by: "bins" } as const;
  const first = features.findIndex((one) => one.of === of);
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
