/** The errors that a measurement should have, from the model alone: no data, no fit. */

import { UsageError } from "../../../engine/errors.js";
import {
  aFlag,
  aNumber,
  anObject,
  aSignal,
  checkOptions,
  numbers,
  type Options,
  oneOf,
  optional,
} from "../../../engine/options.js";
import type { Backend } from "../../../engine/runtime/backend.js";
import { type Covariance, covariance, type NoCovariance } from "../../statistics/fit/covariance.js";
import { openEventScores } from "../likelihood/event-scores.js";
import type { LikelihoodForm } from "../mixture.js";
import { checkPoint, type MixtureModel, nuisanceNamesOf } from "../mixture-model.js";
import { withoutTransport } from "../sampling/sampling.js";
import { expectedYields } from "../yields.js";
import { type MixtureSample, sampleMixture } from "./projections.js";

export interface SensitivityRequest {
  readonly backend: Backend;
  readonly model: MixtureModel;
  /** Assumed truth [K]. */
  readonly nu: readonly number[];
  /** Events to draw, of all processes together. They count as the expected yield, however many they are. */
  readonly count: number;
  readonly form: LikelihoodForm;
  /** With the Poisson term of the number of events. */
  readonly extended: boolean;
  readonly seed: number;
  readonly signal?: AbortSignal;
}

/** What one likelihood should measure. */
export interface Sensitivity {
  /** H⁻¹ */
  readonly covariance: Covariance | NoCovariance;
  /** Standard deviation of each σ from one sample of `count` events to another, as a fraction of it [K]; undefined without a covariance. */
  readonly sigmaError: readonly number[] | undefined;
}

/**
 * Two bounds and, where T has a trained response, what lies between.
 *
 * With T known, y constrains ν as it does in simulation: the information of y does not depend on the coordinates in which y
 * is seen, so that any one T gives the same. No fit does better. Where T may be any map of each process, there is one for
 * every ν that undoes every change of y's density, and y does not constrain ν at all: x alone remains. No fit that profiles T does
 * worse.
 */
export interface ExpectedSensitivity {
  /** N: Σ_f N_f(ν) */
  readonly events: number;
  /** y with T known; undefined where the model has no y */
  readonly transportKnown: Sensitivity | undefined;
  /**
   * With T following ν as the model's response does, in the direction in which y constrains ν the least, if the response was trained well.
   * Undefined without a response.
   */
  readonly profiled: Sensitivity | undefined;
  /** x alone; undefined for the conditional likelihood, which takes x as given: there the constraints alone are the bound */
  readonly xAlone: Sensitivity | undefined;
}

const sensitivityOptions: Options<SensitivityRequest> = {
  backend: anObject,
  model: anObject,
  nu: numbers,
  count: aNumber,
  form: oneOf("joint", "conditional"),
  extended: aFlag,
  seed: aNumber,
  signal: optional(aSignal),
};

/**
 * H = Σ_i w_i g_i g_iᵀ + 1, the expected Hessian of the NLL at the assumed truth: g_i the gradient of log p of events that the
 * model itself draws (+ log N_tot where the number of events counts), w_i = N_f / (events drawn of process f), and 1 for each
 * constraint. For the model's own events this equals the mean of second derivatives, and unlike them it has the knots of
 * spline flows (see spline-knots.ts). The covariance is H⁻¹: the weights stand for N unweighted events, and a sandwich would
 * be the error of a measurement with these generated events.
 *
 * "Asimov" after Cowan, Cranmer, Gross & Vitells 2011, arXiv:1007.1727, section 3.2: one sample in place of many toys.
 */
export async function expectedSensitivity(request: SensitivityRequest): Promise<ExpectedSensitivity> {
  checkOptions("expectedSensitivity", request, sensitivityOptions);
  const { model, nu, form } = request;
  checkPoint("expectedSensitivity", model, nu);
  if (!(request.count >= 1)) {
    throw new UsageError("expectedSensitivity", { expected: "at least one event to draw", got: `${request.count}` });
  }
  const hasY = model.y !== undefined;
  if (!hasY && form === "conditional") {
    throw new UsageError("expectedSensitivity", { expected: "a model with a density of y", got: "one of x alone" });
  }
  const simulation = withoutTransport(model);
  const { y: _, ...ofX } = simulation;
  const drawn = await draw(request, simulation, hasY);
  return Object.freeze({
    events: (await expectedYields(model, nu)).reduce((sum, own) => sum + own, 0),
    transportKnown: hasY ? await sensitivity(request, simulation, drawn) : undefined,
    profiled: model.response && (await sensitivity(request, model, await draw(request, model, true))),
    xAlone: form === "joint" ? await sensitivity(request, ofX, drawn) : undefined,
  });
}

/** The same random numbers for every model. */
const draw = ({ backend, nu, count, seed }: SensitivityRequest, model: MixtureModel, withY: boolean) =>
  sampleMixture({ backend, model, nu, count, withY, observed: undefined, seed, purpose: "sensitivity" });

/** Scores [K, n] of events of one process, each worth `weight`. */
interface ProcessScores {
  readonly weight: number;
  readonly count: number;
  readonly scores: Float64Array;
}

async function sensitivity(
  request: SensitivityRequest,
  model: MixtureModel,
  drawn: MixtureSample,
): Promise<Sensitivity> {
  const parts = await scoresOf(request, model, drawn);
  const size = model.nuisances.length;
  const information = new Float64Array(size * size);
  for (const { weight, count, scores } of parts) {
    for (let k = 0; k < size; k++) {
      for (let l = 0; l < size; l++) {
        let sum = 0;
        for (let i = 0; i < count; i++) sum += scores[k * count + i]! * scores[l * count + i]!;
        information[k * size + l]! += weight * sum;
      }
    }
  }
  for (let k = 0; k < size; k++) information[k * size + k]! += 1;
  const found = covariance(information, nuisanceNamesOf(model));
  return Object.freeze({
    covariance: found,
    sigmaError: found.status === "positive-definite" ? Object.freeze(sigmaErrors(parts, found)) : undefined,
  });
}

/**
 * δC = -C δH C, so that the event with score g adds -w (c_k·g)² to σ_k² = C_kk, c_k the k-th row of C. Half the relative
 * error of σ_k² is that of σ_k. The numbers of events of each process are fixed: scatter is about the mean of each.
 */
function sigmaErrors(parts: readonly ProcessScores[], { matrix }: Covariance): number[] {
  return matrix.map((row, k) => {
    let variance = 0;
    for (const { weight, count, scores } of parts) {
      let [sum, squares] = [0, 0];
      for (let i = 0; i < count; i++) {
        const along = row.reduce((total, c, l) => total + c * scores[l * count + i]!, 0);
        sum += along ** 2;
        squares += along ** 2 * along ** 2;
      }
      variance += weight ** 2 * (squares - sum ** 2 / count);
    }
    return (0.5 * Math.sqrt(variance)) / row[k]!;
  });
}

async function scoresOf(
  { backend, nu, extended, form, signal }: SensitivityRequest,
  model: MixtureModel,
  { processes }: MixtureSample,
): Promise<ProcessScores[]> {
  const open = await openEventScores({ backend, model, form, extended, signal });
  try {
    const parts: ProcessScores[] = [];
    for (const { weight, count, x, y } of processes) {
      parts.push({ weight, count, scores: await open.scores(nu, x, model.y && y) });
    }
    return parts;
  } finally {
    await open.close();
  }
}
