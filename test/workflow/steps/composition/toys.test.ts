/** One toy of a likelihood of a composition: what it keeps of the data, and what it draws anew. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { referenceBackend } from "../../../../engine/reference/backend.js";
import { type CompositionToys, compositionToys, ToyLane } from "../../../../workflow/steps/composition/toys.js";
import { eventsOf } from "../../composition-sample.js";
import { readAs } from "../../configuration/composition/sources.js";

const analysis = await readAs(`name: Conditional
columns: { m: {}, t: { range: [0, 10] } }
samples: { data: data.npz }
parameters: { slope: 1, n: { start: 40, range: [0, 1000] } }
functions: { mean: { product: [slope, t] } }
densities: { line: { gaussian: { x: m, mean: mean, sigma: 0.5 } }, model: { mixture: { line: n } } }
likelihoods: { shape: { density: line, sample: data }, whole: { density: model, sample: data } }
`);
const t = Array.from({ length: 40 }, (_, i) => 1 + i / 5);
const events = [eventsOf({ m: t.map((own, i) => own + (i % 2 === 0 ? 0.4 : -0.4)), t })];
const backend = referenceBackend();
const { signal } = new AbortController();
const toysOf = (name: string, point: Readonly<Record<string, number>>) => {
  const plan = analysis.likelihoods.find((own) => own.name === name)!;
  return compositionToys({ plan, events }, point, 3, "fit key");
};

/** Toys one after another in one lane. */
async function inLane(toys: CompositionToys, numbers: readonly number[]) {
  const lane = new ToyLane(toys, backend, signal);
  const records = [];
  for (const toy of numbers) records.push(await lane.run(toy));
  await lane.close();
  return records;
}

test("a channel that is not extended keeps the columns of the data: the error, which follows from them alone, is exact", async () => {
  const toys = toysOf("shape", { slope: 1.5 });
  assert.equal(toys.truth, [1.5]);
  const exact = 0.5 / Math.sqrt(t.reduce((sum, own) => sum + own * own, 0));
  for (const { fits, events: count } of await inLane(toys, [0, 1])) {
    const { estimate, sigma, status } = fits.fit!;
    assert.is(status, "converged");
    assert.is(count, 40);
    assert.ok(Math.abs(sigma![0]! / exact - 1) < 1e-9, `${sigma} where ${exact} is right`);
    assert.ok(Math.abs(estimate[0]! - 1.5) < 5 * exact);
  }
});

test("an extended channel draws a number of events, and rows of the columns of the data", async () => {
  const toys = toysOf("whole", { slope: 1, n: 60 });
  const found = await inLane(toys, [0, 1, 2]);
  const counts = found.map(({ events: count }) => count);
  assert.ok(new Set(counts).size > 1, `${counts}`);
  for (const { fits, events: count } of found) {
    const n = toys.plan.composition.parameters.findIndex(({ name }) => name === "n");
    assert.ok(Math.abs(fits.fit!.estimate[n]! - count) < 1e-6 * count);
  }
  const sigmas = found.map(({ fits, events: count }) => fits.fit!.sigma![0]! * Math.sqrt(count));
  assert.ok(new Set(sigmas.map((own) => own.toFixed(6))).size === 3, "rows at random have other columns each time");
});

test("a toy is the same whatever came before it in its lane; toys of other true values have other keys", async () => {
  for (const toys of [toysOf("shape", { slope: 1 }), toysOf("whole", { slope: 1, n: 60 })]) {
    const [first, , again] = await inLane(toys, [4, 2, 4]);
    assert.equal(again, first);
    assert.equal((await inLane(toys, [4]))[0], first);
  }
  const toys = toysOf("shape", { slope: 1 });
  assert.is.not(toysOf("shape", { slope: 2 }).key, toys.key);
});

test.run();
