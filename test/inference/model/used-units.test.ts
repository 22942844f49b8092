/** Models without units of morphs that nothing looks at: the same likelihood, of less work. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { gradient, hessian } from "../../../engine/derivatives/gradient.js";
import { neg, sumEvents } from "../../../engine/tape/operations.js";
import { type FactorizableArchitecture, factorizableFlow } from "../../../flows/architecture/architecture.js";
import type { Weights } from "../../../flows/networks/weights.js";
import { type MixtureModel, mixtureParameters, referenceBackend } from "../../../index.js";
import { openEventScores } from "../../../inference/model/likelihood/event-scores.js";
import { likelihoods } from "../../../inference/model/likelihood/likelihood.js";
import type { FlowModel } from "../../../inference/model/mixture-model.js";
import { withUsedUnits } from "../../../inference/model/used-units.js";
import { close } from "../../support/close.js";
import { dataOf, random, samples, traced } from "./likelihood/mixture-samples.js";

/** What is left out is 0: what is left is added up in another order. */
const rounding = { absolute: 1e-12, relative: 1e-12 };

const morphOf = (nuisances: readonly { linearOnly?: boolean }[], isSpline: boolean, seed: number) =>
  random(
    factorizableFlow({
      features: 2,
      context: 2,
      layers: 2,
      hidden: [12, 8],
      nuisances,
      ...(isSpline && { spline: { kind: "spline", bins: 3, bound: 5 } }),
    }),
    seed,
  );

type Morph = FlowModel<FactorizableArchitecture>;

/** The morph with 0 for these outputs of a network, and for what its units but some put out. */
function silenced({ architecture, weights }: Morph, network: string, output: (of: number) => boolean, units: number[]) {
  const changed: Weights = new Map(weights);
  const { shape, data } = weights.get(`${network}.2.weight`)!;
  const [rows, width] = shape as [number, number];
  const isKept = (i: number) => output(Math.floor(i / width) % (rows / 2)) && units.includes(i % width);
  changed.set(`${network}.2.weight`, { shape, data: data.map((value, i) => (isKept(i) ? value : 0)) });
  const bias = weights.get(`${network}.2.bias`)!;
  changed.set(`${network}.2.bias`, {
    ...bias,
    data: bias.data.map((value, i) => (output(i % (rows / 2)) ? value : 0)),
  });
  return { architecture, weights: changed };
}

const NO_UNIT: number[] = [];
const nothing = () => false;

/** Linear with three units in one layer and silent in the other; with all of its units. */
function simpleMorph(isSpline: boolean, units = [0, 3, 5], seed = 3): Morph {
  const isLinear = isSpline
    ? (of: number) => of === 0 || of === 2 || (of >= 4 && of < 12)
    : (of: number) => of % 2 === 0;
  const morph = morphOf([{}, {}], isSpline, seed);
  const first = silenced(morph, "transforms.0.nuisances.0", isLinear, units);
  return silenced(first, "transforms.1.nuisances.0", nothing, NO_UNIT);
}

const sample = samples["x alone"]!;
const { model: whole } = sample;
const data = dataOf(sample);
const withMorph = (morph: Morph): MixtureModel => ({ ...whole, x: { ...whole.x, morph } });
const networksOf = (model: MixtureModel) => model.x.morph!.architecture.nuisances.map(({ networks }) => networks);

/** -log p of the events with its derivatives, and the scores, as the mixture has them with all of its units. */
async function asItIs(model: MixtureModel, nu: readonly number[]) {
  const { nu: point, own, logProb, ofOwn } = traced({ ...sample, model });
  const nll = neg(sumEvents(logProb));
  const program = await referenceBackend().compile({
    outputs: {
      nll,
      gradient: gradient(nll, [point])[0]!,
      hessian: hessian(nll, point),
      scores: gradient(sumEvents(ofOwn), [own])[0]!,
    },
  });
  await program.write({ ...mixtureParameters(model), nu });
  await program.bind({ x: data.x });
  const found = await program.run();
  await program.close();
  return found;
}

const NU = [0.7, -1.2];

for (const isSpline of [false, true]) {
  const kind = isSpline ? "spline" : "affine";
  test(`${kind}: a morph without what it does not use has the same likelihood and scores`, async () => {
    const model = withMorph(simpleMorph(isSpline));
    const { nuisances } = withUsedUnits([model])[0]!.x.morph!.architecture;
    assert.equal(
      nuisances.map(({ linearOnly }) => linearOnly),
      [true, false],
    );
    assert.is(nuisances[0]!.networks![1], null);
    assert.is(
      nuisances[0]!.networks![0]!.at(-1)!.reduce((a, b) => a + b),
      3,
    );

    const expected = await asItIs(model, NU);
    const request = { backend: referenceBackend(), form: "joint", extended: false } as const;
    const [open] = await likelihoods({ ...request, model, data }, [model]);
    const { nll, gradient: slope, hessian: curvature } = (await open!.evaluateParts(NU, 2)).data;
    await open!.close();
    close([nll], expected.nll!, rounding);
    close(slope!, expected.gradient!, rounding);
    close(curvature!, expected.hessian!, rounding);
    const scores = await openEventScores({ ...request, model });
    close(await scores.scores(NU, data.x), expected.scores!, rounding);
    await scores.close();
  });
}

test("of several models what one of them uses stays in all", async () => {
  const models = [withMorph(simpleMorph(false)), withMorph(simpleMorph(false, [1, 3], 5))];
  const smaller = withUsedUnits(models);
  assert.equal(networksOf(smaller[0]!), networksOf(smaller[1]!));
  assert.is(
    networksOf(smaller[0]!)[0]![0]!
      .at(-1)!
      .reduce((a, b) => a + b),
    4,
  );
  const request = { backend: referenceBackend(), form: "joint", extended: false, model: models[0]! } as const;
  const open = await likelihoods({ ...request, data }, models);
  for (const [b, model] of models.entries()) {
    close([(await open[b]!.evaluateParts(NU, 0)).data.nll], (await asItIs(model, NU)).nll!, rounding);
  }
  await open[0]!.close();
});

test("a morph that uses all of its units, and one that follows no nuisance, stay as they are", () => {
  const full = withMorph(morphOf([{}, { linearOnly: true }], false, 7));
  assert.equal(withUsedUnits([full])[0]!.x.morph!.weights, full.x.morph!.weights);
  let none = morphOf([{}, {}], false, 7);
  for (const at of [0, 1]) {
    for (const k of [0, 1]) none = silenced(none, `transforms.${at}.nuisances.${k}`, nothing, NO_UNIT);
  }
  assert.is(withUsedUnits([withMorph(none)])[0]!.x.morph, none);
});

test.run();
