/** Flows with 4 context, 3 transforms, hidden 128 x 2, and 4 features or as many as asked for. R1: splines of 8 bins (NSF). R3: affine (MAF). */

import { fillNormal, randomKey } from "../../engine/random/random.js";
import { fillShuffled } from "../../engine/random/shuffle.js";
import type { Backend, Named, Program, ProgramRequest } from "../../engine/runtime/backend.js";
import { mul, neg, sumEvents } from "../../engine/tape/operations.js";
import { Tape } from "../../engine/tape/tape.js";
import {
  type AutoregressiveArchitecture,
  autoregressiveFlow,
  initialise,
} from "../../flows/architecture/architecture.js";
import { bindFlow } from "../../flows/flow.js";
import { named, type Weights } from "../../flows/networks/weights.js";
import { adam, optimise } from "../../flows/training/optimiser.js";
import type { ScalarArchitecture } from "../../flows/transforms/scalar-transform.js";

const FEATURES = 4;
const CONTEXT = 4;

export interface BenchedFlow {
  readonly architecture: AutoregressiveArchitecture;
  readonly weights: Weights;
}

function benched(transform: ScalarArchitecture, features = FEATURES): BenchedFlow {
  const sizes = { features, context: CONTEXT, transforms: 3, hidden: [128, 128] };
  const architecture = autoregressiveFlow({ ...sizes, activation: "relu", transform });
  return { architecture, weights: initialise(architecture, 1) };
}

export const splineFlow = (features: number) => benched({ kind: "spline", bins: 8, bound: 5 }, features);
export const R1 = splineFlow(FEATURES);
export const R3 = benched({ kind: "affine" });

/** [count], f32 */
export function normals(
  purpose: string,
  count: number,
  memory: ArrayBufferLike = new ArrayBuffer(4 * count),
): Float32Array {
  const values = new Float32Array(memory);
  fillNormal(randomKey(1, purpose), 0, values);
  return values;
}

/** The flow on a tape, and its columns. */
export function bound({ architecture }: BenchedFlow) {
  const tape = new Tape();
  const flow = bindFlow(tape, architecture, "flow");
  const { features, context } = architecture;
  return { tape, flow, y: tape.column("y", [features]), x: tape.column("x", [context]) };
}

/** Standard normals: y [features, count], x [context, count]. */
export const columns = (count: number, { architecture: { features, context } } = R1) => ({
  y: normals("y", features * count),
  x: normals("x", context * count),
});

export interface Prepared {
  call(): Promise<Named<Float64Array>>;
  close(): Promise<void>;
}

export interface Workload {
  readonly request: ProgramRequest;
  /** Events per call. */
  readonly events: number;
  /** Compiles and binds. */
  prepare(backend: Backend): Promise<Prepared>;
}

async function compiled(
  backend: Backend,
  request: ProgramRequest,
  benched: BenchedFlow,
  batch: number,
): Promise<Program> {
  const program = await backend.compile(request);
  await program.bind(columns(batch, benched));
  await program.write(named("flow", benched.weights));
  return program;
}

function replayed(request: ProgramRequest, benched: BenchedFlow, batch: number): Workload {
  const prepare = async (backend: Backend) => {
    const program = await compiled(backend, request, benched, batch);
    return { call: () => program.run(), close: () => program.close() };
  };
  return { request, events: batch, prepare };
}

function logProb(benched: BenchedFlow, batch: number): Workload {
  const { flow, y, x } = bound(benched);
  return replayed({ outputs: { logProb: flow.logProb(y, x) } }, benched, batch);
}

/** The latent normals are given. */
function sampling(benched: BenchedFlow, batch: number): Workload {
  const { flow, y: z, x } = bound(benched);
  return replayed({ outputs: { sample: flow.fromLatent(z, x).value } }, benched, batch);
}

/** Loss, gradients of all weights and Adam, on a shuffled batch. */
function trainingStep(benched: BenchedFlow, batch: number, steps: number): Workload {
  const { flow, y, x } = bound(benched);
  const loss = mul(neg(sumEvents(flow.logProb(y, x))), 1 / batch);
  const optimiser = optimise(loss, [
    { parameters: [...flow.trainable.values()], optimiser: adam({ learningRate: 1e-4 }) },
  ]);
  const request = { outputs: { loss }, updates: optimiser.updates };
  const prepare = async (backend: Backend) => {
    const program = await compiled(backend, request, benched, batch);
    await program.write(optimiser.moments);
    const indices = new Int32Array(steps * batch);
    for (let s = 0; s < steps; s++) {
      fillShuffled(randomKey(1, "shuffle"), s, batch, 0, indices.subarray(s * batch, (s + 1) * batch));
    }
    let step = 0;
    const call = () => {
      const schedule = optimiser.schedule(step, steps, () => 1);
      step += steps;
      return program.steps({ count: steps, indices: { events: indices }, schedule });
    };
    return { call, close: () => program.close() };
  };
  return { request, events: steps * batch, prepare };
}

export const workloadNames = ["logProb", "trainingStep", "sampling"] as const;

/**
 * @param batch  events of a batch
 * @param steps  training steps of one call: a step is replayed, and losses come back at the end
 */
export function workload(
  name: (typeof workloadNames)[number],
  batch: number,
  steps: number,
  benched: BenchedFlow = R1,
): Workload {
  if (name === "logProb") return logProb(benched, batch);
  return name === "sampling" ? sampling(benched, batch) : trainingStep(benched, batch, steps);
}
