/** What is compared with the rivals, and the files from which they read weights and data. */
import type { Backend } from "../engine/backend.js";
import { hessian } from "../engine/derivatives.js";
import { add, neg, sumEvents } from "../engine/operations.js";
import { factorizableFlow, initialise } from "../flows/architecture.js";
import { bindFactorizableFlow } from "../flows/factorizable.js";
import { named, type Weights } from "../flows/weights.js";
import { writeSafetensors } from "../io/index.js";
import { type BenchedFlow, bound, columns, normals, R1, R3, workload } from "./r1.js";
import type { Prepared } from "./rival-protocol.js";

export const suiteNames = ["R1", "R3", "R4"] as const;
export type SuiteName = (typeof suiteNames)[number];

type FlowTask = "logProb" | "trainingStep" | "sampling";

export interface Case {
  readonly suite: SuiteName;
  readonly task: FlowTask | "hessian";
  /** Events of one call. */
  readonly events: number;
  /** Of the Hessian. */
  readonly nuisances?: number;
}

const BATCHES = [4096, 16384];
const HESSIAN_EVENTS = 16384;
/** Training steps whose losses are compared. */
const CHECKED_STEPS = 8;
/** Training steps of one timed call of ours: losses come back at its end. */
const TIMED_STEPS = 4;

const tasks: FlowTask[] = ["logProb", "trainingStep", "sampling"];

export function casesOf(suite: SuiteName): Case[] {
  if (suite !== "R4") return tasks.flatMap((task) => BATCHES.map((events) => ({ suite, task, events })));
  return [8, 64].map((nuisances) => ({ suite, task: "hessian", events: HESSIAN_EVENTS, nuisances }));
}

/** Name of the file that holds a case's weights and data. */
export const fileOf = ({ suite, events, nuisances }: Case) =>
  `${suite}-${events}${nuisances === undefined ? "" : `-${nuisances}`}`;

const titles = {
  logProb: "log-prob",
  trainingStep: "training step (Adam)",
  sampling: "sampling",
  hessian: "Hessian",
};

export const titleOf = ({ suite, task, events, nuisances }: Case) =>
  `${suite} ${titles[task]}, ${events} events${nuisances === undefined ? "" : `, K = ${nuisances}`}`;

/** One layer of a factorizable flow, hidden 64 x 2; last layers are not zero, or it would be the identity. */
function systematics(count: number) {
  const nuisances = Array.from({ length: count }, () => ({ scale: 1 }));
  const architecture = factorizableFlow({ features: 4, context: 4, layers: 1, hidden: [64, 64], nuisances });
  const weights: Weights = new Map(
    [...initialise(architecture, 2)].map(([name, { shape, data }]) => {
      const isLast = data.every((value) => value === 0);
      return [name, { shape, data: isLast ? Float64Array.from(normals(name, data.length), (z) => 0.05 * z) : data }];
    }),
  );
  return { architecture, weights };
}

const flowOf = ({ suite }: Case): BenchedFlow => (suite === "R3" ? R3 : R1);

/** Writes weights `flow.*`, `systematics.*` and data `data.*` in f32, and the architectures as JSON in the metadata. */
export async function writeCase(folder: string, own: Case): Promise<void> {
  const flow = flowOf(own);
  const residual = own.nuisances === undefined ? undefined : systematics(own.nuisances);
  const tensors = (prefix: string, weights: Weights) =>
    [...weights].map(
      ([name, { shape, data }]) => [`${prefix}.${name}`, { shape, data: Float32Array.from(data) }] as const,
    );
  const data = Object.entries(columns(own.events)).map(
    ([name, values]) => [`data.${name}`, { shape: [values.length / own.events, own.events], data: values }] as const,
  );
  const all = [
    ...tensors("flow", flow.weights),
    ...(residual ? tensors("systematics", residual.weights) : []),
    ...data,
  ];
  const description = { architecture: flow.architecture, systematics: residual?.architecture };
  await writeSafetensors(`${folder}/${fileOf(own)}.safetensors`, Object.fromEntries(all), {
    description: JSON.stringify(description),
  });
}

async function ownHessian(backend: Backend, { events, nuisances = 0 }: Case): Promise<Prepared> {
  const residual = systematics(nuisances);
  const { tape, flow, y, x } = bound(R1);
  const nu = tape.parameter("nu", [nuisances]);
  const moved = bindFactorizableFlow(tape, residual.architecture, "systematics").toNominal(y, x, nu);
  const nll = neg(sumEvents(add(flow.logProb(moved.value, x), moved.logDet)));
  const program = await backend.compile({ outputs: { hessian: hessian(nll, nu) } });
  await program.bind(columns(events));
  await program.write({ ...named("flow", R1.weights), ...named("systematics", residual.weights) });
  await program.write({ nu: new Float64Array(nuisances).fill(0.1) });
  const call = () => program.run();
  return { check: call, call, repeats: 1, close: () => program.close() };
}

/** Ours. */
export async function prepare(backend: Backend, own: Case): Promise<Prepared> {
  const { task, events } = own;
  if (task === "hessian") return ownHessian(backend, own);
  const of = (steps: number) => workload(task, events, steps, flowOf(own)).prepare(backend);
  const timed = await of(TIMED_STEPS);
  if (task !== "trainingStep") return { ...timed, check: timed.call, repeats: 1 };
  const check = async () => {
    const { call, close } = await of(CHECKED_STEPS);
    const { loss } = await call();
    await close();
    return { losses: loss as Float64Array };
  };
  return { ...timed, check, repeats: TIMED_STEPS };
}
