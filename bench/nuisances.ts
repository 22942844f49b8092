/**
 * `nuisances`: what grows with the number K of nuisances. One thread of the cpu backend in f32, two processes, x and y in two
 * dimensions each, every nuisance acting on both.
 *
 * A training step of the factorizable flow of y, all K networks together on one event set in which every nuisance is off its
 * nominal value; then of the NLL in ν, T fixed and T profiled: its gradient, the products of the events' scores, which fits of
 * splines take for a Hessian, and the exact Hessian by double backward. The exponent is the slope of log time against log K over
 * the larger half of the K.
 */

import { wantsWide } from "../cli/command/wide.js";
import { elapsed, quartiles, quartilesText, rounded, significant } from "../cli/roofline/statistics.js";
import { cpuBackend } from "../engine/cpu/backend.js";
import type { Backend } from "../engine/runtime/backend.js";
import {
  type Architecture,
  autoregressiveFlow,
  type FactorizableArchitecture,
  factorizableFlow,
  initialise,
} from "../flows/architecture/architecture.js";
import { named } from "../flows/networks/weights.js";
import { adam } from "../flows/training/optimiser.js";
import { normalisersOf, trainingProgram } from "../flows/training/training-program.js";
import { type EventData, likelihood } from "../inference/model/likelihood/likelihood.js";
import type { FlowModel, MixtureModel } from "../inference/model/mixture-model.js";
import { trainingSample } from "../inference/model/sampling/simulated-events.js";
import { anchorSets, morphStages, morphTraining, stageFlow } from "../inference/model/training/morph.js";
import { machine, printMachine, writeResult } from "./support/machine.js";
import { normals } from "./workloads/r1.js";

const COUNTS = [1, 2, 4, 8, 16, 32, 64];
const BATCH = 1024;
const STEPS = 4;
const EVENTS = 2048;
/** Each times every call once, so that what else the machine does falls on all of them. */
const ROUNDS = 9;

const sizes = { processes: 2, x: 2, y: 2 };
const CONTEXT = sizes.processes + sizes.x;
const common = { hidden: [32, 32], activation: "silu" } as const;

const namesOf = (count: number) => Array.from({ length: count }, (_, k) => `nuisance${k + 1}`);

const modelOf = <A extends Architecture>(architecture: A): FlowModel<A> => ({
  architecture,
  weights: initialise(architecture, 1),
});

const splineFlow = (features: number, context: number, bins: number) =>
  autoregressiveFlow({ ...common, features, context, transforms: 2, transform: { kind: "spline", bins, bound: 5 } });

/** Last layers that are not zero, so that no term vanishes and none could be left out. */
function residual(
  count: number,
  features: number,
  context: number,
  layers: number,
): FlowModel<FactorizableArchitecture> {
  const nuisances = namesOf(count).map(() => ({ scale: 1 }));
  const { architecture, weights } = modelOf(factorizableFlow({ ...common, features, context, layers, nuisances }));
  const filled = [...weights].map(([name, { shape, data }]) => {
    const own = data.every((value) => value === 0)
      ? Float64Array.from(normals(name, data.length), (z) => 0.01 * z)
      : data;
    return [name, { shape, data: own }] as const;
  });
  return { architecture, weights: new Map(filled) };
}

function modelWith(count: number, isProfiled: boolean): MixtureModel {
  return {
    processes: ["signal", "background"].map((name) => ({ name, logYield: Math.log(EVENTS / 2) })),
    nuisances: namesOf(count).map((name) => ({ kind: "shape", name, nominal: 0, acts: [true, true] })),
    x: {
      nominal: modelOf(splineFlow(sizes.x, sizes.processes, 12)),
      morph: residual(count, sizes.x, sizes.processes, 1),
    },
    y: { nominal: modelOf(splineFlow(sizes.y, CONTEXT, 12)), morph: residual(count, sizes.y, CONTEXT, 2) },
    transport: modelOf(splineFlow(sizes.y, CONTEXT, 8)),
    ...(isProfiled && { response: residual(count, sizes.y, CONTEXT, 2) }),
  };
}

const data: EventData = { count: EVENTS, x: normals("data x", 2 * EVENTS), y: normals("data y", 2 * EVENTS) };

interface Task {
  readonly name: string;
  readonly nuisances: number;
  /** Steps of one call. */
  readonly per: number;
  call(): Promise<unknown>;
  /** Seconds of the first call, compilation included. */
  readonly first: number;
}

async function task(name: string, nuisances: number, per: number, call: Task["call"]): Promise<Task> {
  const first = (await elapsed(call)) / 1000;
  await call();
  console.log(`K = ${nuisances}, ${name}: first call ${first.toFixed(1)} s`);
  return { name, nuisances, per, call, first };
}

async function trainingStep(backend: Backend, count: number): Promise<Task> {
  const names = namesOf(count);
  const shapes = names.map((name) => ({ name, nominal: 0 }));
  const events = [0, 1].map((process) => ({
    process,
    at: names.map(() => 1),
    count: BATCH / 2,
    x: normals(`x ${process}`, BATCH),
    y: normals(`y ${process}`, BATCH),
  }));
  const stage = morphStages(anchorSets(events, shapes), [])[0]!;
  const set = stage.sets[0]!.name;
  const nominal = modelOf(splineFlow(sizes.y, CONTEXT, 12));
  const ofStage = stageFlow({ ...residual(count, sizes.y, CONTEXT, 2), names }, stage);
  const model = morphTraining({
    of: "y",
    nominal: nominal.architecture,
    morph: ofStage.architecture,
    stage,
    sizes: { ...sizes, shapes: count },
    optimiser: adam({ learningRate: 1e-4 }),
  });
  const samples = { [set]: trainingSample(set, events, "y", sizes.processes) };
  const initial = { ...named("y.nominal", nominal.weights), ...named("y.systematics", ofStage.weights) };
  const averaging = { part: 0, totalSteps: STEPS };
  const training = await trainingProgram(backend, model, normalisersOf(samples, { [set]: BATCH }), initial, averaging);
  await training.bind(samples);
  const indices = Int32Array.from({ length: STEPS * BATCH }, (_, i) => i % BATCH);
  const call = () =>
    training.program.steps({
      count: STEPS,
      indices: { [set]: indices },
      schedule: training.schedule(0, STEPS, () => 1),
    });
  return task(`training step of ${BATCH} events`, count, STEPS, call);
}

async function derivatives(backend: Backend, count: number, isProfiled: boolean): Promise<Task[]> {
  const bound = await likelihood({ backend, model: modelWith(count, isProfiled), data, form: "joint", extended: true });
  const nu = new Float64Array(count).fill(0.1);
  const calls = {
    gradient: () => bound.evaluate(nu, 1),
    scores: () => bound.outerProduct(nu),
    Hessian: () => bound.evaluate(nu, 2),
  };
  const tasks: Task[] = [];
  for (const [name, call] of Object.entries(calls)) {
    tasks.push(await task(`${name} of ${EVENTS} events, T ${isProfiled ? "profiled" : "fixed"}`, count, 1, call));
  }
  return tasks;
}

/** Least-squares slope of log t against log K. */
function exponent(points: readonly (readonly [number, number])[]): number {
  const logs = points.map(([count, time]) => [Math.log(count), Math.log(time)] as const);
  const mean = (at: 0 | 1) => logs.reduce((sum, point) => sum + point[at], 0) / logs.length;
  const [mx, my] = [mean(0), mean(1)];
  const [xy, xx] = logs.reduce(([a, b], [x, y]) => [a + (x - mx) * (y - my), b + (x - mx) ** 2], [0, 0]);
  return xy / xx;
}

const where = machine();
printMachine(where);
const backend = await cpuBackend({ threads: 1, wide: wantsWide() });
const tasks: Task[] = [];
for (const count of COUNTS) {
  tasks.push(await trainingStep(backend, count));
  for (const isProfiled of [false, true]) tasks.push(...(await derivatives(backend, count, isProfiled)));
}
const times = new Map<Task, number[]>(tasks.map((own) => [own, []]));
for (let round = 0; round < ROUNDS; round++) {
  for (const own of tasks) times.get(own)?.push((await elapsed(own.call)) / own.per);
}
await backend.close();
const results = [...new Set(tasks.map(({ name }) => name))].map((name) => {
  const points = tasks.flatMap((own) =>
    own.name === name ? [{ own, time: quartiles(times.get(own) as number[]) }] : [],
  );
  const larger = points
    .slice(-Math.ceil(COUNTS.length / 2))
    .map(({ own, time }) => [own.nuisances, time.median] as const);
  const slope = exponent(larger);
  console.log(`\n${name}, ms; grows as K^${slope.toFixed(2)} from K = ${larger[0]![0]} on`);
  for (const { own, time } of points) {
    console.log(
      `K = ${own.nuisances}: ${quartilesText(time, 2)}, ${(time.median / own.nuisances).toFixed(2)} per nuisance`,
    );
  }
  const byCount = points.map(({ own, time }) => ({
    nuisances: own.nuisances,
    milliseconds: rounded(time),
    firstCallSeconds: significant(own.first),
  }));
  return { name, exponent: significant(slope), byCount };
});
writeResult("nuisances", where, { rounds: ROUNDS, results });
