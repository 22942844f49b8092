/** Variations of the same events: the control variate, its weight, and what it takes away of the noise of a training. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  type Anchor,
  adamw,
  anchorSets,
  autoregressiveFlow,
  bindFactorizableFlow,
  cpuBackend,
  exp,
  factorizableFlow,
  fillNormal,
  gradient,
  initialise,
  initialMorph,
  morphStages,
  morphTraining,
  mul,
  named,
  neg,
  randomKey,
  referenceBackend,
  type SimulatedEvents,
  square,
  stageSamples,
  sub,
  sumEvents,
  Tape,
  train,
  trainingSample,
} from "../../../../index.js";
import { controlWeight, hasPairs, ratioExcess, withControl } from "../../../../inference/model/training/pairs.js";
import { close } from "../../../support/close.js";

const exact = { absolute: 1e-12, relative: 1e-12 };

function normals(count: number, purpose: string): Float64Array {
  const values = new Float64Array(count);
  fillNormal(randomKey(5, purpose), 0, values);
  return values;
}

async function valuesOf(
  make: (tape: Tape) => Record<string, ReturnType<typeof sumEvents>>,
  columns: Record<string, Float64Array>,
  parameters: Record<string, ArrayLike<number>>,
) {
  const tape = new Tape();
  const program = await referenceBackend().compile({ outputs: make(tape) });
  await program.bind(columns);
  await program.write(parameters);
  const values = await program.run();
  await program.close();
  return values as unknown as Record<string, Float64Array>;
}

test("r - 1 of log r, and its tangent at e³ beyond", async () => {
  const at = async (logRatio: number) => {
    const found = await valuesOf(
      (tape) => {
        const l = tape.parameter("l");
        const excess = ratioExcess(l);
        return { excess, slope: gradient(excess, [l])[0]! };
      },
      {},
      { l: [logRatio] },
    );
    return [found.excess![0], found.slope![0]] as number[];
  };
  close(await at(-0.7), [Math.exp(-0.7) - 1, Math.exp(-0.7)], exact);
  close(await at(1e-9), [1e-9 + 0.5e-18, 1 + 1e-9], exact);
  close(await at(5), [3 * Math.exp(3) - 1, Math.exp(3)], exact);
  close(await at(500), [498 * Math.exp(3) - 1, Math.exp(3)], exact);
});

test("the mean of r over the nominal density is 1 whatever the morphed one is: its gradient is 0", async () => {
  // Trapezoids on ±8: for a normal density their error is far below rounding. The morphed one is N(a, e^2s).
  const x = Float64Array.from({ length: 1601 }, (_, i) => -8 + 0.01 * i);
  const w = x.map((value) => (0.01 * Math.exp(-0.5 * value ** 2)) / Math.sqrt(2 * Math.PI));
  const of = (a: number, s: number) =>
    valuesOf(
      (tape) => {
        const events = tape.events("e");
        const [column, weight] = [tape.column("x", [], events), tape.column("w", [], events)];
        const [shift, scale] = [tape.parameter("a"), tape.parameter("s")];
        const z = mul(sub(column, shift), exp(neg(scale)));
        const logRatio = sub(sub(mul(square(column), 0.5), mul(square(z), 0.5)), scale);
        const loss = sumEvents(mul(weight, ratioExcess(logRatio)));
        const [ofShift, ofScale] = gradient(loss, [shift, scale]);
        return { loss, ofShift: ofShift!, ofScale: ofScale! };
      },
      { x, w },
      { a: [a], s: [s] },
    );
  // Log r reaches 3 beyond seven standard deviations only: 1e-9 of probability times the size of the score.
  for (const [a, s] of [
    [0.1, 0],
    [-0.2, -0.1],
    [0.05, 0.02],
  ] as const) {
    const { loss, ofShift, ofScale } = await of(a, s);
    close([loss![0]!, ofShift![0]!, ofScale![0]!], [0, 0, 0], { absolute: 1e-7, relative: 0 });
  }
});

const sampleOf = (at: number, x: Float64Array, weights?: Float64Array, nominal?: SimulatedEvents): SimulatedEvents => ({
  process: 0,
  at: [at],
  count: x.length,
  x,
  ...(weights && { weights }),
  ...(nominal && { nominal }),
});

test("the weight of the control variate: e^(-δ²) / (1 + δ²) for a displacement by δ, and for weights of that variance", () => {
  const x = normals(40_000, "control");
  const nominal = sampleOf(0, x);
  const of = (squared: number) => Math.exp(-squared) / (1 + squared);
  for (const delta of [0.01, 0.3, 2]) {
    // The variance of 40 000 numbers is known to 0.7 %, and with it δ².
    const found = controlWeight(
      sampleOf(
        1,
        x.map((value) => 7 * (value + delta)),
        undefined,
        sampleOf(
          0,
          x.map((value) => 7 * value),
        ),
      ),
      "x",
    );
    close([found], [of(delta ** 2)], { absolute: 0.03 * delta ** 2, relative: 0 });
  }
  const weights = x.map((_, i) => (i % 2 === 0 ? 1.2 : 0.8));
  close([controlWeight(sampleOf(1, x, weights, nominal), "x")], [of(0.04)], exact);
  // A factor on all weights is no change of the density.
  const doubled = weights.map((value) => 2 * value);
  assert.is(controlWeight(sampleOf(1, x, doubled, sampleOf(0, x, weights)), "x"), 1);
  assert.is(controlWeight(nominal, "x"), 0);
  // A feature that repeats another has no density.
  const twice = Float64Array.from([...x, ...x]);
  const double = { ...nominal, x: twice };
  assert.is(controlWeight({ ...double, nominal: double }, "x"), 0);
});

test("a density that is conditional on x sees of a displacement what x does not explain, in its own width", () => {
  const [x, e] = [normals(40_000, "x"), normals(40_000, "e")];
  const y = x.map((value, i) => value + 0.1 * e[i]!);
  const nominal = { ...sampleOf(0, x), y };
  const moved = (dx: number, dy: number): SimulatedEvents => ({
    ...sampleOf(
      1,
      x.map((value) => value + dx),
      undefined,
      nominal,
    ),
    y: y.map((value) => value + dy),
    nominal,
  });
  // Both by 0.3: y given x stays. y alone by 0.05: half of its width.
  close([controlWeight(moved(0.3, 0.3), "y")], [1], { absolute: 1e-3, relative: 0 });
  close([controlWeight(moved(0, 0.05), "y")], [Math.exp(-0.25) / 1.25], { absolute: 0.01, relative: 0 });
  // One feature of x that is the same for all explains nothing: y moves by half of the width that it has without x.
  const constant = { ...sampleOf(0, new Float64Array(x.length).fill(3)), y: e };
  const half = { ...constant, at: [1], y: e.map((value) => value + 0.5), nominal: constant };
  close([controlWeight(half, "y")], [Math.exp(-0.25) / 1.25], { absolute: 0.01, relative: 0 });
});

/** A nominal flow that is N(0, 1) of one feature, and a morph of it with one nuisance. */
const NOMINAL_FLOW = autoregressiveFlow({
  features: 1,
  context: 1,
  hidden: [2],
  transforms: 1,
  transform: { kind: "affine" },
  standardisation: "input",
});
const nominalModel = { architecture: NOMINAL_FLOW, weights: initialise(NOMINAL_FLOW, 1, { identity: true }) };
const MORPH = factorizableFlow({
  features: 1,
  context: 1,
  hidden: [4],
  layers: 1,
  nuisances: [{ nominal: 0, linearOnly: true }],
  standardisation: "both",
});
const SHAPES = [{ name: "shift", nominal: 0 }];
const ANCHORS: Anchor[] = [
  { process: 0, at: [0] },
  { process: 0, at: [1] },
];
const [STAGE] = morphStages(anchorSets(ANCHORS, SHAPES), []);
const SET = STAGE!.sets[0]!.name;
const initial = {
  ...named("x.nominal", nominalModel.weights),
  ...named("x.systematics", initialMorph(MORPH, ["shift"], nominalModel, 1).weights),
};
const SIZES = { processes: 1, shapes: 1, x: 1, y: 0 };
const model = (controlled: readonly string[]) =>
  morphTraining({
    of: "x",
    nominal: NOMINAL_FLOW,
    morph: MORPH,
    stage: STAGE!,
    controlled,
    sizes: SIZES,
    optimiser: adamw({ learningRate: 0.01, weightDecay: 0 }),
  });

function setOf(varied: SimulatedEvents, unmoved: readonly SimulatedEvents[] = []) {
  const parts = stageSamples(STAGE!, [varied], SHAPES)[SET]!;
  const sample = trainingSample(SET, parts, "x", 1, { precision: "f64" });
  return withControl(SET, sample, parts, "x", { precision: "f64" }, unmoved);
}

const DELTA = 0.1;

test("at the identity the variance of the gradient is that of the difference of a pair: 4 δ² / 3 of that of a sample", async () => {
  const samples = 300;
  const count = 200;
  /** Gradients in all weights of the morph, [sample][weight]. */
  const gradientsOf = async (controlled: readonly string[]) => {
    const tape = new Tape();
    const { loss, trainable } = model(controlled)(tape, { [SET]: count });
    const parameters = trainable[0]!.parameters;
    const outputs = Object.fromEntries(gradient(loss, parameters).map((own, i) => [`g${i}`, own]));
    const program = await referenceBackend().compile({ outputs });
    const names = new Set(
      tape.nodes.flatMap(({ operation }) => (operation.name === "parameter" ? [operation.label] : [])),
    );
    await program.write(Object.fromEntries(Object.entries(initial).filter(([name]) => names.has(name))));
    const all: number[][] = [];
    for (let k = 0; k < samples; k++) {
      const x = normals(count, `gradient/${k}`);
      const { columns } = setOf(
        sampleOf(
          1,
          x.map((value) => value + DELTA),
          undefined,
          sampleOf(0, x),
        ),
      );
      const seen = new Set(
        tape.nodes.flatMap(({ operation }) => (operation.name === "column" ? [operation.label] : [])),
      );
      await program.bind(Object.fromEntries(Object.entries(columns).filter(([name]) => seen.has(name))));
      const values = (await program.run()) as unknown as Record<string, Float64Array>;
      all.push(Object.keys(outputs).flatMap((name) => Array.from(values[name]!)));
    }
    await program.close();
    return all;
  };
  const statistics = (all: readonly number[][]) => {
    const means = all[0]!.map((_, j) => all.reduce((sum, own) => sum + own[j]!, 0) / samples);
    const variance = means.reduce(
      (sum, mean, j) => sum + all.reduce((own, g) => own + (g[j]! - mean) ** 2, 0) / samples,
      0,
    );
    return { means, variance };
  };
  const [pairs, alone] = [statistics(await gradientsOf([SET])), statistics(await gradientsOf([]))];
  // Of shift and log scale: 1 + 2 for a sample. For a pair (1 - c)² (1 + 2), of order δ⁴, and (x + δ)² - x² = 2 δ x + δ², 4 δ².
  // A variance of 300 numbers is known to 8 %, the ratio of two to 12 %: a third is three standard deviations.
  const expected = (4 * DELTA ** 2) / 3;
  assert.ok(
    Math.abs(pairs.variance / alone.variance / expected - 1) < 0.35,
    `${pairs.variance / alone.variance} ${expected}`,
  );
  // The same gradient in the mean, to the error of the mean of those alone, 4 standard deviations.
  const size = Math.hypot(...pairs.means.map((mean, j) => mean - alone.means[j]!));
  assert.ok(size < 4 * Math.sqrt(alone.variance / samples), `${size}`);
});

/** Where the trained morph takes 0 and 1 at ν = 1, at the end of 40 epochs. */
async function trained(
  varied: SimulatedEvents,
  controlled: readonly string[],
  unmoved: readonly SimulatedEvents[] = [],
): Promise<readonly number[]> {
  const backend = await cpuBackend({ precision: "f64", threads: 1 });
  const request = { backend, model: model(controlled), initial, data: { [SET]: setOf(varied, unmoved) } };
  const { parameters } = await train({ ...request, batch: 500, epochs: 40, averaged: 0.5, seed: 1, purpose: "pairs" });
  await backend.close();
  const { value } = await valuesOf(
    (tape) => {
      const flow = bindFactorizableFlow(tape, MORPH, "x.systematics");
      const context = tape.constant([1], [1]);
      return { value: flow.toNominal(tape.constant([0, 1], [2, 1]), context, tape.constant([1])).value };
    },
    {},
    Object.fromEntries(Object.entries(parameters).filter(([name]) => name.startsWith("x.systematics"))),
  );
  return Array.from(value!);
}

test("a shift far below the fluctuation of the sample is learnt, with weights of both signs; an independent sample hides it", async () => {
  const delta = 0.02;
  const count = 2000;
  const x = normals(count, "training");
  const weights = x.map((_, i) => (i % 5 === 0 ? -0.5 : 1));
  const nominal = sampleOf(0, x, weights);
  const varied = sampleOf(
    1,
    x.map((value) => value + delta),
    weights,
    nominal,
  );
  // √Σw² / Σw = 0.029 is the error of the mean of the sample, 0.02 that of its width: the tolerance is a tenth of it.
  close(await trained(varied, [SET]), [-delta, 1 - delta], { absolute: 0.003, relative: 0 });
  const [alone] = await trained(varied, []);
  assert.ok(Math.abs(alone! + delta) > 0.003, `${alone}`);
});

test("what is wrong with the nominal density is not mended by the morph where nominal events are beside those of its own", async () => {
  // The nominal flow is N(0, 1); nominal events are N(0.15, 1), varied ones N(0.15 + 0.05, 1).
  const count = 20_000;
  const shifted = (purpose: string, by: number) => normals(count, purpose).map((value) => value + by);
  const [nominal, varied] = [sampleOf(0, shifted("wrong/0", 0.15)), sampleOf(1, shifted("wrong/1", 0.2))];
  // The difference of two means of 20 000 is known to 0.01, the ratio of two widths to 0.007: 4 standard deviations, and what the ratio of
  // densities off the true one adds to either, of second order: 0.15 of the shift and of the scale.
  const [zero, one] = (await trained(varied, [SET], [nominal])) as [number, number];
  close([zero], [-0.05], { absolute: 0.048, relative: 0 });
  close([one - zero], [1], { absolute: 0.035, relative: 0 });
  // Without them it takes the varied events to where the nominal density has them.
  const [alone] = await trained(varied, []);
  close([alone!], [-0.2], { absolute: 0.03, relative: 0 });
});

test("the weight of nominal events beside those of their own: by the distance of means and widths, and less of many", () => {
  const of = (squared: number) => Math.exp(-squared) / (1 + squared);
  const count = 40_000;
  const values = normals(count, "own");
  const weightOf = (varied: SimulatedEvents, unmoved: readonly SimulatedEvents[]) => {
    const { columns } = setOf(varied, unmoved);
    return Array.from(columns[`${SET}/control weight`]!).reduce((sum, own) => sum + own, 0) / varied.count;
  };
  const nominal = sampleOf(
    0,
    values.map((value) => 5 + 3 * value),
  );
  // The same events, so that δ is that of a shift by 0.4 and a width of 1.3, but for the mean and width of the sample, 0.5% away.
  const varied = sampleOf(
    1,
    values.map((value) => 5 + 3 * (0.4 + 1.3 * value)),
  );
  close([weightOf(varied, [nominal])], [of(0.4 ** 2 + 0.3 ** 2)], { absolute: 0.01, relative: 0 });
  const unchanged = sampleOf(
    1,
    values.map((value) => 5 + 3 * value),
  );
  close([weightOf(unchanged, [nominal])], [1], { absolute: 1e-3, relative: 0 });
  // Four times as many nominal events, in two files with weights in one of them: a quarter.
  const many = sampleOf(
    0,
    new Float64Array(3 * count).map((_, i) => nominal.x[i % count]!),
  );
  const weighted = sampleOf(0, nominal.x as Float64Array, new Float64Array(count).fill(2));
  close([weightOf(unchanged, [many, weighted])], [0.25], { absolute: 1e-3, relative: 0 });
  // Fewer nominal than varied events: some of them twice.
  const few = sampleOf(0, (nominal.x as Float64Array).slice(0, count / 2));
  const { columns } = setOf(unchanged, [few]);
  close(
    Array.from(columns[`${SET}/nominal x`]!.subarray(0, 4)),
    Array.from([0, 0, 1, 1], (i) => few.x[i]!),
    exact,
  );
  // Three varied events see three of six nominal ones, whose weights add up to 0: they do not count.
  const signs = sampleOf(0, Float64Array.of(1, 2, 3, 4, 5, 6), Float64Array.of(1, 1, 1, 1, -2, 1));
  const three = setOf(sampleOf(1, Float64Array.of(1, 2, 3)), [signs]);
  assert.equal(Array.from(three.columns[`${SET}/control weight`]!), [0, 0, 0]);
  // Of another process: no control.
  assert.is(columns[`${SET}/control weight`]!.length, count);
  assert.equal(Object.keys(setOf(unchanged, [{ ...nominal, process: 1 }]).columns).length, 4);
});

test("samples of their own stay as they are without nominal ones", () => {
  const own = sampleOf(1, normals(10, "own"));
  assert.is(hasPairs([own]), false);
  assert.equal(
    Object.keys(setOf(own).columns).sort(),
    ["nu", "process", "weight", "x"].map((name) => `${SET}/${name}`),
  );
});

test("beside pairs, events of their own stand for themselves without weight; those of pairs have c times the weights of nominal ones", () => {
  const nominal = sampleOf(0, Float64Array.of(1, 2, 4), Float64Array.of(1, 1, 2));
  const pairs = sampleOf(1, Float64Array.of(1.5, 2, 4), Float64Array.of(2, 2, 4), nominal);
  const own = sampleOf(1, Float64Array.of(7, 8), Float64Array.of(3, 1));
  const parts = [pairs, own];
  const sample = trainingSample(SET, parts, "x", 1, { precision: "f64" });
  const { columns } = withControl(SET, sample, parts, "x", { precision: "f64" });
  assert.equal(Array.from(columns[`${SET}/nominal x`]!), [1, 2, 4, 7, 8]);
  const c = controlWeight(pairs, "x");
  assert.ok(c > 0.5 && c < 1);
  // Together 12 of weight for 5 events; f32.
  const scale = (5 / 12) * 8 * (c / 4);
  close(Array.from(columns[`${SET}/control weight`]!), [scale, scale, 2 * scale, 0, 0], {
    absolute: 1e-7,
    relative: 1e-6,
  });
});

test.run();
