/** R5: the likelihood of the published toy model, 100 000 events: one value, a scan over 21 x 21 points; the Hessian, 20 000 of them. */

import { hessian } from "../../engine/derivatives/gradient.js";
import type { Backend } from "../../engine/runtime/backend.js";
import { neg, sumEvents } from "../../engine/tape/operations.js";
import { Tape } from "../../engine/tape/tape.js";
import { likelihood } from "../../inference/model/likelihood/likelihood.js";
import { bindMixture } from "../../inference/model/mixture.js";
import { mixtureParameters, parameterPrefixes, partNames, partOf } from "../../inference/model/mixture-model.js";
import { type Published, published } from "../workloads/published.js";
import type { CaseFile } from "./mixture.js";
import type { Prepared } from "./protocol.js";

export const likelihoodTasks = ["likelihood", "scan", "likelihoodHessian"] as const;
export type LikelihoodTask = (typeof likelihoodTasks)[number];

const OBSERVED = 100_000;
/** A fifth of them for the Hessian, for which rivals take a minute otherwise. */
export const likelihoodEvents = (task: LikelihoodTask) => (task === "likelihoodHessian" ? OBSERVED / 5 : OBSERVED);

/** Of the scan, of which a timed call takes one. */
export const SCAN_POINTS = 21 * 21;
const NU = [0.3, -0.4];
/** Further points of the scan: no two calls ask the same. */
const step = (at: number) => [NU[0]! + 0.01 * at, NU[1]! - 0.01 * at];

let loaded: Promise<Published> | undefined;
const toy = () => (loaded ??= published());

export async function likelihoodFile(events: number): Promise<CaseFile> {
  const { model, data } = await toy();
  const parts = partNames.flatMap((name) => {
    const part = partOf(model, name);
    return part === undefined ? [] : [[parameterPrefixes[name], part] as const];
  });
  const { x, y } = data(events);
  return {
    parts: Object.fromEntries(parts.map(([name, { weights }]) => [name, weights])),
    data: { x: Float32Array.from(x), y: Float32Array.from(y!) },
    description: {
      parts: Object.fromEntries(parts.map(([name, { architecture }]) => [name, architecture])),
      logYields: model.processes.map(({ logYield }) => logYield),
      nu: NU,
    },
  };
}

/** The NLL in ν, nothing of it kept. */
function traced({ model }: Published) {
  const tape = new Tape();
  const nu = tape.parameter("nu", [model.nuisances.length]);
  const observed = { x: tape.column("x", [2]), y: tape.column("y", [2]) };
  return { nu, nll: neg(sumEvents(bindMixture(tape, model).logProb(observed, nu))) };
}

/** What the task asks for at one point, as it would be computed from the data on. */
export async function likelihoodRequest(task: LikelihoodTask) {
  const { nu, nll } = traced(await toy());
  return { outputs: task === "likelihoodHessian" ? { hessian: hessian(nll, nu) } : { nll } };
}

/** One value from the data on, as whoever asks once pays for it. */
async function once(backend: Backend): Promise<Prepared> {
  const { model, data } = await toy();
  const { x, y } = data(OBSERVED);
  const program = await backend.compile(await likelihoodRequest("likelihood"));
  await program.bind({ x, y: y! });
  await program.write({ ...mixtureParameters(model), nu: NU });
  const call = () => program.run();
  return { check: call, call, repeats: 1, close: () => program.close() };
}

/** As fits and scans ask again and again: what no nuisance changes is kept, from the first call on. */
async function bound(backend: Backend, task: LikelihoodTask): Promise<Prepared> {
  const { model, data } = await toy();
  const request = { backend, model, data: data(likelihoodEvents(task)), form: "joint", extended: false } as const;
  const order = task === "scan" ? 0 : 2;
  const opening = performance.now();
  const own = await likelihood(request);
  const at = async (nu: readonly number[]) => (await own.evaluateParts(nu, order)).data;
  await at(step(0));
  const opened = performance.now();
  await at(step(1));
  const setUp = Math.max(0, 2 * opened - opening - performance.now());
  let calls = 1;
  const check = async () => {
    const { nll, hessian: second } = await at(NU);
    return second === undefined ? { nll: [nll] } : { hessian: second };
  };
  return {
    check,
    call: () => at(step(++calls)),
    ...(task === "scan" ? { repeats: 1 / SCAN_POINTS, setUp } : { repeats: 1 }),
    close: own.close,
  };
}

/** Ours. */
export const prepareLikelihood = (backend: Backend, task: LikelihoodTask): Promise<Prepared> =>
  task === "likelihood" ? once(backend) : bound(backend, task);
