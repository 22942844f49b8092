/**
 * Toys made of the simulated events themselves. Toys of the model obey the model by construction: a density that is wrong is wrong in
 * the toys too, and the fit seems right. Toys of simulated events obey the simulation, whatever was learned of it.
 */

import { UsageError } from "../../../engine/errors.js";
import { aFlag, aList, aNumber, checkArgument, checkOptions, numbers, type Options } from "../../../engine/options.js";
import { fillUniform, randomKey } from "../../../engine/random/random.js";
import type { ColumnData } from "../../../engine/runtime/backend.js";
import { poisson } from "../../statistics/toys/poisson.js";
import type { EventData } from "../likelihood/likelihood.js";
import { joinedColumns, type ObservableName, type SimulatedEvents } from "./simulated-events.js";

export interface ResampledToyRequest {
  /** Of each process one sample or more, all of a process at the same point. */
  readonly samples: readonly SimulatedEvents[];
  /** Expected events of each process [F]. */
  readonly yields: readonly number[];
  readonly withY: boolean;
  readonly seed: number;
}

const resampleOptions: Options<ResampledToyRequest> = {
  samples: aList,
  yields: numbers,
  withY: aFlag,
  seed: aNumber,
};

/** The samples of one process as one. */
interface ProcessEvents {
  readonly parts: readonly SimulatedEvents[];
  readonly count: number;
  /** [count]; absent where every event counts 1. */
  readonly weights: ColumnData | undefined;
  /** Σ w, Σ |w| and Σ w² */
  readonly sum: number;
  readonly sumOfSizes: number;
  readonly sumOfSquares: number;
}

function eventsOfProcess(samples: readonly SimulatedEvents[], process: number): ProcessEvents {
  const parts = samples.filter((own) => own.process === process);
  const count = parts.reduce((total, own) => total + own.count, 0);
  const isWeighted = parts.some(({ weights }) => weights !== undefined);
  const weights = isWeighted
    ? joinedColumns(
        parts.map((own) => ({ count: own.count, column: own.weights ?? new Float64Array(own.count).fill(1) })),
      )
    : undefined;
  let [sum, sumOfSizes, sumOfSquares] = [0, 0, 0];
  for (let i = 0; i < count; i++) {
    const weight = weights === undefined ? 1 : weights[i]!;
    sum += weight;
    sumOfSizes += Math.abs(weight);
    sumOfSquares += weight * weight;
  }
  if (!(sum > 0 && Number.isFinite(sumOfSizes))) {
    throw new UsageError("toy of simulated events", {
      expected: "event weights with a positive finite sum",
      got: `${sum} for process ${process}`,
      hint: "Look for NaN, and for too many negative weights",
    });
  }
  return { parts, count, weights, sum, sumOfSizes, sumOfSquares };
}

/** Numbers of `wanted` events, with replacement, event i with probability |w_i| / Σ |w|. */
function drawnEvents({ count, weights, sumOfSizes }: ProcessEvents, wanted: number, seed: number, purpose: string) {
  const uniforms = new Float64Array(wanted);
  fillUniform(randomKey(seed, purpose), 0, uniforms);
  if (weights === undefined) return Int32Array.from(uniforms, (u) => Math.min(count - 1, Math.floor(u * count)));
  const upTo = new Float64Array(count);
  let sum = 0;
  for (let i = 0; i < count; i++) {
    sum += Math.abs(weights[i]!);
    upTo[i] = sum;
  }
  return Int32Array.from(uniforms, (u) => firstAbove(upTo, u * sumOfSizes));
}

/** Position of the first value above `at` of an ascending list whose last value is not below it. */
function firstAbove(ascending: Float64Array, at: number): number {
  let [low, high] = [0, ascending.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ascending[middle]! > at) high = middle;
    else low = middle + 1;
  }
  return low;
}

function picked(column: ColumnData, count: number, rows: Int32Array): ColumnData {
  const features = column.length / count;
  const taken = new (column instanceof Float64Array ? Float64Array : Float32Array)(features * rows.length);
  for (let j = 0; j < features; j++) {
    for (let i = 0; i < rows.length; i++) taken[j * rows.length + i] = column[j * count + rows[i]!]!;
  }
  return taken;
}

/**
 * Simulated events, drawn with replacement by their weights: of each process a Poisson number. An event of negative weight is drawn as
 * often as one of the positive weight, and counts -1. The number of events then has the mean yield · Σ|w| / Σw, so that
 * the weights of the toy add up to the yield on average; its errors are those of data that are fewer by that factor. Without
 * negative weights the toy has no weights.
 *
 * All toys of the same samples share the fluctuation of these: `sharedFluctuation`.
 */
export function resampleToy(request: ResampledToyRequest): EventData {
  checkOptions("resampleToy", request, resampleOptions);
  const { samples, yields, withY, seed } = request;
  const drawn = yields.flatMap((expected, process) => {
    const own = eventsOfProcess(samples, process);
    const wanted = poisson((expected * own.sumOfSizes) / own.sum, seed, `toy/${process}/count`);
    if (wanted === 0) return [];
    const rows = drawnEvents(own, wanted, seed, `toy/${process}/rows`);
    const of = (name: ObservableName) =>
      picked(joinedColumns(own.parts.map((part) => ({ count: part.count, column: part[name]! }))), own.count, rows);
    const { weights } = own;
    const signs = Float32Array.from(rows, (row) => (weights === undefined ? 1 : Math.sign(weights[row]!)));
    return [{ count: wanted, x: of("x"), ...(withY && { y: of("y") }), signs }];
  });
  const count = drawn.reduce((sum, own) => sum + own.count, 0);
  const joined = (of: (own: (typeof drawn)[number]) => ColumnData) =>
    joinedColumns(drawn.map((own) => ({ count: own.count, column: of(own) })));
  const isSigned = samples.some(({ weights }) => weights?.some((weight) => weight < 0));
  return {
    count,
    x: joined(({ x }) => x),
    ...(withY && { y: joined(({ y }) => y!) }),
    ...(isSigned && { weights: joined(({ signs }) => signs) }),
  };
}

/** How far toys of the same samples are from what the samples stand for. */
export interface SharedFluctuation {
  /**
   * Standard deviation of a common shift of all estimates in units of their error, at most: √ of the largest of yield / n over the
   * processes, n = (Σw)² / Σw² simulated events. A fit by the true density would show it. One by a density that was trained on
   * these events shows less, as it has learned their fluctuation.
   */
  readonly shift: number;
  /** Errors of a toy over those of data without weights, at most: √ of the largest Σ|w| / Σw. */
  readonly errors: number;
}

/**
 * @param samples  of each process one or more, all of a process at the same point
 * @param yields   expected events of each process [F]
 * @throws UsageError where the weights of a process have no positive finite sum
 */
export function sharedFluctuation(samples: readonly SimulatedEvents[], yields: readonly number[]): SharedFluctuation {
  checkArgument("sharedFluctuation", "samples", samples, aList);
  checkArgument("sharedFluctuation", "yields", yields, numbers);
  const ofProcesses = yields.map((expected, process) => {
    const { sum, sumOfSizes, sumOfSquares } = eventsOfProcess(samples, process);
    // The variance of a toy is larger by Σ|w| / Σw than that of data.
    return { shift: (expected * sumOfSquares) / (sum * sumOfSizes), errors: sumOfSizes / sum };
  });
  return Object.freeze({
    shift: Math.sqrt(Math.max(...ofProcesses.map(({ shift }) => shift))),
    errors: Math.sqrt(Math.max(...ofProcesses.map(({ errors }) => errors))),
  });
}
