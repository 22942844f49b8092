/** Compositions written as HS³ and read: log L and its gradient have the same bits at any point; what HS³ cannot say is refused. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { parseExpression } from "../../../../inference/expressions/parse.js";
import {
  type CheckedComposition,
  type Composition,
  checkedComposition,
} from "../../../../inference/model/composition/composition.js";
import { drawEvents } from "../../../../inference/model/composition/draw-events.js";
import type { DensityForm } from "../../../../inference/model/densities/densities.js";
import { type Hs3Model, readHs3 } from "../../../../inference/model/hs3/read.js";
import { writeHs3 } from "../../../../inference/model/hs3/write.js";
import type { Parameter } from "../../../../inference/model/parameters/parameter.js";
import { refusal, rejects } from "../../../support/rejects.js";
import { type DensitySample, densitySamples, parameter } from "../densities/samples.js";
import { checkSameLikelihood } from "./same-likelihood.js";

const EVENTS = 20;

/** The sample in a product with densities of the columns that it is conditional on, and of one more where it has no parameter. */
function joint({ composition, density, given: conditions = [{}], isExtended = false }: DensitySample): {
  readonly composition: CheckedComposition;
  readonly density: string;
  readonly isExtended: boolean;
} {
  const checked = checkedComposition(composition);
  const { given } = checked.shape(density);
  const others = given.map((x): [string, DensityForm] => [
    `${x}_alone`,
    checked.classes(x) === undefined
      ? { kind: "gaussian", x, mean: conditions[0]![x]!, sigma: 0.05 }
      : { kind: "bernoulli", x, p: 0.4 },
  ]);
  if (checked.parametersOf(density).length === 0) {
    const [{ name: mean }] = composition.parameters as [Parameter];
    others.push(["extra_alone", { kind: "gaussian", x: "extra", mean, sigma: 1 }]);
  }
  if (others.length === 0) return { composition: checked, density, isExtended };
  const columns = { ...composition.columns, extra: {} };
  const all: Record<string, DensityForm> = {
    ...composition.densities,
    ...Object.fromEntries(others),
    joint: { kind: "product", factors: [density, ...others.map(([name]) => name)] },
  };
  return { composition: checkedComposition({ ...composition, columns, densities: all }), density: "joint", isExtended };
}

async function modelOf(sample: DensitySample): Promise<Hs3Model> {
  const { composition, density, isExtended } = joint(sample);
  const columns = await drawEvents({ composition, density, count: EVENTS, seed: 3, purpose: "hs3" });
  return {
    composition,
    likelihoods: [{ name: "fit", channels: [{ name: "fit", density, sample: "data", isExtended }] }],
    samples: { data: { count: EVENTS, columns } },
  };
}

const throughFile = async (model: Hs3Model) => readHs3(writeHs3(model), { where: "model.json" });

async function checkRoundTrip(model: Hs3Model): Promise<void> {
  const text = writeHs3(model);
  const read = await readHs3(text, { where: "model.json" });
  await checkSameLikelihood(read, model);
  assert.is(writeHs3(read), text, "what is read is written as it was");
}

/** Kinds that HS³ cannot say, and why. */
const REFUSED: Partial<Record<DensityForm["kind"], RegExp>> = {
  categories: /density .*: expected what HS³ can say, got categories: HS³ has no word for it/,
  bernoulli: /got bernoulli: HS³ has no word for it/,
  conditional: /got (?:conditional: HS³ has no word|flow: it is trained)/,
  truncated: /got truncated: HS³ has no word for it: give the column the range instead/,
  ensemble: /got ensemble: HS³ has no word/,
  flow: /got flow: it is trained, and HS³ has formulas alone/,
  morphed: /got (?:morphed|flow): it is trained/,
  transported: /got (?:transported: HS³ has no word|flow: it is trained)/,
};

/** Parts of other densities that HS³ cannot say. */
const ELSEWHERE = /^(?:density|column|function) .*: expected what HS³ can say, got/;

let written = 0;
for (const [kind, samples] of Object.entries(densitySamples)) {
  const why = REFUSED[kind as DensityForm["kind"]];
  for (const sample of samples) {
    test(`${sample.name}: ${why ? "refused, as HS³ cannot say it" : "the same bits through a file of HS³"}`, async () => {
      if (why !== undefined) {
        const { composition, density } = joint(sample);
        const channels = [{ name: "fit", density, sample: "data", isExtended: false }];
        const message = await refusal(() =>
          writeHs3({ composition, likelihoods: [{ name: "fit", channels }], samples: {} }),
        );
        return assert.match(message, why);
      }
      const model = await modelOf(sample);
      try {
        writeHs3(model);
      } catch (error) {
        return assert.match((error as Error).message, ELSEWHERE);
      }
      written++;
      await checkRoundTrip(model);
    });
  }
}

test("all but a few samples of the kinds that HS³ has were written", () => {
  const all = Object.entries(densitySamples).filter(([kind]) => !(kind in REFUSED));
  assert.ok(written >= all.flatMap(([, own]) => own).length - 6, `${written}`);
});

const m = { range: [100, 180] as const };
const events = { m: Float64Array.of(101.5, 110.25, 125.1, 124.9, 125.3, 160) };

async function constrained(): Promise<Composition> {
  return {
    columns: { m },
    parameters: [
      parameter("shift", 0.1, { constraint: { kind: "normal", observed: 0.2, sigma: 1 / 3 } }),
      parameter("efficiency", 0.98, { constraint: { kind: "log-normal", observed: 1, kappa: 1.07 }, range: [0.1, 3] }),
      parameter("rate", 3.2, { constraint: { kind: "poisson", observed: 31, scale: 9.7 } }),
      parameter("one", 1.1, { constraint: { kind: "poisson", observed: 2, scale: 1 } }),
      parameter("kept", 0.3, { isFixed: true, constraint: { kind: "normal", observed: 0.7, sigma: 2 } }),
      parameter("slope", 0.02, { range: [-1, 1] }),
      parameter("alpha", 0.4, { range: [-5, 5] }),
      parameter("untouched", 3),
    ],
    functions: {
      mass: { kind: "sum", summands: [125, "shift", "kept"] },
      signal: { kind: "product", factors: ["rate", "efficiency", "up", "more", "twice"] },
      up: { kind: "log-normal", kappa: 1.1, parameter: "alpha" },
      more: { kind: "interpolation", code: 4, low: 0.9, high: 1.3, parameter: "alpha" },
      twice: { kind: "interpolation", code: 1, low: 0.95, high: 1.03, parameter: "alpha" },
      others: { kind: "expression", expression: await parseExpression("3 * one ^ 2 / (1 + slope) - -slope", "others") },
    },
    densities: {
      peak: { kind: "gaussian", x: "m", mean: "mass", sigma: 1.7 },
      flat: { kind: "exponential", x: "m", c: "slope" },
      both: { kind: "mixture", summands: ["peak", "flat"], coefficients: ["signal", "others"] },
    },
  };
}

async function constrainedModel(isExtended: boolean): Promise<Hs3Model> {
  return {
    composition: checkedComposition(await constrained()),
    likelihoods: [{ name: "fit", channels: [{ name: "fit", density: "both", sample: "data", isExtended }] }],
    samples: { data: { count: 6, columns: events, weights: Float64Array.of(1, 0.5, -0.25, 2, 1 / 3, 1e-3) } },
  };
}

for (const isExtended of [true, false]) {
  test(`constraints, functions, weights ${isExtended ? "and numbers of events" : "without numbers"} come back`, async () => {
    const model = await constrainedModel(isExtended);
    await checkRoundTrip({ ...model, composition: withoutUnused(model.composition) });
  });
}

const withoutUnused = (composition: CheckedComposition) =>
  checkedComposition({ ...composition, parameters: composition.parameters.filter(({ name }) => name !== "untouched") });

test("parameters keep start, range, constraint and whether they are fixed", async () => {
  const model = await constrainedModel(true);
  const { composition, notes } = await throughFile(model);
  const wanted = withoutUnused(model.composition).parameters;
  assert.equal(composition.parameters, wanted);
  assert.equal(notes, []);
});

test("names of constraints give way to names that are there", async () => {
  const composition = checkedComposition({
    columns: { m },
    parameters: [
      parameter("a", 110, { constraint: { kind: "normal", observed: 111, sigma: 2 } }),
      parameter("a_observed", 3),
    ],
    densities: { a_constraint: { kind: "gaussian", x: "m", mean: "a", sigma: "a_observed" } },
  });
  const channels = [{ name: "fit", density: "a_constraint", sample: "data", isExtended: false }];
  await checkRoundTrip({
    composition,
    likelihoods: [{ name: "fit", channels }],
    samples: { data: { count: 6, columns: events } },
  });
});

test("one of several likelihoods is read at a time", async () => {
  const model = await constrainedModel(true);
  const other = { name: "flat", channels: [{ name: "flat", density: "flat", sample: "data", isExtended: false }] };
  const text = writeHs3({ ...model, likelihoods: [...model.likelihoods, other] });
  await rejects(
    readHs3(text, { where: "model.json" }),
    /^model\.json: analyses: expected one of them, or a choice, got 2 \(fit, flat\)\. Choose one: --set analysis=NAME$/,
  );
  const { likelihoods, composition } = await readHs3(text, { where: "model.json", analysis: "flat" });
  assert.equal(likelihoods[0]!.channels[0]!.density, "flat");
  assert.equal(
    composition.parameters.map(({ name }) => name),
    ["slope"],
  );
  await rejects(
    readHs3(text, { where: "model.json", analysis: "flatt" }),
    /analyses: expected one of fit, flat, got "flatt"\. Did you mean flat\?$/,
  );
});

test("what the model of HS³ has no place for is refused", async () => {
  const model = await constrainedModel(true);
  const { composition, likelihoods, samples } = model;
  const withDensity = (name: string, form: DensityForm, parameters = composition.parameters) =>
    checkedComposition({ ...composition, parameters, densities: { ...composition.densities, [name]: form } });
  const fitOf = (density: string) => [
    { name: "fit", channels: [{ name: "fit", density, sample: "data", isExtended: false }] },
  ];
  await rejects(() => writeHs3({ ...model, likelihoods: [] }), /^writeHs3: expected a likelihood, got none$/);
  const given = checkedComposition({
    ...composition,
    columns: { m, t: {} },
    densities: { g: { kind: "gaussian", x: "m", mean: "t", sigma: 1 } },
  });
  await rejects(
    () => writeHs3({ ...model, composition: given, likelihoods: fitOf("g") }),
    /^likelihood fit: expected densities of all columns that they look at, as HS³ has no others, got g of m given t\. Make a product/,
  );
  await rejects(
    () =>
      writeHs3({
        ...model,
        composition: withDensity("mass", { kind: "uniform", x: "m" }),
        likelihoods: [...likelihoods, ...fitOf("mass").map(({ channels }) => ({ name: "other", channels }))],
      }),
    /^density mass: expected a name that no column, parameter or function has, as in HS³, got mass\. Rename it$/,
  );
  const [fit] = likelihoods;
  const both = [fit!.channels[0]!, { ...fit!.channels[0]!, name: "other", isExtended: false }];
  await rejects(
    () => writeHs3({ ...model, likelihoods: [{ name: "fit", channels: both }] }),
    /^density both: expected channels that are all extended, or none: HS³ says it of the density, got both$/,
  );
  await rejects(
    () => writeHs3({ ...model, samples: { data: { count: 1, columns: { m: Float64Array.of(Number.NaN) } } } }),
    /^data data: expected finite numbers, got NaN of m$/,
  );
  assert.ok(samples.data);
});

test.run();
