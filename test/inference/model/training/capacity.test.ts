/** Morphs of less capacity: the same density in the larger architecture, and the loss that compares them. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { normalQuantile } from "../../../../engine/random/random.js";
import { validationProgram } from "../../../../flows/training/training-program.js";
import {
  anchorSets,
  autoregressiveFlow,
  bindFactorizableFlow,
  type FactorizableArchitecture,
  factorizableFlow,
  fillNormal,
  initialise,
  morphStages,
  type NamedMorph,
  named,
  randomKey,
  referenceBackend,
  Tape,
  tensorSpecs,
  trainingSample,
} from "../../../../index.js";
import {
  effectLoss,
  embedded,
  nominalAtAnchors,
  simplerMorph,
  withoutQuadratic,
  withQuadraticPart,
} from "../../../../inference/model/training/capacity.js";
import { movedFlow } from "../../../../inference/model/training/moved-density.js";
import { close } from "../../../support/close.js";

const exact = { absolute: 1e-12, relative: 1e-12 };
const SPLINE = { kind: "spline", bins: 3, bound: 5 } as const;

const wholeOf = (linearOnly: boolean, features = 3) =>
  factorizableFlow({
    features,
    context: 2,
    hidden: [16, 20],
    layers: 2,
    nuisances: [{ linearOnly, nominal: 0.5 }],
    activation: "silu",
    spline: SPLINE,
    standardisation: "both",
    classes: 2,
  });

/** Every weight a random number: nothing is at its start or 0, but where the mask of a layer has no weight. */
function randomMorph(architecture: FactorizableArchitecture, purpose: string): NamedMorph {
  const weights = tensorSpecs(architecture).map((spec) => {
    const data = new Float64Array(spec.shape.reduce((a, b) => a * b, 1));
    fillNormal(randomKey(4, `${purpose}/${spec.name}`), 0, data);
    const isScale = spec.name.endsWith(".scale");
    return [
      spec.name,
      { shape: spec.shape, data: data.map((value) => (isScale ? Math.exp(0.3 * value) : 0.3 * value)) },
    ] as const;
  });
  return { architecture, names: ["a"], weights: new Map(weights) };
}

/** Where a morph takes points at ν, and its log determinants. */
async function moved({ architecture, weights }: NamedMorph, nu: number) {
  const count = 40;
  const tape = new Tape();
  const events = tape.events("e");
  const [x, context] = [tape.column("x", [architecture.features], events), tape.column("c", [2], events)];
  const flow = bindFactorizableFlow(tape, architecture, "m");
  const { value, logDet } = flow.toNominal(x, context, tape.parameter("nu", [1]));
  const program = await referenceBackend().compile({ outputs: { value, logDet } });
  const features = new Float64Array(architecture.features * count);
  fillNormal(randomKey(4, "points"), 0, features);
  const oneHot = Float64Array.from({ length: 2 * count }, (_, i) => Number(i % 2 === Math.floor(i / count)));
  await program.bind({ x: features, c: oneHot });
  await program.write({ ...named("m", weights), nu: [nu] });
  const found = await program.run();
  await program.close();
  return [...found.value!, ...found.logDet!];
}

test("the simpler morph is affine and linear with two units per degree, and nothing is simpler than that", () => {
  const simpler = simplerMorph(wholeOf(false), 2)!;
  assert.is(simpler.spline, undefined);
  assert.is(simpler.layers.length, 1);
  assert.equal(simpler.layers[0]!.hidden, [
    [2, 2, 2],
    [2, 2, 2],
  ]);
  assert.equal(simpler.nuisances, [{ nominal: 0.5, scale: 1, linearOnly: true }]);
  assert.is(simplerMorph(simpler, 2), undefined);
  assert.equal(simplerMorph(wholeOf(false), 2, "simple-quadratic")!.nuisances, [
    { nominal: 0.5, scale: 1, linearOnly: false },
  ]);
  assert.equal(
    simplerMorph(wholeOf(true), 2, "simple-quadratic")!.nuisances,
    simpler.nuisances,
    "one side tells no quadratic terms",
  );
  // A spline of each feature, as large as configured, where there is one.
  const withSpline = simplerMorph(wholeOf(false), 2, "simple-spline")!;
  assert.equal([withSpline.spline, withSpline.nuisances], [SPLINE, simpler.nuisances]);
  assert.equal(withSpline.layers, simpler.layers);
  assert.is(simplerMorph(simpler, 2, "simple-spline"), undefined);
  // Of four processes each has constants of its own.
  assert.equal(simplerMorph(wholeOf(false), 4)!.layers[0]!.hidden[0], [4, 4, 4]);
});

for (const [linearOnly, kind] of [
  [false, "simple"],
  [true, "simple"],
  [false, "simple-quadratic"],
  [false, "simple-spline"],
  [true, "simple-spline"],
] as const) {
  test(`a simple morph is the same map in the larger architecture, ${linearOnly ? "one" : "two"}-sided, ${kind}`, async () => {
    for (const features of [1, 3]) {
      const random = randomMorph(wholeOf(linearOnly, features), "whole");
      // As a training begins: last layers are 0.
      const begins = [...random.weights].map(
        ([name, { shape, data }]) =>
          [name, { shape, data: /\.2\.(weight|bias)$/.test(name) ? data.map(() => 0) : data }] as const,
      );
      const whole = { ...random, weights: new Map(begins) };
      const drawn = randomMorph(simplerMorph(whole.architecture, 2, kind)!, "small");
      const frame = [...whole.weights].filter(([name]) => name.startsWith("standardisation."));
      const small = { ...drawn, weights: new Map([...drawn.weights, ...frame]) };
      const placed = embedded(small, whole.architecture, whole.weights);
      for (const nu of [0.5, 1.5, -1]) close(await moved(placed, nu), await moved(small, nu), exact);
      assert.not.equal(await moved(small, 1.5), await moved(small, 0.5));
      if (kind === "simple-quadratic")
        assert.not.equal(await moved(withoutQuadratic(placed), 1.5), await moved(small, 1.5));
      // Units that it does not have may still be trained.
      const unused = placed.weights.get("transforms.0.nuisances.0.0.weight")!.data;
      assert.ok(unused.filter((value) => value !== 0).length > 6 * (1 + features));
    }
  });
}

test("without quadratic terms a morph is that of its linear outputs", async () => {
  const whole = randomMorph(wholeOf(false), "whole");
  const linear = wholeOf(true);
  const specs = new Map(tensorSpecs(linear).map((spec) => [spec.name, spec]));
  const perTerm = specs.get("transforms.0.nuisances.0.2.bias")!.shape[0]! / 3;
  // s and t, then what the spline has, of each power.
  const kept = [0, 2, ...Array.from({ length: perTerm - 2 }, (_, i) => 4 + i)];
  const weights = [...specs].map(([name, { shape }]) => {
    const source = whole.weights.get(name)!;
    if (!/\.2\.(weight|bias)$/.test(name)) return [name, source] as const;
    const perRow = source.data.length / (3 * 2 * perTerm);
    const data = Float64Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => {
      const row = Math.floor(i / perRow);
      const [feature, output] = [Math.floor(row / perTerm), row % perTerm];
      return source.data[(feature * 2 * perTerm + kept[output]!) * perRow + (i % perRow)]!;
    });
    return [name, { shape, data }] as const;
  });
  const selected: NamedMorph = { architecture: linear, names: ["a"], weights: new Map(weights) };
  for (const nu of [1.5, -0.5]) close(await moved(withoutQuadratic(whole), nu), await moved(selected, nu), exact);
  assert.not.equal(await moved(whole, 1.5), await moved(selected, 1.5));
});

test("a part of the quadratic terms: straight lines take the place of the rest", async () => {
  const { architecture, ...morph } = randomMorph(simplerMorph(wholeOf(false), 2, "simple-quadratic")!, "small");
  const whole = { ...morph, architecture: { ...architecture, quadraticDamping: 0.3 } };
  const slope = 0.7;
  const at = (part: number, nu: number) => moved(withQuadraticPart(whole, part, slope), nu);
  for (const nu of [1.5, -0.5]) close(await at(1, nu), await moved(whole, nu), exact);
  // b u² and b u `slope` are the same at u = `slope`, whatever the parts; log determinants are linear in the part.
  close(await at(0.4, 0.5 + slope), await moved(whole, 0.5 + slope), exact);
  for (const nu of [1.5, -0.5]) {
    const logDets = await Promise.all([0, 0.25, 1].map(async (part) => (await at(part, nu)).slice(-40)));
    const between = logDets[0]!.map((none, i) => 0.75 * none + 0.25 * logDets[2]![i]!);
    close(logDets[1]!, between, exact);
    assert.not.equal(logDets[0], logDets[2]);
  }
  const none = withQuadraticPart(whole, 0, 0);
  close(await moved(none, 1.5), await moved(withoutQuadratic(whole), 1.5), exact);
});

const COUNT = 4000;
const normal = (mean: number) =>
  Float64Array.from({ length: COUNT }, (_, i) => mean + normalQuantile((i + 0.5) / COUNT));

/** The loss of a morph that shifts by `by` ν, for samples of N(mean, 1) at ν = 0 and N(varied, 1) at ν = 1; p_0 is N(0, 1). */
async function lossOf(by: number, mean: number, varied: number): Promise<number> {
  const common = { features: 1, context: 1, hidden: [2] } as const;
  const nominal = autoregressiveFlow({ ...common, transforms: 1, transform: { kind: "affine" } });
  const morph = factorizableFlow({ ...common, layers: 1, nuisances: [{ linearOnly: true }] });
  const weights = initialise(morph, 1);
  const bias = "transforms.0.nuisances.0.1.bias";
  const shifted = new Map(weights).set(bias, { shape: [2], data: Float64Array.of(0, -by) });
  const anchors = [{ process: 0, at: [1] }];
  const [stage] = morphStages(anchorSets(anchors, [{ name: "a", nominal: 0 }]), []);
  const name = stage!.sets[0]!.name;
  const events = (x: Float64Array, at: number) => ({ process: 0, at: [at], count: COUNT, x });
  const moving = [events(normal(varied), 1)];
  const numbers = { precision: "f64" } as const;
  const samples = {
    [name]: trainingSample(name, moving, "x", 1, numbers),
    nominal: trainingSample("nominal", nominalAtAnchors(moving, [events(normal(mean), 0)]), "x", 1, numbers),
  };
  const sizes = { processes: 1, shapes: 1, x: 1, y: 0 };
  const model = effectLoss({ of: "x", moved: movedFlow("x", nominal), morph, stage: stage!, sizes });
  const initial = {
    ...named("x.nominal", initialise(nominal, 1, { identity: true })),
    ...named("x.systematics", shifted),
  };
  const { program } = await validationProgram(referenceBackend(), model, samples, initial);
  const { loss } = await program.run();
  await program.close();
  return loss![0]!;
}

test("the loss of the right morph is minus the relative entropy, and what is wrong with p_0 gains nothing", async () => {
  // Quantiles have the moments of the distribution to a part of 1e-3 in the tails.
  const tolerance = { absolute: 2e-4, relative: 2e-2 };
  close([await lossOf(0, 0, 0.2)], [0], exact);
  close([await lossOf(0.2, 0, 0.2)], [-0.5 * 0.04], tolerance);
  // -E_ν[log r] + E_0[r - 1] of log r = by x - by²/2.
  close([await lossOf(0.1, 0, 0.2)], [-(0.02 - 0.005)], tolerance);
  // Both samples are where p_0 is not: the mean of log p(x | ν) would gain 0.045 by a shift there.
  const expected = (by: number) => -(by * 0.3 - by ** 2 / 2) + Math.expm1(by * 0.3);
  close([await lossOf(0.3, 0.3, 0.3)], [expected(0.3)], tolerance);
  assert.ok(expected(0.3) > 0.04);
});

test("nominal events stand at each point of their own process", () => {
  const events = (process: number, at: number) => ({ process, at: [at], count: 1, x: Float64Array.of(process) });
  const found = nominalAtAnchors(
    [events(0, 1), events(0, -1), events(0, 1), events(1, 2)],
    [events(0, 0), events(1, 0)],
  );
  assert.equal(
    found.map(({ process, at, x }) => [process, at[0], x[0]]),
    [
      [0, 1, 0],
      [0, -1, 0],
      [1, 2, 1],
    ],
  );
});

test.run();
