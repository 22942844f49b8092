/** What a morph says of a nuisance per event, and how much of that is the fluctuation of the samples that it was trained on. */
import { aList, anObject, checkArgument, checkOptions, type Options, oneOf } from "../../../engine/options.js";
import type { Backend } from "../../../engine/runtime/backend.js";
import { Tape } from "../../../engine/tape/tape.js";
import { named } from "../../../flows/networks/weights.js";
import type { SplineArchitecture } from "../../../flows/transforms/rational-quadratic-spline.js";
import { effectiveEvents } from "../../statistics/fit/covariance.js";
import {
  columnName,
  type ObservableName,
  type SampleNumbers,
  type SimulatedEvents,
  trainingSample,
} from "../sampling/simulated-events.js";
import { type Dimensions, observedColumns } from "./densities.js";
import type { NamedMorph } from "./morph.js";
import type { TrainedDensity } from "./moved-density.js";

export interface InformationRequest {
  readonly backend: Backend;
  readonly of: ObservableName;
  readonly moved: TrainedDensity;
  /** Of one nuisance. */
  readonly morph: NamedMorph;
  /** Nominal events. */
  readonly unmoved: readonly SimulatedEvents[];
  readonly sizes: Dimensions;
  readonly numbers: SampleNumbers;
}

const requestOptions: Options<InformationRequest> = {
  backend: anObject,
  of: oneOf("x", "y"),
  moved: anObject,
  morph: anObject,
  unmoved: aList,
  sizes: anObject,
  numbers: anObject,
};

/** Distance from the nominal value over which scores are differences of log p, prior standard deviations. */
const STEP = 0.25;

const SET = "information";

/**
 * E[ŝ²] of each process that the events are of, per event of it: ŝ the derivative of log p in ν at the nominal value, as the morph has it, with the mean
 * over the nominal events. Prior standard deviations to the power of -2.
 */
export async function morphInformation(request: InformationRequest): Promise<Map<number, number>> {
  checkOptions("morphInformation", request, requestOptions);
  const { backend, of, moved, morph, unmoved, sizes, numbers } = request;
  const tape = new Tape();
  const columns = observedColumns(tape, SET, of, sizes);
  const logProb = moved.bind(tape, morph.architecture).logProb(columns, [tape.parameter("nu", [1])]);
  const program = await backend.compile({ outputs: { logProb } });
  try {
    await program.write({ ...moved.parameters, ...named(moved.prefix, morph.weights) });
    const nominalValue = morph.architecture.nuisances[0]!.nominal;
    const sums = new Map<number, readonly [weight: number, sum: number]>();
    for (const events of unmoved) {
      const { columns } = trainingSample(SET, [{ ...events, at: [] }], of, sizes.processes, numbers);
      await program.bind(columns);
      const logProbAt = async (nu: number) => {
        await program.write({ nu: [nu] });
        return (await program.run()).logProb!;
      };
      const [above, below] = [await logProbAt(nominalValue + STEP), await logProbAt(nominalValue - STEP)];
      const weights = columns[columnName(SET, "weight")]!;
      let [total, sum] = sums.get(events.process) ?? [0, 0];
      for (let i = 0; i < events.count; i++) {
        total += weights[i]!;
        sum += weights[i]! * ((above[i]! - below[i]!) / (2 * STEP)) ** 2;
      }
      sums.set(events.process, [total, sum]);
    }
    return new Map([...sums].map(([process, [total, sum]]) => [process, sum / total]));
  } finally {
    await program.close();
  }
}

/**
 * Numbers that a morph of `simplerMorph` can learn for one process: a scale and a shift of each feature, each linear in what it may look at. Of a
 * spline, of each inner knot, its slope, and how far along it lies: near the identity a knot that moves along is one that moves across.
 */
export function simpleParameters(features: number, given: number, spline?: SplineArchitecture): number {
  const ofFeature = 2 + (spline === undefined ? 0 : 2 * (spline.bins - 1));
  return ofFeature * (features * (1 + given) + (features * (features - 1)) / 2);
}

/** Events of the same variance of a mean: fewer than all where weights differ. */
export const effectiveCount = ({ count, weights }: SimulatedEvents): number =>
  weights === undefined ? count : effectiveEvents(weights);

/** Effective events of samples. */
const effectiveSum = (samples: readonly SimulatedEvents[]) =>
  samples.reduce((sum, own) => sum + effectiveCount(own), 0);

/** Sums of effective events times powers 1 to 4 of their distance from the nominal value, and that of G, which belongs to least squares in u and u². */
function parabolaSums(varied: readonly SimulatedEvents[], nominalValue: number) {
  const moment = (power: number) =>
    varied.reduce((sum, own) => sum + effectiveCount(own) * (own.at[0]! - nominalValue) ** power, 0);
  const [first, second, third, fourth] = [moment(1), moment(2), moment(3), moment(4)];
  return { first, second, third, fourth, determinant: second * fourth - third ** 2 };
}

/**
 * E[ε²] of a maximum-likelihood fit of `parameters` numbers to the varied samples of one process: the noise of ŝ per event.
 *
 * With a score linear in the parameters and samples of n_a events at distances u_a from the nominal value, their covariance is the inverse of F Σ n_a u_a²
 * with F = E[φ φᵀ], so that E[ε²] = tr F F⁻¹ / Σ n_a u_a². Where all samples lie on one side, the fluctuation of the nominal events, that
 * the nominal density has learned, adds to it: samples on both sides take that away.
 *
 * @param varied    at [1] values
 * @param unmoved   nominal events of the same process
 * @param nominalValue  of the nuisance
 */
export function noiseOfSamples(
  parameters: number,
  varied: readonly SimulatedEvents[],
  unmoved: readonly SimulatedEvents[],
  nominalValue: number,
): number {
  checkArgument("noiseOfSamples", "varied", varied, aList);
  checkArgument("noiseOfSamples", "unmoved", unmoved, aList);
  const distances = varied.map(({ at }) => at[0]! - nominalValue);
  const ofVaried = varied.reduce((sum, own, i) => sum + effectiveCount(own) * distances[i]! ** 2, 0);
  const isOneSided = distances.every((own) => own > 0) || distances.every((own) => own < 0);
  const farthest = Math.max(...distances.map(Math.abs));
  const ofNominal = effectiveSum(unmoved) * farthest ** 2;
  return parameters * (1 / ofVaried + (isOneSided ? 1 / ofNominal : 0));
}

/**
 * The same of a morph with quadratic terms, some way off the nominal value: linear and quadratic coefficients are those of least squares in u and u²,
 * and the score moves with c = (1, 2u). Its noise is tr F F⁻¹ times cᵀ G⁻¹ c, G the sums of n_a u_a² to n_a u_a⁴, and what the fluctuation of
 * the nominal events adds, by which all samples miss at once: of samples on both sides it is left in the quadratic terms.
 *
 * @param varied  at two values at least
 * @param at      distance from the nominal value
 */
export function quadraticNoiseOfSamples(
  parameters: number,
  varied: readonly SimulatedEvents[],
  unmoved: readonly SimulatedEvents[],
  nominalValue: number,
  at: number,
): number {
  checkArgument("quadraticNoiseOfSamples", "varied", varied, aList);
  checkArgument("quadraticNoiseOfSamples", "unmoved", unmoved, aList);
  const { first, second, third, fourth, determinant } = parabolaSums(varied, nominalValue);
  // G⁻¹ c
  const ofLinear = (fourth - 2 * at * third) / determinant;
  const ofQuadratic = (2 * at * second - third) / determinant;
  const byNominal = ofLinear * first + ofQuadratic * second;
  return parameters * (ofLinear + 2 * at * ofQuadratic + byNominal ** 2 / effectiveSum(unmoved));
}

/** The straight line through 0 that is nearest to u² at the samples, u the distance from the nominal value: its slope. */
export function slopeOfSquare(varied: readonly SimulatedEvents[], nominalValue: number): number {
  checkArgument("slopeOfSquare", "varied", varied, aList);
  const { second, third } = parabolaSums(varied, nominalValue);
  return third / second;
}

/**
 * The variance of quadratic terms, over the inverse of the information that the varied events have of them: above 1, as the fluctuation of the nominal
 * events moves them as well, by which all varied samples miss the nominal one.
 */
export function excessOfQuadraticNoise(
  varied: readonly SimulatedEvents[],
  unmoved: readonly SimulatedEvents[],
  nominalValue: number,
): number {
  checkArgument("excessOfQuadraticNoise", "varied", varied, aList);
  checkArgument("excessOfQuadraticNoise", "unmoved", unmoved, aList);
  const { first, second, third, determinant } = parabolaSums(varied, nominalValue);
  const byNominal = (second ** 2 - third * first) / determinant;
  return 1 + (byNominal ** 2 * determinant) / (second * effectiveSum(unmoved));
}
