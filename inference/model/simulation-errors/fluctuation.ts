/**
 * How far the fluctuation of simulated samples moves the estimates of a fit, to first order.
 *
 * The fitted densities take over the fluctuation δp of their samples. Of f(x | ν) = Σ_f N_f p_f(x | ν), the expected density of the events,
 * δf changes the gradient of -ln L of data that f describes by ∫ δf s dx, with s = ∂ log f / ∂ν the score. Of a sample with the sum of
 * weights W, that is a sum over its events of w (s - s̄) / W, times the yield and the coefficient with which the sample enters at ν
 * (`sampleCoefficients`). Its variance is what a Poisson bootstrap of the events has, Σ w² (s - s̄)² / W²; a Newton step with the inverse
 * Hessian makes an error of the estimates of it.
 */
import { aList, aNumber, checkArgument, checkOptions, type Options } from "../../../engine/options.js";

/** A point at which a process was simulated, as it enters at ν. */
export interface SamplePoint {
  /** c_a, with that of the nominal point: they add up to 1. */
  readonly coefficient: number;
  /** d log N_f(ν) / d log W, W the sum of weights of its samples: 0 where no yield follows it. */
  readonly ofYield: number;
}

/** Scored events of one sample. */
export interface ScoredSample {
  /** Position of its point; samples of one point are one sample together. */
  readonly point: number;
  /** [K, events] */
  readonly scores: Float64Array;
  /** [events], of either sign; absent: 1 */
  readonly weights?: ArrayLike<number> | undefined;
}

/** Samples that hold variations of the same events, in the same order: what these have in common fluctuates in all of them alike. */
export interface SampleGroup {
  readonly count: number;
  /** Events of each of its samples, of which `count` are scored. */
  readonly total: number;
  readonly samples: readonly ScoredSample[];
}

/** All samples of one process. */
export interface ScoredProcess {
  /** N_f(ν) */
  readonly expected: number;
  /** Part of the events on which densities are trained; yields follow from all. */
  readonly trained: number;
  readonly points: readonly SamplePoint[];
  readonly groups: readonly SampleGroup[];
}

const processOptions: Options<ScoredProcess> = { expected: aNumber, trained: aNumber, points: aList, groups: aList };

/** Σ w and Σ w s / Σ w [K] of the whole samples of every point. */
function meansOf({ points, groups }: ScoredProcess, size: number) {
  const means = points.map(() => ({ sum: 0, mean: new Float64Array(size) }));
  for (const { samples, count, total } of groups) {
    for (const { point, scores, weights } of samples) {
      const own = means[point]!;
      for (let i = 0; i < count; i++) {
        const weight = ((weights?.[i] ?? 1) * total) / count;
        own.sum += weight;
        for (let k = 0; k < size; k++) own.mean[k]! += weight * scores[k * count + i]!;
      }
    }
  }
  for (const { sum, mean } of means) for (let k = 0; k < size; k++) mean[k]! /= sum;
  return means;
}

/**
 * Covariance of the gradient of -ln L at ν̂ over simulations, row-major [K, K].
 *
 * @param size  K, the number of nuisances
 */
export function gradientFluctuation(processes: readonly ScoredProcess[], size: number): Float64Array {
  checkArgument("gradientFluctuation", "processes", processes, aList);
  checkArgument("gradientFluctuation", "the number of nuisances", size, aNumber);
  const covariance = new Float64Array(size * size);
  for (const process of processes) {
    checkOptions("gradientFluctuation", process, processOptions);
    addProcess(process, covariance, size);
  }
  return covariance;
}

function addProcess(process: ScoredProcess, covariance: Float64Array, size: number): void {
  const { expected, trained, points, groups } = process;
  const means = meansOf(process, size);
  // s̄ of the process at ν: what a change of its yield does.
  const ofYield = new Float64Array(size);
  for (const [a, { coefficient }] of points.entries()) {
    for (let k = 0; k < size; k++) ofYield[k]! += coefficient * means[a]!.mean[k]!;
  }
  // Of the events on which nothing is trained, the yields see those that are left.
  const heldOut = (1 - trained) / trained;
  for (const { samples, count, total } of groups) {
    const [whole, yields] = [new Float64Array(size), new Float64Array(size)];
    for (let i = 0; i < count; i++) {
      whole.fill(0);
      yields.fill(0);
      for (const { point, scores, weights } of samples) {
        const { coefficient, ofYield: share } = points[point]!;
        const { sum, mean } = means[point]!;
        const weight = (expected * (weights?.[i] ?? 1)) / sum;
        for (let k = 0; k < size; k++) {
          const own = trained * weight * share * ofYield[k]!;
          yields[k]! += own;
          whole[k]! += own + weight * coefficient * (scores[k * count + i]! - mean[k]!);
        }
      }
      for (let k = 0; k < size; k++) {
        for (let l = 0; l < size; l++) {
          covariance[k * size + l]! += (total / count) * (whole[k]! * whole[l]! + heldOut * yields[k]! * yields[l]!);
        }
      }
    }
  }
}
