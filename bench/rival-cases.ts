/** What is compared with the rivals, and the files from which they read weights and data. */
import type { Backend } from "../engine/backend.js";
import { hessian } from "../engine/derivatives.js";
import { add, neg, sumEvents } from "../engine/operations.js";
import { factorizableFlow, initialise } from "../flows/architecture.js";
import { bindFactorizableFlow } from "../flows/factorizable.js";
import { named } from "../flows/weights.js";
import { writeSafetensors } from "../io/index.js";
import { type BenchedFlow, bound, columns, R1, R3, workload } from "./r1.js";
import {
  type CaseFile,
  CHECKED_STEPS,
  filled,
  MIXTURE_BATCH,
  type MixtureTask,
  mixtureFile,
  mixtureTasks,
  prepareMixture,
  TIMED_STEPS,
} from "./rival-mixture.js";
import type { Prepared } from "./rival-protocol.js";

export const suiteNames = ["R1", "R3", "R4", "R6"] as const;
export type SuiteName = (typeof suiteNames)[number];

type FlowTask = "logProb" | "trainingStep" | "sampling";

export interface Case {
  readonly suite: SuiteName;
  readonly task: FlowTask | "hessian" | MixtureTask;
  /** Events of one call. */
  readonly events: number;
  /** Of the Hessian. */
  readonly nuisances?: number;
}

const BATCHES = [4096, 16384];
const HESSIAN_EVENTS = 16384;

const tasks: FlowTask[] = ["logProb", "trainingStep", "sampling"];

export function casesOf(suite: SuiteName): Case[] {
  if (suite === "R6") return mixtureTasks.map((task) => ({ suite, task, events: MIXTURE_BATCH }));
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
  stepOne: "training step of T",
  stepTwo: "training step of its response",
};

export const titleOf = ({ suite, task, events, nuisances }: Case) =>
  `${suite} ${titles[task]}, ${events} events${nuisances === undefined ? "" : `, K = ${nuisances}`}`;

/** One layer of a factorizable flow, hidden 64 x 2. */
function systematics(count: number) {
  const nuisances = Array.from({ length: count }, () => ({ scale: 1 }));
  const architecture = factorizableFlow({ features: 4, context: 4, layers: 1, hidden: [64, 64], nuisances });
  return { architecture, weights: filled(initialise(architecture, 2), 0.05) };
}

const flowOf = ({ suite }: Case): BenchedFlow => (suite === "R3" ? R3 : R1);

/** Writes weights `<part>.*` and data `data.*` in f32, and what else there is to know as JSON in the metadata. */
export async function writeCase(folder: string, own: Case): Promise<void> {
  const residual = own.nuisances === undefined ? undefined : systematics(own.nuisances);
  const of = own.suite === "R6" ? mixtureFile() : flowFile(flowOf(own), residual, own.events);
  const tensors = Object.entries(of.parts).flatMap(([part, weights]) =>
    [...weights].map(
      ([name, { shape, data }]) => [`${part}.${name}`, { shape, data: Float32Array.from(data) }] as const,
    ),
  );
  const data = Object.entries(of.data).map(
    ([name, values]) => [`data.${name}`, { shape: [values.length / own.events, own.events], data: values }] as const,
  );
  await writeSafetensors(`${folder}/${fileOf(own)}.safetensors`, Object.fromEntries([...tensors, ...data]), {
    description: JSON.stringify(of.description),
  });
}

type Residual = ReturnType<typeof systematics>;

function flowFile({ architecture, weights }: BenchedFlow, residual: Residual | undefined, events: number): CaseFile {
  return {
    parts: { flow: weights, ...(residual && { systematics: residual.weights }) },
    data: columns(events),
    description: { architecture, systematics: residual?.architecture },
  };
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
  if (task === "stepOne" || task === "stepTwo") return prepareMixture(backend, task);
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
