/**
 * Step 2 to first order: the response of T by least squares, from where it is trained.
 *
 * How log p(y | x, ν) changes with ν at ν_0 is linear in the last layers of T_ψ (`firstOrderTerms`). Those that leave the least of it,
 * Σ_i [∂ log p(y_i | x_i, ν)/∂ν_k]² over events, solve a linear system. Where T_ψ acts on simulation, p(y | x, ν) depends on ν by the
 * probabilities of the processes alone, as T undoes the rest. Where T_ψ acts on data, it has all of its dependence on ν, and the terms are
 * those of the density of data with T_φ behind T_ψ. Training alone comes near them only slowly, as the loss
 * contains derivatives of the densities, which makes it stiff: on 5000 events of the toy it takes the information that y keeps on ν from
 * 12% to 9% of that in x in the time in which least squares take it to 4%.
 */

import { gradient } from "../../../engine/derivatives/gradient.js";
import { aFunction, aList, anObject, aSignal, checkOptions, type Options, optional } from "../../../engine/options.js";
import type { Backend } from "../../../engine/runtime/backend.js";
import { broadcastEvents, concatenate, mul, sumEvents, weightGradient } from "../../../engine/tape/operations.js";
import { Tape } from "../../../engine/tape/tape.js";
import { withFirstOrder } from "../../../flows/first-order.js";
import { named, type Weights } from "../../../flows/networks/weights.js";
import type { EventSample } from "../../../flows/training/event-sample.js";
import type { ModelBuilder } from "../../../flows/training/training-program.js";
import { bindMixture } from "../../model/mixture.js";
import { type MixtureModel, mixtureParameters, parameterPrefixes, parametersOn } from "../../model/mixture-model.js";
import { cholesky, choleskySolve } from "../../statistics/linear-algebra/symmetric-matrix.js";
import { DATA, dataColumns } from "./transport-training.js";

export interface ResponseStartRequest {
  readonly backend: Backend;
  /** With the response of `initialResponse`. */
  readonly model: MixtureModel;
  /** Every T_φ that the response is to serve; their sums of squares are added. */
  readonly members: readonly Weights[];
  /** Of `dataSample` */
  readonly sample: EventSample;
  /** `responseTraining` of the model, whose loss chooses how much large coefficients are held back, by these events. */
  readonly training: ModelBuilder;
  readonly validation: EventSample;
  readonly signal?: AbortSignal | undefined;
}

/** Losses of the validation events with the identity as response, and with the one that was found. */
export interface ResponseStart {
  readonly weights: Weights;
  readonly initialLoss: number;
  readonly loss: number;
}

/** Ridges that are tried, in units of the mean second moment of a term. Below the least of them f32 sums are not positive definite. */
const RIDGES = [3e-5, 1e-4, 3e-4, 1e-3, 1e-2];

const responseOptions: Options<ResponseStartRequest> = {
  backend: anObject,
  model: anObject,
  members: aList,
  sample: anObject,
  training: aFunction,
  validation: anObject,
  signal: optional(aSignal),
};

/** The response to first order with the ridge of least loss, the initial one where none is better. */
export async function responseToFirstOrder(request: ResponseStartRequest): Promise<ResponseStart> {
  checkOptions("responseToFirstOrder", request, responseOptions);
  const { architecture, weights: initial } = request.model.response!;
  const found = await moments(request);
  const nuisances = architecture.nuisances.length;
  const size = Math.sqrt(found.length) - nuisances;
  const lossOf = await openLoss(request);
  try {
    const initialLoss = await lossOf.evaluate(initial);
    let best: ResponseStart = { weights: initial, initialLoss, loss: initialLoss };
    for (const ridge of RIDGES) {
      const coefficients = solve(found, size, nuisances, ridge);
      if (coefficients === undefined) continue;
      const weights = coefficients.reduce((all, own, k) => {
        const { scale } = architecture.nuisances[k]!;
        return withFirstOrder(
          architecture,
          all,
          k,
          own.map((value) => value * scale),
        );
      }, initial);
      const loss = await lossOf.evaluate(weights);
      if (loss < best.loss) best = { weights, initialLoss, loss };
    }
    return best;
  } finally {
    await lossOf.close();
  }
}

async function openLoss({ backend, model, training, validation, signal }: ResponseStartRequest) {
  const tape = new Tape();
  const { loss } = training(tape, { [DATA]: validation.count });
  const program = await backend.compile({ outputs: { loss } });
  await program.bind(validation.columns);
  return {
    async evaluate(weights: Weights): Promise<number> {
      const { architecture } = model.response!;
      await program.write(mixtureParameters({ ...model, response: { architecture, weights } }));
      const { loss } = await program.run({ signal });
      return loss![0]!;
    },
    close: () => program.close(),
  };
}

/** Events whose products are added by the backend; from there on sums are f64. */
const PORTION = 4096;

/**
 * Second moments of the terms and, behind them, of the derivatives in ν_k: Σ w a aᵀ over events and members, [n + K, n + K].
 */
async function moments({ backend, model, members, sample, signal }: ResponseStartRequest): Promise<Float64Array> {
  const tape = new Tape();
  const mixture = bindMixture(tape, model);
  const { x, y, weight } = dataColumns(tape, model, sample.weights !== undefined);
  const nominalValues = model.response!.architecture.nuisances.map(({ nominal }) => nominal);
  // A constant would be computed with, and leave nothing to differentiate.
  const ownNu = broadcastEvents(tape.parameter("nu", [nominalValues.length]), x.events);
  const [slopes] = gradient(sumEvents(mixture.logProb({ x, y }, ownNu, "conditional")), [ownNu]);
  const all = concatenate([mixture.responseTerms({ x, y }), slopes!]);
  const products = weightGradient(mul(all, weight), all, undefined, false);
  const program = await backend.compile({ outputs: { products } });
  try {
    await program.write({ ...parametersOn(tape, model), nu: nominalValues });
    await program.bind(sample.columns);
    const sum = new Float64Array(all.shape[0]! ** 2);
    for (const transport of members) {
      await program.write(named(parameterPrefixes.transport, transport));
      for (let from = 0; from < sample.count; from += PORTION) {
        const range = { [DATA]: [from, Math.min(sample.count, from + PORTION)] as const };
        const { products } = await program.run({ range, signal });
        for (let i = 0; i < sum.length; i++) sum[i]! += products![i]!;
      }
    }
    return sum;
  } finally {
    await program.close();
  }
}

/**
 * Coefficients of every nuisance with the least Σ w (slope + coefficients · terms)² + ridge |coefficients|², or undefined where
 * the moments are not positive definite: rounding, or negative weights.
 */
function solve(moments: Float64Array, size: number, nuisances: number, ridge: number): Float64Array[] | undefined {
  const width = size + nuisances;
  const system = new Float64Array(size * size);
  let trace = 0;
  for (let i = 0; i < size; i++) {
    system.set(moments.subarray(i * width, i * width + size), i * size);
    trace += moments[i * width + i]!;
  }
  for (let i = 0; i < size; i++) system[i * size + i]! += (ridge * trace) / size;
  const lower = cholesky(system, size);
  if (lower === undefined) return undefined;
  return Array.from({ length: nuisances }, (_, k) => {
    const row = (size + k) * width;
    return choleskySolve(
      lower,
      size,
      moments.subarray(row, row + size).map((value) => -value),
    );
  });
}
