/**
 * `scan`: one likelihood at many ν. What depends on data and weights alone is kept after the first call; beside it the same
 * programs without.
 *
 * One thread of the cpu backend in f32, in processor time, which neighbours on the machine change least. Models: the published one (random weights of the same sizes where the reference data are
 * absent) and the toy of examples/doi-toy/analysis.yaml with random weights; x alone, T fixed, T profiled.
 */

import { quartiles, quartilesText, rounded, significant } from "../cli/roofline/statistics.js";
import { gradient, hessian } from "../engine/derivatives/gradient.js";
import type { Backend, Program } from "../engine/runtime/backend.js";
import { neg, sumEvents } from "../engine/tape/operations.js";
import { Tape } from "../engine/tape/tape.js";
import { type EventData, likelihood } from "../inference/model/likelihood/likelihood.js";
import { bindMixture } from "../inference/model/mixture.js";
import { type MixtureModel, parametersOn } from "../inference/model/mixture-model.js";
import { likelihoodModels } from "./support/likelihood-models.js";
import { writeResult } from "./support/machine.js";
import { processorTime } from "./support/processor-time.js";

const EVENTS = 10_000;
/** Beyond any cache. */
const MANY_EVENTS = 50_000;
const ROUNDS = 5;

type Order = 0 | 1 | 2;

/** The programs that keep nothing. */
async function plain(backend: Backend, model: MixtureModel, { x, y }: EventData, order: Order): Promise<Program> {
  const tape = new Tape();
  const mixture = bindMixture(tape, model);
  const nu = tape.parameter("nu", [2]);
  const observed = { x: tape.column("x", [2]), y: y && tape.column("y", [2]) };
  const nll = neg(sumEvents(mixture.logProb(observed, nu)));
  const program = await backend.compile({
    outputs: {
      nll,
      ...(order >= 1 && { gradient: gradient(nll, [nu])[0]! }),
      ...(order >= 2 && { hessian: hessian(nll, nu) }),
    },
  });
  await program.bind({ x, ...(y && { y }) });
  await program.write(parametersOn(tape, model));
  return program;
}

/** Within what f32 makes of sums of so many terms of either sign. */
function check(what: string, got: ArrayLike<number>, wanted: ArrayLike<number>, count: number): void {
  const scale = Math.max(...Array.from(wanted, Math.abs));
  for (let i = 0; i < wanted.length; i++) {
    if (Math.abs(got[i]! - wanted[i]!) <= 1e-3 * Math.sqrt(count) + 1e-5 * scale) continue;
    throw new Error(`${what}: expected the same number with and without what is kept, got ${got[i]} and ${wanted[i]}`);
  }
}

const points = [
  [0.3, -0.4],
  [0.1, 0.2],
];

async function compare(backend: Backend, name: string, model: MixtureModel, data: EventData, orders: readonly Order[]) {
  const { count } = data;
  const kept = await likelihood({ backend, model, data, form: "joint", extended: false });
  const results: object[] = [];
  for (const order of orders) {
    const program = await plain(backend, model, data, order);
    const without = async (nu: readonly number[]) => {
      await program.write({ nu });
      return program.run();
    };
    const keeping = async (nu: readonly number[]) => (await kept.evaluateParts(nu, order)).data;
    const first = await processorTime(() => keeping(points[0]!));
    const firstWithout = await processorTime(() => without(points[0]!));
    for (const nu of points) {
      const [own, wanted] = [await keeping(nu), await without(nu)];
      check(`${name} nll`, [own.nll], wanted.nll!, count);
      if (order >= 1) check(`${name} gradient`, own.gradient!, wanted.gradient!, count);
      if (order >= 2) check(`${name} Hessian`, own.hessian!, wanted.hessian!, count);
    }
    const times: { readonly before: number[]; readonly after: number[] } = { before: [], after: [] };
    for (let round = 0; round < ROUNDS; round++) {
      const nu = points[round % points.length]!;
      times.before.push(await processorTime(() => without(nu)));
      times.after.push(await processorTime(() => keeping(nu)));
    }
    await program.close();
    const [before, after] = [quartiles(times.before), quartiles(times.after)];
    const gain = before.median / after.median;
    console.log(
      `${name}, ${count} events, order ${order}: ${quartilesText(before, 1)} ms -> ${quartilesText(after, 1)} ms, ${gain.toFixed(2)} times;` +
        ` first call ${firstWithout.toFixed(0)} -> ${first.toFixed(0)} ms`,
    );
    results.push({
      name,
      events: count,
      order,
      before: rounded(before),
      after: rounded(after),
      gain: significant(gain),
      firstCallMilliseconds: { before: significant(firstWithout), after: significant(first) },
    });
  }
  const [memory] = (await kept.describe()).split("\n");
  console.log(`  ${memory}`);
  await kept.close();
  return results;
}

const { where, backend, weights, models, dataOf } = await likelihoodModels();
const large = models["published, T fixed"];
const data = dataOf(EVENTS);
const results: object[] = [];
for (const [name, model] of Object.entries(models))
  results.push(...(await compare(backend, name, model, data, [0, 1, 2])));
const { y: _, ...dataOfX } = data;
results.push(...(await compare(backend, "published, x alone", large, dataOfX, [0, 1, 2])));
results.push(...(await compare(backend, "published, T fixed", large, dataOf(MANY_EVENTS), [0])));
await backend.close();
writeResult("scan", where, { weights, results });
