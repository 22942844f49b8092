/**
 * The chain of `run` from the library, through what the package exports and nothing else: two processes, x and y in one
 * dimension each, one shape and one rate. The toy's densities are Gaussian and linear, which small affine flows can be exactly.
 */
import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  type Anchor,
  adamw,
  anchorSets,
  autoregressiveFlow,
  type Backend,
  closureTests,
  closureVerdicts,
  cpuBackend,
  DATA,
  type DensityModel,
  type Dimensions,
  dataSample,
  densityTraining,
  displacements,
  type EventData,
  expectedYields,
  type FitResult,
  factorizableFlow,
  fillNormal,
  inData,
  initialDensity,
  initialMorph,
  initialNu,
  initialResponse,
  initialTransport,
  likelihood,
  type MixtureModel,
  minimise,
  mixtureParameters,
  morphStages,
  morphTraining,
  NOMINAL,
  NU,
  named,
  type ObservableName,
  principalModes,
  project,
  type ResponseSide,
  randomKey,
  releaseOfNu,
  responseSample,
  responseToFirstOrder,
  responseTraining,
  type SimulatedEvents,
  sampleMixture,
  simulatedPoints,
  stageFlow,
  stageSamples,
  train,
  trainingSample,
  transportTraining,
  updated,
  warmUpCosine,
  withStageFlow,
} from "../../../../index.js";

const SEED = 3;
const sizes: Dimensions = { processes: 2, shapes: 1, x: 1, y: 1 };
const NAMES = ["left", "right"];
const TRUTH = [0.5, 0];
/** What the detector does to the y of data. */
const SHIFT = 0.6;
const N_DATA = 4000;
const N_SIMULATED = 10_000;
const SHAPES = [{ name: "shift", nominal: 0 }];

/** x ~ N(∓1.2 + 0.2 ν, 1), y ~ N(±0.5 x ± 0.2 ν, 0.7²), the upper sign for the first process. */
function draw(process: number, nu: number, count: number, purpose: string): { x: Float64Array; y: Float64Array } {
  const normals = new Float64Array(2 * count);
  fillNormal(randomKey(SEED, `${purpose}/${process}/${nu}`), 0, normals);
  const sign = process === 0 ? 1 : -1;
  const x = normals.slice(0, count).map((z) => -1.2 * sign + 0.2 * nu + z);
  const y = normals.slice(count).map((z, i) => sign * (0.5 * x[i]! + 0.2 * nu) + 0.7 * z);
  return { x, y };
}

const anchors: readonly Anchor[] = [0, 1].flatMap((process) => [0, 1, -1].map((nu) => ({ process, at: [nu] })));

const simulate = (purpose: string, count: number): SimulatedEvents[] =>
  anchors.map(({ process, at }) => ({ process, at, count, ...draw(process, at[0]!, count, purpose) }));

function makeData(): EventData {
  const parts = [0, 1].map((process) => draw(process, TRUTH[0]!, N_DATA / 2, "data"));
  const join = (of: ObservableName) => Float64Array.from(parts.flatMap((part) => [...part[of]]));
  return { count: N_DATA, x: join("x"), y: join("y").map((value) => value + SHIFT) };
}

const recipe = { batch: 500, seed: SEED, rate: warmUpCosine({ warmUpSteps: 20 }) };
const optimiser = (learningRate: number) => adamw({ learningRate, weightDecay: 0 });
const contextOf = (of: ObservableName) => (of === "x" ? sizes.processes : sizes.processes + sizes.x);

async function trainDensity(backend: Backend, of: ObservableName, events: readonly SimulatedEvents[]) {
  const common = { features: sizes[of], context: contextOf(of), hidden: [16], activation: "silu" } as const;
  const architecture = autoregressiveFlow({
    ...common,
    transforms: 1,
    transform: { kind: "affine" },
    standardisation: "input",
  });
  const nominalEvents = events.filter(({ at }) => at[0] === 0);
  const sample = trainingSample(NOMINAL, nominalEvents, of, sizes.processes);
  const initial = initialDensity(architecture, sample, of, sizes, SEED);
  const trained = await train({
    backend,
    model: densityTraining(of, architecture, sizes, optimiser(0.01)),
    initial: named(`${of}.nominal`, initial),
    data: { [NOMINAL]: sample },
    epochs: 12,
    purpose: `${of}.nominal`,
    ...recipe,
  });
  const nominal = { architecture, weights: updated(`${of}.nominal`, initial, trained.parameters) };

  const residual = factorizableFlow({ ...common, layers: 1, nuisances: [{ nominal: 0 }], standardisation: "both" });
  let morph = initialMorph(residual, ["shift"], nominal, SEED);
  for (const stage of morphStages(anchorSets(anchors, SHAPES), [])) {
    const samples = Object.entries(stageSamples(stage, events, SHAPES));
    const own = stageFlow(morph, stage);
    const { parameters } = await train({
      backend,
      model: morphTraining({
        of,
        nominal: architecture,
        morph: own.architecture,
        stage,
        sizes,
        optimiser: optimiser(0.01),
      }),
      initial: { ...named(`${of}.nominal`, nominal.weights), ...named(`${of}.systematics`, own.weights) },
      data: Object.fromEntries(samples.map(([set, own]) => [set, trainingSample(set, own, of, sizes.processes)])),
      epochs: 6,
      purpose: `${of}.systematics`,
      ...recipe,
    });
    morph = withStageFlow(morph, {
      ...own,
      weights: updated(`${of}.systematics`, own.weights, parameters),
    });
  }
  return { nominal, morph } satisfies DensityModel;
}

async function fitNu(backend: Backend, model: MixtureModel, data: EventData, start: readonly number[]) {
  const bound = await likelihood({ backend, model, data, form: "joint", extended: true });
  const fit = await minimise(bound, { start, bounds: { shape: [-5, 5], rate: [-5, 5] } });
  await bound.close();
  assert.is(fit.status, "converged", fit.reason);
  return fit;
}

async function fitTransport(backend: Backend, simulated: MixtureModel, data: EventData, start: readonly number[]) {
  const architecture = autoregressiveFlow({
    features: sizes.y,
    context: contextOf("y"),
    hidden: [16],
    activation: "silu",
    transforms: 1,
    transform: { kind: "affine" },
    standardisation: "both",
  });
  const model = { ...simulated, transport: initialTransport(architecture, data, sizes.processes, SEED) };
  const epochs = 20;
  const { parameters } = await train({
    backend,
    model: transportTraining({
      model,
      form: "joint",
      extended: true,
      isWeighted: false,
      observed: data.count,
      transport: optimiser(0.01),
      nuisances: optimiser(0.002),
    }),
    initial: { ...mixtureParameters(model), ...initialNu(start) },
    data: { [DATA]: dataSample(data) },
    perStep: releaseOfNu(epochs * (data.count / recipe.batch)),
    epochs,
    purpose: "transfer",
    ...recipe,
  });
  const weights = updated("transfer", model.transport.weights, parameters);
  return { model: { ...simulated, transport: { architecture, weights } }, nu: Array.from(parameters[NU]!) };
}

const HALF_WIDTH = 0.5;

async function fitResponse(
  backend: Backend,
  fitted: MixtureModel,
  data: EventData,
  nominal: readonly number[],
  actsOn: ResponseSide,
): Promise<MixtureModel> {
  const architecture = factorizableFlow({
    features: sizes.y,
    context: contextOf("y"),
    hidden: [16],
    activation: "silu",
    layers: 1,
    nuisances: nominal.map((value) => ({ nominal: value, scale: HALF_WIDTH / 2 })),
    standardisation: "both",
  });
  const model = { ...fitted, response: initialResponse(architecture, data, sizes.processes, SEED, actsOn) };
  const halfWidths = nominal.map(() => HALF_WIDTH);
  const sample = dataSample(data);
  const training = responseTraining({ model, isWeighted: false, optimiser: optimiser(0.0003) });
  const sampleOf = (purpose: string, epoch: number) =>
    responseSample(sample, { kind: "random", halfWidths }, { seed: SEED, purpose, epoch });
  const members = [model.transport!.weights];
  const validation = sampleOf("profile/held out", 0);
  const start = await responseToFirstOrder({ backend, model, members, sample, training, validation });
  const { parameters } = await train({
    backend,
    model: training,
    initial: mixtureParameters({ ...model, response: { architecture, weights: start.weights } }),
    data: (epoch) => ({ [DATA]: sampleOf("profile/nodes", epoch) }),
    epochs: 10,
    purpose: "response",
    ...recipe,
  });
  const weights = updated("response", model.response.weights, parameters);
  return { ...fitted, response: { ...model.response, weights } };
}

interface Chain {
  readonly backend: Backend;
  readonly data: EventData;
  readonly simulated: MixtureModel;
  readonly xAlone: FitResult;
  readonly fixed: FitResult;
  /** With a response that acts on simulation, and with one that acts on data. */
  readonly behind: ProfiledFit;
  readonly inFront: ProfiledFit;
}

interface ProfiledFit {
  readonly model: MixtureModel;
  readonly profiled: FitResult;
}

let chain: Chain;

test.before(async () => {
  const backend = await cpuBackend({ precision: "f64", threads: 1 });
  const events = simulate("training", N_SIMULATED);
  const simulated: MixtureModel = {
    processes: NAMES.map((name) => ({ name, logYield: Math.log(N_DATA / 2) })),
    nuisances: [
      { name: "shape", kind: "shape", nominal: 0, acts: [true, true] },
      { name: "rate", kind: "rate", nominal: 0, logFactors: [Math.log(1.05), 0] },
    ],
    x: await trainDensity(backend, "x", events),
    y: await trainDensity(backend, "y", events),
  };
  const data = makeData();
  const { y: _y, ...xData } = data;
  const xAlone = await fitNu(backend, { ...simulated }, xData, [0, 0]);
  const first = await fitTransport(backend, simulated, data, xAlone.estimate.values);
  const fixed = await fitNu(backend, first.model, data, first.nu);
  const profile = async (actsOn: ResponseSide): Promise<ProfiledFit> => {
    const model = await fitResponse(backend, first.model, data, fixed.estimate.values, actsOn);
    return { model, profiled: await fitNu(backend, model, data, fixed.estimate.values) };
  };
  const [behind, inFront] = [await profile("simulation"), await profile("data")];
  chain = { backend, data, simulated, xAlone, fixed, behind, inFront };
});
test.after(() => chain?.backend.close());

test("closure passes for what was trained, and fails where the morphs are left out (seed 3, false alarm 4e-3)", async () => {
  const { backend, simulated } = chain;
  const events = simulate("held out", 20_000);
  const verdicts = async (model: MixtureModel) => {
    const points = simulatedPoints(model, events);
    const tests = await closureTests({ backend, model, points, nominal: [0], bins: 12, seed: SEED });
    return closureVerdicts(await inData(tests, model, undefined));
  };
  const passed = await verdicts(simulated);
  assert.equal(
    passed.map(({ of, part, passed: isGood }) => [of, part, isGood]),
    [
      ["x", "nominal", true],
      ["x", "morph", true],
      ["y", "nominal", true],
      ["y", "morph", true],
    ],
  );
  const { x, y, ...rest } = simulated;
  const failed = await verdicts({ ...rest, x: { nominal: x.nominal }, y: { nominal: y!.nominal } });
  assert.equal(
    failed.map(({ passed: isGood }) => isGood),
    [true, false, true, false],
  );
});

test("the truth is found by every fit (seed 3, false alarm 4e-4)", () => {
  for (const { estimate, covariance } of [chain.xAlone, chain.fixed, chain.behind.profiled, chain.inFront.profiled]) {
    for (const [k, value] of estimate.values.entries()) {
      const pull = (value - TRUTH[k]!) / covariance!.sigma[k]!;
      assert.ok(Math.abs(pull) < 4, `pull of ${estimate.names[k]}: ${pull}`);
    }
  }
});

test("a T that responds to the shape costs precision, at most all that y knew", () => {
  const [shapeX, shapeFixed] = [chain.xAlone, chain.fixed].map(({ covariance }) => covariance!.sigma[0]!);
  // T can undo what ν does to y, process by process: y is left with nothing. 5%: what the trainings of T leave.
  assert.ok(shapeFixed! < 0.9 * shapeX!, `T fixed ${shapeFixed}, x alone ${shapeX}`);
  for (const way of ["behind", "inFront"] as const) {
    const shapeProfiled = chain[way].profiled.covariance!.sigma[0]!;
    assert.ok(shapeProfiled > shapeFixed!, `${way}: T profiled ${shapeProfiled}, T fixed ${shapeFixed}`);
    assert.ok(Math.abs(shapeProfiled / shapeX! - 1) < 0.05, `${way}: T profiled ${shapeProfiled}, x alone ${shapeX}`);
  }
});

test("modes are orthonormal and diagonalise the covariance", () => {
  const { covariance } = chain.behind.profiled;
  const { matrix, names } = covariance!;
  const modes = principalModes(covariance!);
  assert.ok(modes[0]!.sigma >= modes[1]!.sigma);
  for (const [k, { sigma, direction }] of modes.entries()) {
    assert.equal(direction.names, names);
    for (const [i, row] of matrix.entries()) {
      const image = row.reduce((sum, entry, j) => sum + entry * direction.values[j]!, 0);
      assert.ok(Math.abs(image - sigma ** 2 * direction.values[i]!) < 1e-12, "C e = σ² e");
    }
    for (const [l, other] of modes.entries()) {
      const product = direction.values.reduce((sum, value, i) => sum + value * other.direction.values[i]!, 0);
      assert.ok(Math.abs(product - (k === l ? 1 : 0)) < 1e-12);
    }
  }
});

for (const way of ["behind", "inFront"] as const) {
  test(`T moves y back by the shift of the data, and along the mode of the shape by what the shape does to y: ${way}`, () =>
    judgeDisplacements(chain.backend, chain[way]));
}

async function judgeDisplacements(backend: Backend, { model, profiled }: ProfiledFit): Promise<void> {
  const { estimate, covariance } = profiled;
  const modes = principalModes(covariance!);
  const alongShape = modes.map((mode) => Math.abs(mode.direction.values[0]!));
  const { sigma, direction } = modes[alongShape.indexOf(Math.max(...alongShape))]!;
  const moved = (side: number) => estimate.values.map((value, k) => value + side * sigma * direction.values[k]!);
  const points = [estimate.values, moved(1), moved(-1)];
  // Where both processes are: the mean of y given x is ±0.5 x ± 0.2 ν.
  const x = Float32Array.of(-0.5, 0, 0.5);
  const y = Float32Array.of(SHIFT, SHIFT, SHIFT);
  const { nominal, shifts } = await displacements({ backend, model, x, y, count: 3, points });
  // Each process and x has some hundreds of events of width 0.7 nearby: 0.15 is four standard deviations and more.
  for (const field of nominal) {
    for (const value of field) assert.ok(Math.abs(value + SHIFT) < 0.15, `T(y) - y = ${value}`);
  }
  // A T that undoes ν: the simulated mean at ν moves by ±0.2 ν, so must T(y). How ν mixes the processes it answers by moving each towards
  // the mean of the other, x + 0.4 ν away, by no more than the part by which its own probability changes: d log odds/dν = 2.4 · 0.2.
  for (const [f, sign] of [1, -1].entries()) {
    for (const [s, side] of [1, -1].entries()) {
      const step = sigma * direction.values[0]!;
      const expected = sign * 0.2 * side * step;
      for (const [i, value] of shifts[s]![f]!.entries()) {
        const mixing = 0.48 * Math.abs(step * (x[i]! + 0.4 * estimate.values[0]!));
        assert.ok(Math.abs(value - expected) < 0.3 * Math.abs(expected) + mixing, `${value}, ${expected}, ${mixing}`);
      }
    }
  }
}

test("the data look like the model after the fit, not before (seed 3, false alarm 2e-4)", async () => {
  const { backend, data, simulated, behind, inFront } = chain;
  const common = { backend, count: 4 * N_DATA, withY: true, observed: undefined, seed: SEED };
  const before = await sampleMixture({ ...common, model: simulated, nu: [0, 0], purpose: "before" });
  for (const { model, profiled } of [behind, inFront]) {
    const after = await sampleMixture({ ...common, model, nu: profiled.estimate.values, purpose: "after" });
    const [ofX, ofY] = project(data, [before, after], 20, 0);
    for (const { predictions } of [ofX!, ofY!]) assert.ok(predictions[1]!.result.pValue! > 1e-4);
    assert.ok(ofY!.predictions[0]!.result.pValue! < 1e-6);
  }
  const yields = await expectedYields(behind.model, [0, 2]);
  assert.ok(Math.abs(yields[0]! - (N_DATA / 2) * 1.05 ** 2) < 1e-9);
  assert.ok(Math.abs(yields[1]! - N_DATA / 2) < 1e-9);
});

test.run();
