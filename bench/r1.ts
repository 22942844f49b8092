/** The flow R1 of the design: NSF with 4 features, 4 context, 3 transforms, 8 bins, hidden 128 x 2; batches of 4096. */
import type { Backend, Program, ProgramRequest } from "../engine/backend.js";
import { mul, neg, sumEvents } from "../engine/operations.js";
import { fillNormal, fillShuffled, randomKey } from "../engine/random.js";
import { Tape } from "../engine/tape.js";
import { autoregressiveFlow, initialise } from "../flows/architecture.js";
import { bindFlow } from "../flows/flow.js";
import { adam, optimise } from "../flows/optimiser.js";
import { named } from "../flows/weights.js";

export const BATCH = 4096;
const FEATURES = 4;
const CONTEXT = 4;
/** Training steps of one call: a step is replayed on the workers, and losses come back at the end. */
const STEPS = 4;

const architecture = autoregressiveFlow({
  features: FEATURES,
  context: CONTEXT,
  transforms: 3,
  hidden: [128, 128],
  activation: "relu",
  transform: { kind: "spline", bins: 8, bound: 5 },
});

const weights = named("flow", initialise(architecture, 1));

function normals(purpose: string, rows: number): Float32Array {
  const values = new Float32Array(rows * BATCH);
  fillNormal(randomKey(1, purpose), 0, values);
  return values;
}

const data = { y: normals("y", FEATURES), x: normals("x", CONTEXT) };

function bound() {
  const tape = new Tape();
  const flow = bindFlow(tape, architecture, "flow");
  return { flow, y: tape.column("y", [FEATURES]), x: tape.column("x", [CONTEXT]) };
}

export interface Workload {
  readonly request: ProgramRequest;
  /** Events per call. */
  readonly events: number;
  /** Compiles and binds; gives back one call. */
  prepare(backend: Backend): Promise<() => Promise<unknown>>;
}

async function compiled(backend: Backend, request: ProgramRequest): Promise<Program> {
  const program = await backend.compile(request);
  await program.bind(data);
  await program.write(weights);
  return program;
}

function replayed(request: ProgramRequest): Workload {
  const prepare = async (backend: Backend) => {
    const program = await compiled(backend, request);
    return () => program.run();
  };
  return { request, events: BATCH, prepare };
}

function logProb(): Workload {
  const { flow, y, x } = bound();
  return replayed({ outputs: { logProb: flow.logProb(y, x) } });
}

/** The latent normals are given. */
function sampling(): Workload {
  const { flow, y: z, x } = bound();
  return replayed({ outputs: { sample: flow.fromLatent(z, x).value } });
}

/** Loss, gradients of all weights and Adam, on a shuffled batch. */
function trainingStep(): Workload {
  const { flow, y, x } = bound();
  const loss = mul(neg(sumEvents(flow.logProb(y, x))), 1 / BATCH);
  const optimiser = optimise(loss, [
    { parameters: [...flow.trainable.values()], optimiser: adam({ learningRate: 1e-4 }) },
  ]);
  const request = { outputs: { loss }, updates: optimiser.updates };
  const prepare = async (backend: Backend) => {
    const program = await compiled(backend, request);
    await program.write(optimiser.moments);
    const indices = new Int32Array(STEPS * BATCH);
    for (let s = 0; s < STEPS; s++) {
      fillShuffled(randomKey(1, "shuffle"), s, BATCH, 0, indices.subarray(s * BATCH, (s + 1) * BATCH));
    }
    let step = 0;
    return () => {
      const schedule = optimiser.schedule(step, STEPS, () => 1);
      step += STEPS;
      return program.steps({ count: STEPS, indices: { events: indices }, schedule });
    };
  };
  return { request, events: STEPS * BATCH, prepare };
}

export const workloads: Readonly<Record<string, () => Workload>> = { logProb, trainingStep, sampling };
