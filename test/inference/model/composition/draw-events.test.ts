/** Draws of events: seeds, domains and refusals. That events follow their densities is in the laws of densities. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { checkedComposition } from "../../../../inference/model/composition/composition.js";
import { type DrawRequest, drawEvents } from "../../../../inference/model/composition/draw-events.js";
import { rejects } from "../../../support/rejects.js";
import { parameter } from "../densities/samples.js";

const composition = checkedComposition({
  parameters: [parameter("mean", 2), parameter("sigma", 0.5)],
  columns: { m: { range: [1, 4] }, t: {}, pass: { values: [0, 1] } },
  functions: {
    chosen: { kind: "choice", column: "pass", choices: ["mean", 3] },
    centre: { kind: "sum", summands: ["mean", "t"] },
  },
  densities: {
    g: { kind: "gaussian", x: "m", mean: "mean", sigma: "sigma" },
    category: { kind: "gaussian", x: "m", mean: "chosen", sigma: "sigma" },
    each: { kind: "gaussian", x: "m", mean: "centre", sigma: "sigma" },
  },
});

const draw = (more: Partial<DrawRequest> = {}) =>
  drawEvents({ composition, density: "g", count: 50, seed: 1, purpose: "test", ...more });

test("the same request gives the same events, another seed or purpose others", async () => {
  const first = await draw();
  assert.equal(await draw(), first);
  assert.not.equal(await draw({ seed: 2 }), first);
  assert.not.equal(await draw({ purpose: "other" }), first);
});

test("events lie in the range, also where most of the density does not", async () => {
  const { m } = await draw({ point: { mean: 0.2 }, count: 300 });
  assert.is(m!.length, 300);
  assert.ok(m!.every((x) => x >= 1 && x <= 4));
});

test("a point moves the events; no events are no numbers", async () => {
  const at = async (mean: number) => (await draw({ point: { mean, sigma: 1e-6 } })).m!;
  assert.ok((await at(3)).every((x) => Math.abs(x - 3) < 1e-4));
  assert.equal(await draw({ count: 0 }), { m: new Float64Array(0) });
});

test("parameters that are all fixed have their starts", async () => {
  const fixed = [parameter("mean", 3, { isFixed: true }), parameter("sigma", 1e-6, { isFixed: true })];
  const { m } = await draw({ composition: checkedComposition({ ...composition, parameters: fixed }) });
  assert.ok(m!.every((x) => Math.abs(x - 3) < 1e-4));
});

test("each event follows its own given column", async () => {
  const t = Float64Array.from({ length: 50 }, (_, i) => (i % 2) - 0.5);
  const { m } = await draw({ density: "each", given: { t }, point: { sigma: 1e-6 } });
  assert.ok(m!.every((x, i) => Math.abs(x - 2 - t[i]!) < 1e-4));
});

test("what cannot be drawn is refused", async () => {
  const pass = new Float64Array(50).fill(2);
  await rejects(draw({ density: "category", given: { pass } }), /pass of 0, 1, got .*2/);
  await rejects(draw({ density: "each" }), /50 numbers of the given column t, got .*none/);
  await rejects(
    draw({ density: "each", given: { t: new Float64Array(3) } }),
    /50 numbers of the given column t, got .*3/,
  );
  await rejects(
    draw({ point: { mean: -50 }, count: 2 }),
    /a region that events are drawn in, got .*2 of 2 events outside/,
  );
});

test.run();
