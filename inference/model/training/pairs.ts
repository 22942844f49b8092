/**
 * Nominal events beside varied ones, and how a morph is trained on both.
 *
 * Of x' at ν and x at the nominal values with weights w' and w that each add up to 1, the loss is
 *
 *     Σ [-w' log p_ψ(x' | ν) + c w (r - 1)],    r = p_ψ(x | ν) / p_0(x).
 *
 * With p_0 the density of x, the mean of r is 1 whatever the parameters ψ are: the second term has no influence on where the minimum
 * lies. It is a control variate (Glasserman, Monte Carlo Methods in Financial Engineering, section 4.1). Where the morph is the identity its
 * gradient is that of log p_ψ at x, so that of pairs, variations of the same events, it is a difference, of the order of the variation: what
 * x' and x have in common of the fluctuation of the sample cancels.
 *
 * Where p_0 is not the density of x, the morph is not drawn to what is wrong there, whether x' and x are pairs or not. Without the second term it
 * mends at ν what is wrong with p_0: the density is then best there, and the data, which like it, draw ν towards the varied samples.
 */
import { aList, aNumber, anObject, checkArgument, checkParts } from "../../../engine/options.js";
import type { ColumnData } from "../../../engine/runtime/backend.js";
import { add, concatenate, expm1, minimum, mul, sub } from "../../../engine/tape/operations.js";
import type { Tape, Var } from "../../../engine/tape/tape.js";
import type { EventSample } from "../../../flows/training/event-sample.js";
import { totalWeight } from "../../../flows/training/weighted-moments.js";
import { cholesky, dot, eigenSymmetric, forwardSolve } from "../../statistics/linear-algebra/symmetric-matrix.js";
import { enterFrame, framedEvents, type ModelFrame } from "../feature-frame.js";
import {
  columnName,
  joinedColumns,
  type ObservableName,
  type SampleNumbers,
  type SimulatedEvents,
} from "../sampling/simulated-events.js";
import type { Dimensions, ObservedColumns } from "./densities.js";

/**
 * Log ratio beyond which r is continued as a straight line. There are hardly such events where c is not small, and one alone would
 * otherwise have a gradient of any size, or overflow while the morph is still far from its minimum.
 */
const LARGEST_LOG_RATIO = 3;

/** r - 1 of log r; from e³ on its tangent there. */
export function ratioExcess(logRatio: Var): Var {
  const capped = minimum(logRatio, LARGEST_LOG_RATIO);
  return add(expm1(capped), mul(sub(logRatio, capped), Math.exp(LARGEST_LOG_RATIO)));
}

/** The columns of an event set that `withControl` adds, as a density of x or y sees them. */
export function controlColumns(
  tape: Tape,
  set: string,
  of: ObservableName,
  sizes: Dimensions,
  process: Var,
): ObservedColumns {
  const events = tape.events(set);
  const x = tape.column(columnName(set, "nominal x"), [sizes.x], events);
  const weight = tape.column(columnName(set, "control weight"), [], events);
  if (of === "x") return { process, features: x, context: process, weight };
  const y = tape.column(columnName(set, "nominal y"), [sizes.y], events);
  return { process, features: y, context: concatenate([process, x]), weight };
}

/** Pairs that are looked at, evenly spread over those there are. */
const MOST_PAIRS = 2 ** 15;

/** Of one density: the features that it is conditional on, then its own, of some events. */
interface Features {
  /** [features][events] */
  readonly all: readonly Float64Array[];
  /** Number of those that the density is conditional on. */
  readonly given: number;
}

function featuresOf({ count, x, y }: Pick<SimulatedEvents, "count" | "x" | "y">, of: ObservableName): Features {
  const step = Math.ceil(count / MOST_PAIRS);
  const rows = (column: ArrayLike<number>) =>
    Array.from({ length: column.length / count }, (_, feature) =>
      Float64Array.from({ length: Math.ceil(count / step) }, (_, i) => column[feature * count + i * step]!),
    );
  const ofX = rows(x);
  return of === "x" || y === undefined ? { all: ofX, given: 0 } : { all: [...ofX, ...rows(y)], given: ofX.length };
}

/** Both without features that the density is conditional on and that do not vary: they explain nothing. */
function withoutConstants(nominal: Features, varied: Features): readonly [Features, Features] {
  const isUsed = nominal.all.map((own, i) => i >= nominal.given || own.some((value) => value !== own[0]));
  const used = ({ all, given }: Features) => ({
    all: all.filter((_, i) => isUsed[i]),
    given: isUsed.slice(0, given).filter(Boolean).length,
  });
  return [used(nominal), used(varied)];
}

const meanOf = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Covariance of the features, [D, D]. */
function covarianceOf(all: readonly Float64Array[]): Float64Array {
  const count = all[0]!.length;
  const means = all.map(meanOf);
  const covariance = new Float64Array(all.length ** 2);
  for (const [i, a] of all.entries()) {
    for (let j = 0; j <= i; j++) {
      const b = all[j]!;
      let sum = 0;
      for (let e = 0; e < count; e++) sum += (a[e]! - means[i]!) * (b[e]! - means[j]!);
      covariance[i * all.length + j] = covariance[j * all.length + i] = sum / count;
    }
  }
  return covariance;
}

/**
 * Mean square of the displacements in standard deviations of the density: the squares of L⁻¹ (x' - x) with L Lᵀ the covariance of what
 * it is conditional on and then of its own features, of these alone. Undefined where a feature follows from others.
 */
function squaredDisplacement(ofNominal: Features, ofVaried: Features): number | undefined {
  const [nominal, varied] = withoutConstants(ofNominal, ofVaried);
  const size = nominal.all.length;
  const lower = cholesky(covarianceOf(nominal.all), size);
  if (lower === undefined) return undefined;
  const count = nominal.all[0]!.length;
  const displacement = new Float64Array(size);
  let sum = 0;
  for (let e = 0; e < count; e++) {
    for (let i = 0; i < size; i++) displacement[i] = varied.all[i]![e]! - nominal.all[i]![e]!;
    const z = forwardSolve(lower, size, displacement).subarray(nominal.given);
    sum += dot(z, z);
  }
  return sum / count;
}

/** Σ(w' - w)² / Σw², the weights of either side divided by their sum. */
function squaredReweighting(varied: SimulatedEvents, nominal: Pick<SimulatedEvents, "weights">): number {
  if (varied.weights === undefined && nominal.weights === undefined) return 0;
  const { count } = varied;
  const weightOf = (weights: ArrayLike<number> | undefined, i: number) => (weights === undefined ? 1 : weights[i]!);
  let [total, nominalTotal] = [0, 0];
  for (let i = 0; i < count; i++) {
    total += weightOf(varied.weights, i);
    nominalTotal += weightOf(nominal.weights, i);
  }
  let [changes, squares] = [0, 0];
  for (let i = 0; i < count; i++) {
    const own = weightOf(nominal.weights, i) / nominalTotal;
    changes += (weightOf(varied.weights, i) / total - own) ** 2;
    squares += own ** 2;
  }
  return changes / squares;
}

/** c of a displacement by δ standard deviations. */
const weightOfDisplacement = (squared: number) => Math.exp(-squared) / (1 + squared);

/**
 * c, the weight of the control variate, for the pairs of one process at one point.
 *
 * For a Gaussian whose mean moves by δ standard deviations, the gradient in the mean at the minimum is z for x' and r (z - δ) for x, z
 * normal: their covariance is 1, the variance of the second e^(δ²) (1 + δ²), so that c = e^(-δ²) / (1 + δ²) leaves the least variance.
 * A weak variation has c near 1, a strong one, of which the pairs have little in common, c near 0: there the loss is that of
 * independent samples. Of weights, their relative variance stands for δ².
 */
export function controlWeight(varied: SimulatedEvents, of: ObservableName): number {
  checkParts("controlWeight", "a sample", varied, { count: aNumber });
  const { nominal } = varied;
  if (nominal === undefined) return 0;
  const displacement = squaredDisplacement(featuresOf(nominal, of), featuresOf(varied, of));
  if (displacement === undefined) return 0;
  return weightOfDisplacement(displacement + squaredReweighting(varied, nominal));
}

/**
 * Square of the least displacement that makes varied events of nominal ones, were both normal, in standard deviations of the density: of means
 * and covariances (Dowson & Landau 1982, Journal of Multivariate Analysis 12, 450). Undefined where a feature follows from others.
 */
function squaredDistance(ofNominal: Features, ofVaried: Features): number | undefined {
  const [nominal, varied] = withoutConstants(ofNominal, ofVaried);
  const size = nominal.all.length;
  const lower = cholesky(covarianceOf(nominal.all), size);
  if (lower === undefined) return undefined;
  const means = nominal.all.map(meanOf);
  const count = varied.all[0]!.length;
  const whitened = Array.from({ length: size - nominal.given }, () => new Float64Array(count));
  for (let e = 0; e < count; e++) {
    const from = Float64Array.from(varied.all, (values, i) => values[e]! - means[i]!);
    const z = forwardSolve(lower, size, from).subarray(nominal.given);
    for (const [i, value] of z.entries()) whitened[i]![e] = value;
  }
  const shifts = whitened.map(meanOf);
  const { values } = eigenSymmetric(covarianceOf(whitened), whitened.length);
  return dot(shifts, shifts) + values.reduce((sum, variance) => sum + (Math.sqrt(Math.max(0, variance)) - 1) ** 2, 0);
}

/**
 * c for events of their own beside nominal ones of the same process. The variance of r at the minimum is the same function of δ as that of pairs,
 * and of the nominal events as many are looked at as there are varied ones: where those are few, c is less, so that their fluctuation is no
 * larger than that of all.
 */
function independentControlWeight(varied: SimulatedEvents, { events, features }: Beside, of: ObservableName): number {
  const distance = squaredDistance(features, featuresOf(varied, of));
  if (distance === undefined) return 0;
  return Math.min(1, varied.count / events.count) * weightOfDisplacement(distance);
}

/** Nominal events of a process, with their features in the frame. */
interface Beside {
  readonly events: SimulatedEvents;
  readonly features: Features;
}

/** All files of a process together. */
function joinedEvents(own: readonly SimulatedEvents[]): SimulatedEvents {
  if (own.length === 1) return own[0]!;
  const joined = (column: (events: SimulatedEvents) => ColumnData) =>
    joinedColumns(own.map((events) => ({ count: events.count, column: column(events) })));
  return {
    ...own[0]!,
    count: own.reduce((sum, { count }) => sum + count, 0),
    x: joined(({ x }) => x),
    ...(own[0]!.y && { y: joined(({ y }) => y!) }),
    ...(own.some(({ weights }) => weights !== undefined) && {
      weights: joined(({ count, weights }) => weights ?? new Float64Array(count).fill(1)),
    }),
  };
}

/** So many of the events, evenly spread over them; some of them more than once where there are fewer. */
function spread(events: SimulatedEvents, count: number): SimulatedEvents {
  const chosen = Int32Array.from({ length: count }, (_, i) => Math.floor((i * events.count) / count));
  const of = (column: ColumnData) => {
    const found = new Float64Array((column.length / events.count) * count);
    for (let at = 0; at < found.length; at++) {
      found[at] = column[Math.floor(at / count) * events.count + chosen[at % count]!]!;
    }
    return found;
  };
  const { x, y, weights } = events;
  return { ...events, count, x: of(x), ...(y && { y: of(y) }), ...(weights && { weights: of(weights) }) };
}

/** The nominal events that stand beside those of their own, by process. */
function besideOf(
  parts: readonly SimulatedEvents[],
  of: ObservableName,
  frame: ModelFrame | undefined,
  unmoved: readonly SimulatedEvents[],
): ReadonlyMap<number, Beside> {
  const processes = new Set(parts.flatMap(({ nominal, process }) => (nominal === undefined ? [process] : [])));
  return new Map(
    [...processes].flatMap((process) => {
      const own = unmoved.filter((events) => events.process === process);
      if (own.length === 0) return [];
      const events = joinedEvents(own);
      return [[process, { events, features: featuresOf(framedEvents(frame, events, "f64"), of) }] as const];
    }),
  );
}

/** The nominal events of a control variate, as many as varied ones, and c; undefined without any. */
function controlOf(
  part: SimulatedEvents,
  of: ObservableName,
  frame: ModelFrame | undefined,
  beside: ReadonlyMap<number, Beside>,
) {
  // In the frame, where features have the tails that flows see.
  const framed = () => framedEvents(frame, part, "f64");
  const own = beside.get(part.process);
  const nominal = part.nominal ?? (own && spread(own.events, part.count));
  if (nominal === undefined) return undefined;
  // Of few events with weights of either sign the sum need not be one that a mean can be taken with.
  if (!(totalWeight(nominal) > 0)) return { nominal, weight: 0 };
  if (part.nominal === undefined) return { nominal, weight: independentControlWeight(framed(), own!, of) };
  return { nominal, weight: controlWeight({ ...framed(), nominal: framedEvents(frame, nominal, "f64") }, of) };
}

/** Does a training see variations of the same events? */
export function hasPairs(parts: readonly SimulatedEvents[]): boolean {
  checkArgument("hasPairs", "samples", parts, aList);
  return parts.some(({ nominal }) => nominal !== undefined);
}

/**
 * An event set that `trainingSample` made of the same parts, with the columns of the control variate: nominal x, nominal y where it is
 * needed, control weight c w []. Events without any nominal ones stand for themselves there, with the weight 0.
 *
 * @param unmoved  nominal events, for parts that are not variations of the same events
 */
export function withControl(
  set: string,
  sample: EventSample,
  parts: readonly SimulatedEvents[],
  of: ObservableName,
  { frame, precision }: SampleNumbers = { precision: "f32" },
  unmoved: readonly SimulatedEvents[] = [],
): EventSample {
  checkArgument("withControl", "samples", parts, aList);
  checkParts("withControl", "a sample", sample, { count: aNumber, columns: anObject });
  checkArgument("withControl", "nominal samples", unmoved, aList);
  const beside = besideOf(parts, of, frame, unmoved);
  const controls = parts.map((part) => controlOf(part, of, frame, beside));
  if (controls.every((own) => own === undefined)) return sample;
  const stacked = (observable: ObservableName) =>
    joinedColumns(
      parts.map((own, i) => ({
        count: own.count,
        column: enterFrame(frame?.[observable], (controls[i]?.nominal ?? own)[observable]!, precision),
      })),
    );
  const weights = sample.columns[columnName(set, "weight")]!;
  const control = new Float32Array(sample.count);
  let offset = 0;
  for (const [at, { count }] of parts.entries()) {
    const found = controls[at];
    if (found !== undefined && found.weight > 0) {
      const own = totalWeight({ count, weights: weights.subarray(offset, offset + count) });
      const scale = (found.weight * own) / totalWeight(found.nominal);
      for (let i = 0; i < count; i++) control[offset + i] = scale * (found.nominal.weights?.[i] ?? 1);
    }
    offset += count;
  }
  return {
    ...sample,
    columns: {
      ...sample.columns,
      [columnName(set, "nominal x")]: stacked("x"),
      ...(of === "y" && { [columnName(set, "nominal y")]: stacked("y") }),
      [columnName(set, "control weight")]: control,
    },
  };
}
