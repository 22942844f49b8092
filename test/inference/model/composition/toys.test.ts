/** Toys of a composition: numbers of events, outcomes of auxiliary measurements, and fits whose errors cover. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { cpuBackend } from "../../../../engine/cpu/backend.js";
import { autoregressiveFlow, initialise } from "../../../../flows/architecture/architecture.js";
import { withStandardisation } from "../../../../flows/standardisation.js";
import { checkedComposition } from "../../../../inference/model/composition/composition.js";
import { asimovComposition, drawCompositionToy, expectedEvents } from "../../../../inference/model/composition/toys.js";
import { channelsLikelihood } from "../../../../inference/model/likelihood/channels.js";
import { fitLikelihood } from "../../../../inference/model/likelihood/fit-likelihood.js";
import type { Parameter } from "../../../../inference/model/parameters/parameter.js";
import { chiSquarePValue } from "../../../../inference/statistics/goodness/special-functions.js";
import { rejects } from "../../../support/rejects.js";

const TRUTH = { falling: 300, flat: 200, c: 0.03, efficiency: 0.9 };

/** A falling and a flat spectrum in [0, 100]; the efficiency of the falling one has been measured to 5%. */
const composition = checkedComposition({
  parameters: [
    { name: "falling", start: 280 },
    { name: "flat", start: 220 },
    { name: "c", start: 0.025 },
    { name: "efficiency", start: 0.92, constraint: { kind: "normal", observed: 0.9, sigma: 0.05 } },
  ],
  columns: { m: { range: [0, 100] } },
  functions: { seen: { kind: "product", factors: ["falling", "efficiency"] } },
  densities: {
    steep: { kind: "exponential", x: "m", c: "c" },
    level: { kind: "uniform", x: "m" },
    all: { kind: "mixture", summands: ["steep", "level"], coefficients: ["seen", "flat"] },
    side: { kind: "truncated", density: "all", region: { m: [[50, 100]] } },
  },
});
const channels = [{ name: "events", density: "all", isExtended: true }];

test("a flow has its weights: half of a normal density in the half of its range, expected and drawn", async () => {
  const architecture = autoregressiveFlow({
    features: 1,
    transforms: 1,
    hidden: [4],
    transform: { kind: "affine" },
    standardisation: "input",
  });
  const features = { mean: Float64Array.of(50), standardDeviation: Float64Array.of(10) };
  const weights = withStandardisation(initialise(architecture, 1, { identity: true }), { features });
  const own = checkedComposition({
    parameters: [{ name: "n", start: 400 }],
    columns: { m: { range: [0, 100] } },
    densities: {
      bell: { kind: "flow", of: ["m"], flow: { architecture, weights } },
      all: { kind: "mixture", summands: ["bell"], coefficients: ["n"] },
      above: { kind: "truncated", density: "all", region: { m: [[50, 100]] } },
    },
  });
  const expected = await expectedEvents(own, "above", { n: 300 });
  assert.ok(Math.abs(expected - 150) < 1e-9, `${expected}`);
  const toyChannels = [{ name: "a", density: "above", isExtended: true }];
  const { events } = await drawCompositionToy({ composition: own, channels: toyChannels, point: { n: 300 }, seed: 1 });
  const { m } = events[0]!.columns;
  assert.ok(m!.every((value) => value >= 50 && value <= 100));
  // Five standard deviations.
  assert.ok(Math.abs(m!.length - 150) < 5 * Math.sqrt(150), `${m!.length}`);
});

test("expected events are the sum of the coefficients, and of a region the part that lies there", async () => {
  assert.ok(Math.abs((await expectedEvents(composition, "all", TRUTH)) - 470) < 1e-9);
  // ∫ exp(-0.03 m) from 50 to 100, over that from 0.
  const part = (Math.exp(-1.5) - Math.exp(-3)) / (1 - Math.exp(-3));
  assert.ok(Math.abs((await expectedEvents(composition, "side", TRUTH)) - (270 * part + 100)) < 1e-9);
});

test("expected events of densities that look at a column; none of a region whose part is another for each event", async () => {
  const own = checkedComposition({
    ...composition,
    columns: { ...composition.columns, pass: { values: [0, 1] } },
    functions: { ...composition.functions, slope: { kind: "choice", column: "pass", choices: [0.01, 0.05] } },
    densities: { ...composition.densities, steep: { kind: "exponential", x: "m", c: "slope" } },
  });
  assert.ok(Math.abs((await expectedEvents(own, "all", TRUTH)) - 470) < 1e-9);
  await rejects(expectedEvents(own, "side", TRUTH), /density side: expected numbers of events that look at no column/);
});

test("Asimov outcomes are those of the point; a toy does not change the composition that it is drawn from", async () => {
  const [own] = asimovComposition(composition, { efficiency: 0.8 }).parameters.slice(-1);
  assert.equal(own!.constraint, { kind: "normal", observed: 0.8, sigma: 0.05 });
  await drawCompositionToy({ composition, channels, point: TRUTH, seed: 1 });
  assert.equal(composition.parameters.at(-1)!.constraint, { kind: "normal", observed: 0.9, sigma: 0.05 });
});

test("a point names free parameters: none that is not there, and no other value of a fixed one", async () => {
  const own = checkedComposition({
    ...composition,
    parameters: composition.parameters.map((p) => (p.name === "efficiency" ? { ...p, isFixed: true } : p)),
  });
  const moved = { efficiency: 0.8 };
  await rejects(expectedEvents(own, "all", moved), /point: expected efficiency = 0\.92, where it is fixed, got 0\.8/);
  await rejects(drawCompositionToy({ composition: own, channels, point: moved, seed: 1 }), /where it is fixed/);
  await rejects(() => asimovComposition(own, moved), /where it is fixed/);
  await rejects(
    expectedEvents(composition, "all", { eficiency: 0.8 }),
    /point: expected parameters .* got "eficiency"/,
  );
});

test("toys of an auxiliary count at 0 begin where the fit may be, and numbers of events below 0 are refused", async () => {
  const own = checkedComposition({
    parameters: [{ name: "b", start: 0, constraint: { kind: "poisson", observed: 0, scale: 2 } }],
    columns: { m: { range: [0, 1] } },
    densities: { u: { kind: "uniform", x: "m" }, all: { kind: "mixture", summands: ["u"], coefficients: ["b"] } },
  });
  const toy = await drawCompositionToy({ composition: own, channels, point: { b: 5 }, seed: 3 });
  const [{ start, constraint }] = toy.composition.parameters as [Required<Parameter>];
  assert.ok(constraint.observed > 0);
  assert.is(start, constraint.observed / 2);
  const [parameter] = own.parameters;
  const narrow = checkedComposition({ ...own, parameters: [{ ...parameter!, range: [0, 1] }] });
  const limited = await drawCompositionToy({ composition: narrow, channels, point: { b: 5 }, seed: 3 });
  assert.is(limited.composition.parameters[0]!.start, 1, "its range goes before what was counted");
  const none = await drawCompositionToy({ composition: own, channels, seed: 3 });
  assert.equal([none.events[0]!.count, none.composition.parameters[0]!.constraint!.observed], [0, 0]);
  await rejects(
    expectedEvents(own, "all", { b: -1 }),
    /density all: expected a number of events of at least 0, got -1/,
  );
});

const TOYS = 100;

test(`${TOYS} toys: counts are Poisson, and pulls of all parameters are standard normal, seeds 1 to ${TOYS}, false alarm below 1e-4`, async () => {
  const backend = await cpuBackend({ precision: "f64", threads: 1 });
  const truth = [TRUTH.falling, TRUTH.flat, TRUTH.c, TRUTH.efficiency];
  const pulls: number[][] = truth.map(() => []);
  let counted = 0;
  try {
    for (let seed = 1; seed <= TOYS; seed++) {
      const toy = await drawCompositionToy({ composition, channels, point: TRUTH, seed });
      const [data] = toy.events;
      counted += data!.count;
      const bound = channels.map((channel) => ({ ...channel, data: data! }));
      const likelihood = await channelsLikelihood({ backend, composition: toy.composition, channels: bound });
      const { status, estimate, covariance } = await fitLikelihood(likelihood, { start: truth });
      await likelihood.close();
      assert.is(status, "converged", `seed ${seed}`);
      // In c the fit is not quite linear; the efficiency is known from its own measurement alone.
      for (const [k, own] of pulls.entries()) own.push((estimate.values[k]! - truth[k]!) / covariance!.sigma[k]!);
    }
  } finally {
    await backend.close();
  }
  // 3.9 standard deviations: 1e-4.
  assert.ok(Math.abs(counted - 470 * TOYS) < 3.9 * Math.sqrt(470 * TOYS), `${counted} events`);
  for (const [k, own] of pulls.entries()) {
    const squares = own.reduce((sum, pull) => sum + pull * pull, 0);
    const pValue = Math.min(1, 2 * Math.min(chiSquarePValue(squares, TOYS), 1 - chiSquarePValue(squares, TOYS)));
    assert.ok(pValue > 1e-4, `parameter ${k}: sum of squared pulls ${squares} of ${TOYS}`);
  }
});

test.run();
