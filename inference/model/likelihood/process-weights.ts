/** How many events of a sample belong to each process, and how surely. */
import { anObject, aSignal, checkOptions, numbers, type Options, optional } from "../../../engine/options.js";
import type { Backend } from "../../../engine/runtime/backend.js";
import { mul, square, sumEvents } from "../../../engine/tape/operations.js";
import { Tape } from "../../../engine/tape/tape.js";
import { framedEvents } from "../feature-frame.js";
import { bindMixture } from "../mixture.js";
import { checkPoint, type MixtureModel, parametersOn } from "../mixture-model.js";
import type { EventData } from "./likelihood.js";

export interface ProcessWeightsRequest {
  readonly backend: Backend;
  /** Its x alone is looked at where the data have no y. */
  readonly model: MixtureModel;
  readonly data: EventData;
  /** [K] */
  readonly nu: readonly number[];
  readonly signal?: AbortSignal | undefined;
}

const requestOptions: Options<ProcessWeightsRequest> = {
  backend: anObject,
  model: anObject,
  data: anObject,
  nu: numbers,
  signal: optional(aSignal),
};

/**
 * Σ_i w_i r_f(x_i, y_i)² of each process [F], r_f = N_f p_f / Σ_g N_g p_g the probability that an event is of process f: the number of events of
 * the process where processes lie apart, less where they overlap. An error ε_f of the derivative of log p_f changes that of log p by r_f ε_f,
 * so that this is what Σ (r_f ε_f)² has of E[ε_f²].
 */
export async function processWeights(request: ProcessWeightsRequest): Promise<number[]> {
  checkOptions("processWeights", request, requestOptions);
  const { backend, model, data, nu, signal } = request;
  checkPoint("processWeights", model, nu);
  const tape = new Tape();
  const bound = bindMixture(tape, model);
  const at = tape.parameter("nu", [nu.length]);
  const x = tape.column("x", [model.x.nominal.architecture.features]);
  const y = data.y && model.y && tape.column("y", [model.y.nominal.architecture.features]);
  const sums = sumEvents(mul(tape.column("weight"), square(bound.processProbabilities({ x, y }, at))));
  const program = await backend.compile({ outputs: { sums } });
  try {
    await program.write({ ...parametersOn(tape, model), nu });
    const framed = framedEvents(model.frame, { x: data.x, ...(y && { y: data.y! }) }, backend.precision);
    const weight = data.weights ?? new Float64Array(data.count).fill(1);
    await program.bind({ x: framed.x, ...(framed.y && { y: framed.y }), weight });
    return Array.from((await program.run({ signal })).sums!);
  } finally {
    await program.close();
  }
}
