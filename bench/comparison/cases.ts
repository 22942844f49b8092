/** What is compared with the rivals, and the files from which they read weights and data. */

import { hessian } from "../../engine/derivatives/gradient.js";
import type { Backend, ProgramRequest } from "../../engine/runtime/backend.js";
import { add, neg, sumEvents } from "../../engine/tape/operations.js";
import { factorizableFlow, initialise } from "../../flows/architecture/architecture.js";
import { bindFactorizableFlow } from "../../flows/factorizable.js";
import { named } from "../../flows/networks/weights.js";
import { writeSafetensors } from "../../io/index.js";
import { linearFlopsPerEvent } from "../support/arithmetic.js";
import { type BenchedFlow, bound, columns, normals, R1, R3, splineFlow, workload } from "../workloads/r1.js";
import {
  type LikelihoodTask,
  likelihoodEvents,
  likelihoodFile,
  likelihoodRequest,
  likelihoodTasks,
  prepareLikelihood,
  SCAN_POINTS,
} from "./likelihood.js";
import {
  type CaseFile,
  CHECKED_STEPS,
  filled,
  MIXTURE_BATCH,
  type MixtureTask,
  mixtureFile,
  mixtureRequest,
  mixtureTasks,
  prepareMixture,
  TIMED_STEPS,
} from "./mixture.js";
import type { Prepared } from "./protocol.js";

/** Those that are run where none is named, then those that show how times grow. */
export const mainSuites = ["R1", "R3", "R4", "R5", "R6"] as const;
export const suiteNames = [...mainSuites, "events", "features"] as const;
export type SuiteName = (typeof suiteNames)[number];

type FlowTask = "logProb" | "trainingStep" | "sampling";
export type Task = FlowTask | "nll" | "hessian" | LikelihoodTask | MixtureTask;

export interface Case {
  readonly suite: SuiteName;
  readonly task: Task;
  /** Events of one call. */
  readonly events: number;
  /** Of the Hessian. */
  readonly nuisances?: number;
  /** Of the flow, where they are not those of R1. */
  readonly features?: number;
}

const BATCHES = [4096, 16384];
const HESSIAN_EVENTS = 16384;
const EVENTS = [1e3, 1e4, 1e5, 1e6, 1e7];
const FEATURES = [2, 4, 8, 16, 32];

const tasks: FlowTask[] = ["logProb", "trainingStep", "sampling"];

export function casesOf(suite: SuiteName): Case[] {
  switch (suite) {
    case "R1":
    case "R3":
      return tasks.flatMap((task) => BATCHES.map((events) => ({ suite, task, events })));
    case "R4":
      return [8, 64].map((nuisances) => ({ suite, task: "hessian", events: HESSIAN_EVENTS, nuisances }));
    case "R5":
      return likelihoodTasks.map((task) => ({ suite, task, events: likelihoodEvents(task) }));
    case "R6":
      return mixtureTasks.map((task) => ({ suite, task, events: MIXTURE_BATCH }));
    case "events":
      return EVENTS.map((events) => ({ suite, task: "nll", events }));
    case "features":
      return (["logProb", "trainingStep"] as const).flatMap((task) =>
        FEATURES.map((features) => ({ suite, task, events: BATCHES[0]!, features })),
      );
  }
}

/** Name of the file that holds a case's weights and data. */
export const fileOf = ({ suite, events, nuisances, features }: Case) =>
  [suite, events, nuisances, features].filter((part) => part !== undefined).join("-");

const titles: Readonly<Record<Task, string>> = {
  logProb: "log-prob",
  trainingStep: "training step (Adam)",
  sampling: "sampling",
  nll: "sum of log-prob",
  hessian: "Hessian",
  likelihood: "likelihood, once",
  scan: "scan of 21 x 21 points",
  likelihoodHessian: "Hessian of the likelihood, in a fit",
  stepOne: "training step of T",
  stepTwo: "training step of its response",
};

export function titleOf({ suite, task, events, nuisances, features }: Case): string {
  const sizes = [
    `${events} events`,
    ...(nuisances === undefined ? [] : [`K = ${nuisances}`]),
    ...(features === undefined ? [] : [`${features} features`]),
    ...(task === "nll" ? ["32 bytes of columns each"] : []),
  ];
  return `${suite} ${titles[task]}, ${sizes.join(", ")}`;
}

/** One layer of a factorizable flow, hidden 64 x 2. */
function morphOf(count: number) {
  const nuisances = Array.from({ length: count }, () => ({ scale: 1 }));
  const architecture = factorizableFlow({ features: 4, context: 4, layers: 1, hidden: [64, 64], nuisances });
  return { architecture, weights: filled(initialise(architecture, 2), 0.05) };
}

function flowOf({ suite, features }: Case): BenchedFlow {
  if (features !== undefined) return splineFlow(features);
  return suite === "R3" ? R3 : R1;
}

/** Writes weights `<part>.*` and data `data.*` in f32, and what else there is to know as JSON in the metadata. */
export async function writeCase(folder: string, own: Case): Promise<void> {
  const of = await contentOf(own);
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

function contentOf(own: Case): CaseFile | Promise<CaseFile> {
  if (own.suite === "R5") return likelihoodFile(own.events);
  if (own.suite === "R6") return mixtureFile();
  const residual = own.nuisances === undefined ? undefined : morphOf(own.nuisances);
  const flow = flowOf(own);
  return {
    parts: { flow: flow.weights, ...(residual && { morph: residual.weights }) },
    data: columns(own.events, flow),
    description: { architecture: flow.architecture, morph: residual?.architecture },
  };
}

function hessianRequest({ nuisances = 0 }: Case): ProgramRequest {
  const { tape, flow, y, x } = bound(R1);
  const nu = tape.parameter("nu", [nuisances]);
  const moved = bindFactorizableFlow(tape, morphOf(nuisances).architecture, "morph").toNominal(y, x, nu);
  const nll = neg(sumEvents(add(flow.logProb(moved.value, x), moved.logDet)));
  return { outputs: { hessian: hessian(nll, nu) } };
}

async function ownHessian(backend: Backend, own: Case): Promise<Prepared> {
  const { events, nuisances = 0 } = own;
  const program = await backend.compile(hessianRequest(own));
  await program.bind(columns(events));
  await program.write({ ...named("flow", R1.weights), ...named("morph", morphOf(nuisances).weights) });
  await program.write({ nu: new Float64Array(nuisances).fill(0.1) });
  const call = () => program.run();
  return { check: call, call, repeats: 1, close: () => program.close() };
}

function nllRequest(): ProgramRequest {
  const { flow, y, x } = bound(R1);
  return { outputs: { nll: neg(sumEvents(flow.logProb(y, x))) } };
}

/** With columns that all threads read where they are: what else grows with the events is the backend's. */
async function ownNll(backend: Backend, { events }: Case): Promise<Prepared> {
  const program = await backend.compile(nllRequest());
  const column = (name: string) => normals(name, 4 * events, new SharedArrayBuffer(16 * events));
  await program.bind({ y: column("y"), x: column("x") });
  await program.write(named("flow", R1.weights));
  const call = () => program.run();
  return { check: call, call, repeats: 1, close: () => program.close() };
}

/** What there is to compute from the data on, as ours does it. */
function requestOf(own: Case): ProgramRequest | Promise<ProgramRequest> {
  const { task } = own;
  if (task === "hessian") return hessianRequest(own);
  if (task === "nll") return nllRequest();
  if (task === "stepOne" || task === "stepTwo") return mixtureRequest(task);
  if (task === "logProb" || task === "trainingStep" || task === "sampling") {
    return workload(task, own.events, 1, flowOf(own)).request;
  }
  return likelihoodRequest(task);
}

/** Floating-point operations in linear maps that a case needs: the same number for all contestants. */
export const arithmeticOf = async (own: Case): Promise<number> =>
  linearFlopsPerEvent(await requestOf(own)) * own.events * (own.task === "scan" ? SCAN_POINTS : 1);

/** Ours. */
export async function prepare(backend: Backend, own: Case): Promise<Prepared> {
  const { task, events } = own;
  if (task === "hessian") return ownHessian(backend, own);
  if (task === "nll") return ownNll(backend, own);
  if (task === "stepOne" || task === "stepTwo") return prepareMixture(backend, task);
  if (task === "likelihood" || task === "scan" || task === "likelihoodHessian") return prepareLikelihood(backend, task);
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
