/** The response of T by least squares, beside the least squares of a mixture known in closed form. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { fillNormal, fillUniform, randomKey } from "../../../../engine/random/random.js";
import { referenceBackend } from "../../../../engine/reference/backend.js";
import type { Backend } from "../../../../engine/runtime/backend.js";
import { Tape } from "../../../../engine/tape/tape.js";
import { autoregressiveFlow, factorizableFlow, initialise } from "../../../../flows/architecture/architecture.js";
import { withFirstOrder } from "../../../../flows/first-order.js";
import type { Weights } from "../../../../flows/networks/weights.js";
import { adam } from "../../../../flows/training/optimiser.js";
import { displacements } from "../../../../inference/measurements/distribution-of-interest/displacement.js";
import { responseToFirstOrder } from "../../../../inference/measurements/distribution-of-interest/response-start.js";
import {
  initialResponse,
  responseSample,
  responseTraining,
} from "../../../../inference/measurements/distribution-of-interest/response-training.js";
import { dataSample } from "../../../../inference/measurements/distribution-of-interest/transport-training.js";
import type { EventData } from "../../../../inference/model/likelihood/likelihood.js";
import { bindMixture } from "../../../../inference/model/mixture.js";
import { type MixtureModel, parametersOn, sideOf } from "../../../../inference/model/mixture-model.js";
import { cholesky, choleskySolve } from "../../../../inference/statistics/linear-algebra/symmetric-matrix.js";
import { testBackends } from "../../../support/backends.js";
import { close } from "../../../support/close.js";
import { shiftModel } from "../../shift-model.js";
import { weightsWith } from "../../weights-with.js";
import { withBackend } from "../../with-backend.js";

const COUNT = 6000;
const APART = 0.8;
const RATES = [0.3, -0.4] as const;
const ORIGIN = 0.25;
const SCALE = 0.4;

const small = { features: 1, hidden: [2], transforms: 1, transform: { kind: "affine" } } as const;
const ofX = autoregressiveFlow({ ...small, context: 2 });
const ofY = autoregressiveFlow({ ...small, context: 3 });
const identity = { architecture: ofY, weights: initialise(ofY, 1, { identity: true }) };

/** x standard normal, y normal around -APART for the first process, APART for the second; a rate mixes them. T is the identity. */
const simulated: MixtureModel = {
  processes: ["first", "second"].map((name) => ({ name, logYield: Math.log(1000) })),
  nuisances: [{ name: "rate", kind: "rate", nominal: 0, logFactors: RATES }],
  x: { nominal: { architecture: ofX, weights: initialise(ofX, 1, { identity: true }) } },
  y: {
    nominal: {
      architecture: ofY,
      // One unit per process looks it up; the second output is the shift.
      weights: weightsWith(ofY, {
        "transforms.0.0.weight": [0, 1, 2, 3, 4, 5].map((at) => [at, at === 0 || at === 4 ? 1 : 0] as const),
        "transforms.0.0.bias": [
          [0, 0],
          [1, 0],
        ],
        "transforms.0.1.weight": [
          [2, APART],
          [3, -APART],
        ],
      }),
    },
  },
  transport: identity,
};

const fractions = [0, 1].map((f) => {
  const yields = RATES.map((rate) => Math.exp(rate * ORIGIN));
  return yields[f]! / (yields[0]! + yields[1]!);
});

const normals = new Float64Array(2 * COUNT);
fillNormal(randomKey(3, "data"), 0, normals);
const uniforms = new Float64Array(COUNT);
fillUniform(randomKey(3, "process"), 0, uniforms);
const data: EventData = {
  count: COUNT,
  x: normals.slice(0, COUNT),
  y: normals.slice(COUNT).map((z, i) => z + (uniforms[i]! < fractions[0]! ? -APART : APART)),
};

/** d log p(y | x, ν)/dν at ν_0 of every event, by differences. */
async function slopes(model: MixtureModel): Promise<Float64Array> {
  const tape = new Tape();
  const [x, y] = [tape.column("x", [1]), tape.column("y", [1])];
  const logProb = bindMixture(tape, model).logProb({ x, y }, tape.parameter("nu", [1]), "conditional");
  const program = await referenceBackend().compile({ outputs: { logProb } });
  await program.write(parametersOn(tape, model));
  await program.bind({ x: data.x, y: data.y! });
  const at = async (nu: number) => {
    await program.write({ nu: [nu] });
    return (await program.run()).logProb!;
  };
  const step = 1e-4;
  const [up, down] = [await at(ORIGIN + step), await at(ORIGIN - step)];
  return up.map((value, i) => (value - down[i]!) / (2 * step));
}

/**
 * The least that is left where each process has a scale and a shift of its own, found from the densities: with r_f the probability of
 * a process, Σ_f r_f d log(N_f / N)/dν changes by r_f (1 - y z_f) and -r_f z_f, z_f the distance of y from its mean.
 */
function leastSquares(): number {
  const rows: number[][] = [];
  for (const y of data.y!) {
    const z = [y + APART, y - APART];
    const joint = z.map((own, f) => fractions[f]! * Math.exp(-0.5 * own * own));
    const r = joint.map((own) => own / (joint[0]! + joint[1]!));
    const mean = fractions[0]! * RATES[0] + fractions[1]! * RATES[1];
    const slope = r[0]! * (RATES[0] - mean) + r[1]! * (RATES[1] - mean);
    rows.push([...r.flatMap((own, f) => [own * (1 - y * z[f]!), -own * z[f]!]), slope]);
  }
  const product = (i: number, j: number) => rows.reduce((sum, row) => sum + row[i]! * row[j]!, 0);
  const system = Float64Array.from({ length: 16 }, (_, at) => product(Math.floor(at / 4), at % 4));
  const right = Float64Array.from({ length: 4 }, (_, i) => product(i, 4));
  const solved = choleskySolve(cholesky(system, 4)!, 4, right);
  return product(4, 4) - right.reduce((sum, value, i) => sum + value * solved[i]!, 0);
}

const architecture = factorizableFlow({
  features: 1,
  context: 3,
  hidden: [12],
  layers: 1,
  nuisances: [{ nominal: ORIGIN, scale: SCALE }],
  standardisation: "both",
});

const response = initialResponse(architecture, data, 2, 5);
const model: MixtureModel = { ...simulated, response };
/** As T is the identity, the same response in front of it. */
const inFront: MixtureModel = { ...simulated, response: initialResponse(architecture, data, 2, 5, "data") };

function startOf(backend: Backend, members: readonly Weights[], model: MixtureModel, events = data) {
  const sample = dataSample(events);
  return responseToFirstOrder({
    backend,
    model,
    members,
    sample,
    training: responseTraining({ model, isWeighted: false, optimiser: adam({ learningRate: 1e-3 }) }),
    validation: responseSample(
      sample,
      { kind: "random", halfWidths: [0.2] },
      { seed: 5, purpose: "held out", epoch: 0 },
    ),
  });
}

/** Σ over events of the squared slopes, with a response and with a T. */
async function left(found: Weights | undefined, transport: Weights, of = model): Promise<number> {
  const weights = found ?? response.weights;
  const own = { ...of, transport: { architecture: ofY, weights: transport }, response: { ...of.response!, weights } };
  return (await slopes(own)).reduce((sum, value) => sum + value * value, 0);
}

for (const { name, create } of testBackends()) {
  test(`least squares leave what they must of the slopes in nu, by differences of log p, on ${name} (seed 3)`, () =>
    withBackend(create, async (backend) => {
      const found = await startOf(backend, [identity.weights], model);
      const untouched = await left(undefined, identity.weights);
      const remaining = await left(found.weights, identity.weights);
      const least = leastSquares();
      assert.ok(least < 0.1 * untouched, `${least} of ${untouched} is what scales and shifts must leave`);
      // Units that see x as well explain a little of chance, some 20 of 6000 degrees of freedom; ridges leave a little more.
      assert.ok(remaining > 0.9 * least && remaining < 1.15 * least, `${remaining} left, expected ${least}`);
      assert.ok(found.loss < 0.2 * found.initialLoss, `${found.loss} of ${found.initialLoss}`);
    }));
}

test("of two members the response serves both: the second better than without it, the first less well (seed 3)", () =>
  withBackend(testBackends().find(({ name }) => name === "cpu f64")!.create, async (backend) => {
    const shifted = weightsWith(ofY, { "transforms.0.1.bias": [[1, 0.3]] });
    const one = await startOf(backend, [identity.weights], model);
    const both = await startOf(backend, [identity.weights, shifted], model);
    assert.ok((await left(both.weights, shifted)) < (await left(one.weights, shifted)));
    assert.ok((await left(both.weights, identity.weights)) > (await left(one.weights, identity.weights)));
  }));

test("in front of a T that is the identity the response leaves no more than behind it (seed 3)", () =>
  withBackend(testBackends().find(({ name }) => name === "cpu f64")!.create, async (backend) => {
    const [behind, own] = [
      await startOf(backend, [identity.weights], model),
      await startOf(backend, [identity.weights], inFront),
    ];
    const remaining = await left(own.weights, identity.weights, inFront);
    const least = leastSquares();
    // As above, and likelihood as a loss, which has more of chance, may choose a larger ridge.
    assert.ok(remaining > 0.9 * least && remaining < 1.3 * least, `${remaining} left, expected ${least}`);
    // A Kullback-Leibler divergence, half of the other loss to second order; third orders and chance are a few per cent.
    assert.ok(Math.abs(own.initialLoss / behind.initialLoss - 0.5) < 0.05, `${own.initialLoss}, ${behind.initialLoss}`);
    assert.ok(own.loss < 0.2 * own.initialLoss, `${own.loss} of ${own.initialLoss}`);
  }));

/** T that scales and shifts, the second process further than the first. */
const scaling = weightsWith(ofY, {
  "transforms.0.0.weight": [0, 1, 2, 3, 4, 5].map((at) => [at, at === 0 || at === 4 ? 1 : 0] as const),
  "transforms.0.0.bias": [
    [0, 0],
    [1, 0],
  ],
  "transforms.0.1.weight": [
    [1, 0.3],
    [3, 0.5],
  ],
  "transforms.0.1.bias": [
    [0, 0.6],
    [1, -0.2],
  ],
});

for (const behind of [model, inFront]) {
  test(`terms times coefficients are what these add to the slopes of log p, on ${sideOf(behind.response!)}`, async () => {
    const own = { ...behind, transport: { architecture: ofY, weights: scaling } };
    const tape = new Tape();
    const terms = bindMixture(tape, own).responseTerms({ x: tape.column("x", [1]), y: tape.column("y", [1]) });
    const program = await referenceBackend().compile({ outputs: { terms } });
    await program.write(parametersOn(tape, own));
    await program.bind({ x: data.x, y: data.y! });
    const found = (await program.run()).terms!;
    const size = terms.shape[0]!;
    const coefficients = new Float64Array(size);
    fillUniform(randomKey(3, "coefficients"), 0, coefficients);
    // Small ones, whose third derivatives are too.
    for (let i = 0; i < size; i++) coefficients[i]! *= 0.02;
    const weights = withFirstOrder(architecture, response.weights, 0, coefficients);
    const [without, withThem] = [await slopes(own), await slopes({ ...own, response: { ...own.response!, weights } })];
    const added = without.map((_, i) =>
      coefficients.reduce((sum, c, at) => sum + (c * found[at * COUNT + i]!) / SCALE, 0),
    );
    // Differences over 2e-4 of numbers of some 10: their rounding, and third derivatives times 1e-8 / 6.
    assert.ok(Math.max(...added.map(Math.abs)) > 0.1);
    close(
      withThem.map((value, i) => value - without[i]!),
      added,
      { absolute: 1e-8, relative: 1e-6 },
    );
  });
}

test("through a T that scales, least squares learn what the nuisance does to y: the shift over the slope of T (seed 3)", async () => {
  // Simulation is z - b ν; data are where T_φ is z - b ν_0. T_φ ∘ T_ψ moves by -b δ if T_ψ moves by -b δ over the slope of T_φ.
  const b = 0.7;
  const shape = shiftModel({ events: COUNT, a: [0], b: [b], t: 0 });
  const architecture = factorizableFlow({
    features: 1,
    context: 2,
    hidden: [6],
    layers: 1,
    nuisances: [{ nominal: ORIGIN, scale: SCALE }],
    standardisation: "both",
  });
  const { architecture: ofT } = shape.transport!;
  const weights = weightsWith(ofT, {
    "transforms.0.1.bias": [
      [0, 0.6],
      [1, -0.2],
    ],
  });
  // Affine maps bend the logarithm of their slope: l = s / (1 + |s / ln 10⁻³|).
  const slope = Math.exp(0.6 / (1 + 0.6 / Math.log(1e3)));
  const events = { ...data, y: normals.slice(COUNT).map((z) => (z - b * ORIGIN + 0.2) / slope) };
  const own = {
    ...shape,
    transport: { architecture: ofT, weights },
    response: initialResponse(architecture, events, 1, 5, "data"),
  };
  const backend = referenceBackend();
  const found = await startOf(backend, [weights], own, events);
  assert.ok(found.initialLoss > 1e-3 && Math.abs(found.loss) < 1e-3 * found.initialLoss, `${found.loss}`);
  const at = { count: 3, x: Float64Array.of(-1, 0, 1), y: Float64Array.of(0.5, -0.5, 0) };
  const points = [[ORIGIN], [ORIGIN + 0.1]];
  const fitted = { ...own, response: { ...own.response, weights: found.weights } };
  const { shifts } = await displacements({ backend, model: fitted, ...at, points });
  // 1%: what the least ridge leaves.
  close(shifts[0]![0]!, [-0.1 * b, -0.1 * b, -0.1 * b], { absolute: 0, relative: 0.01 });
});

test.run();
