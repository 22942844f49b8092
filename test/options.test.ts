/** Options that are misspelt, missing or of another kind: every public function that takes options says so in one sentence. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { sampleToy } from "../examples/doi-toy/generator.js";
import * as library from "../index.js";
import { rejects } from "./support/rejects.js";

const { Tape, UsageError, referenceBackend } = library;

const tape = new Tape();
const x = tape.column("x", [3]);
const theta = tape.parameter("theta", [3]);
const nll = library.sumEvents(library.sum(library.mul(x, theta), -1));
const objective = { names: ["a"] } as unknown as library.Objective;
const never = () => Promise.reject(new Error("not called"));
const nothing = new Map<string, library.ForeignTensor>();
const flow = library.autoregressiveFlow({ features: 2, transforms: 1, hidden: [4], transform: { kind: "affine" } });

type Call = (options: never) => unknown;

interface Entry {
  readonly call: Call;
  /** Options that pass the checks of names and kinds. */
  readonly right: Readonly<Record<string, unknown>>;
  /** One of them, misspelt. */
  readonly misspelt: string;
  readonly meant: string;
}

const backend = referenceBackend();
const program = backend.compile({ outputs: { nll } });
const model = {};
const column = new Float32Array(2);
const atPoint = { backend, model, nu: [0], seed: 1 };
const adamSettings = { right: { learningRate: 1 }, misspelt: "learningrate", meant: "learningRate" };
const zuko = { right: { activation: "relu", leastSlope: 1e-3 }, misspelt: "leastslope", meant: "leastSlope" };
const flowOptions = { features: 2, transforms: 1, hidden: [4], transform: { kind: "affine" } };
const bands = { backend, model, estimate: [0], covariance: {}, replicas: [], origin: "replica" };
const sources = { objective, fit: {}, covariance: { names: [] } };

/** Opens a backend and closes it. */
const opened =
  (open: (options: never) => Promise<library.Backend>): Call =>
  async (options) =>
    (await open(options)).close();

/** One entry for every public function with an object of options; the test below finds those that are missing. */
const entries: Readonly<Record<string, Entry>> = {
  cpuBackend: { call: opened(library.cpuBackend), right: { threads: 2 }, misspelt: "thread", meant: "threads" },
  webgpuBackend: {
    call: opened(library.webgpuBackend),
    right: { eventsPerChunk: 256 },
    misspelt: "eventPerChunk",
    meant: "eventsPerChunk",
  },
  compile: {
    call: (options) => backend.compile(options),
    right: { outputs: { nll } },
    misspelt: "output",
    meant: "outputs",
  },
  run: {
    call: async (options) => (await program).run(options),
    right: { range: {} },
    misspelt: "ranges",
    meant: "range",
  },
  steps: {
    call: async (options) => (await program).steps(options),
    right: { count: 0, indices: {} },
    misspelt: "schedules",
    meant: "schedule",
  },
  cumulativeSum: {
    call: (options) => library.cumulativeSum(x, -1, options),
    right: { exclusive: true },
    misspelt: "exclusiv",
    meant: "exclusive",
  },
  linear: {
    call: (options) => library.linear(x, tape.constant([1, 2, 3], [1, 3]), options),
    right: { transposed: false },
    misspelt: "transpose",
    meant: "transposed",
  },
  autoregressiveFlow: { call: library.autoregressiveFlow, right: flowOptions, misspelt: "order", meant: "orders" },
  couplingFlow: { call: library.couplingFlow, right: flowOptions, misspelt: "pasive", meant: "passive" },
  factorizableFlow: {
    call: library.factorizableFlow,
    right: { features: 2, layers: 1, hidden: [4], nuisances: [{}] },
    misspelt: "quadraticDampening",
    meant: "quadraticDamping",
  },
  initialise: {
    call: (options) => library.initialise(flow, 1, options),
    right: { identity: true },
    misspelt: "identiy",
    meant: "identity",
  },
  tensorSpecs: {
    call: (options) => library.tensorSpecs(flow, options),
    right: { identity: true },
    misspelt: "Identity",
    meant: "identity",
  },
  adam: { call: library.adam, ...adamSettings },
  adamw: { call: library.adamw, right: { learningRate: 1 }, misspelt: "weight_decay", meant: "weightDecay" },
  radam: { call: library.radam, ...adamSettings },
  warmUpCosine: {
    call: library.warmUpCosine,
    right: { warmUpSteps: 3 },
    misspelt: "warmupSteps",
    meant: "warmUpSteps",
  },
  splitIndices: {
    call: (options) => library.splitIndices(10, options),
    right: { seed: 1, purpose: "", validation: 0.5 },
    misspelt: "validaton",
    meant: "validation",
  },
  splitSample: {
    call: (options) => library.splitSample({ columns: {}, count: 10 }, options),
    right: { seed: 1, purpose: "", validation: 0.5 },
    misspelt: "purpos",
    meant: "purpose",
  },
  train: {
    call: library.train,
    right: { backend, model: () => 0, initial: {}, data: {}, batch: 10, epochs: 1, seed: 1, purpose: "" },
    misspelt: "batchs",
    meant: "batch",
  },
  loadNsf: { call: (options) => library.loadNsf(nothing, "", options), ...zuko },
  loadMaf: { call: (options) => library.loadMaf(nothing, "", options), ...zuko },
  loadNice: { call: (options) => library.loadNice(nothing, "", options), ...zuko },
  loadSplines: { call: (options) => library.loadSplines(nothing, "", options), ...zuko },
  loadMixture: { call: (options) => library.loadMixture(nothing, options), ...zuko },
  loadAutoregressive: {
    call: (options) => library.loadAutoregressive(nothing, "", () => ({ kind: "affine" }), options),
    right: { activation: "relu" },
    misspelt: "activaton",
    meant: "activation",
  },
  loadFactorizable: {
    call: (options) => library.loadFactorizable(nothing, "", options),
    right: { quadratic: 0.1, pair: 1 },
    misspelt: "pairs",
    meant: "pair",
  },
  likelihood: {
    call: library.likelihood,
    right: { backend, model, data: { count: 1, x: column }, form: "joint", extended: true },
    misspelt: "extend",
    meant: "extended",
  },
  likelihoods: {
    call: (options) => library.likelihoods(options, []),
    right: { backend, model, data: { count: 1, x: column }, form: "joint", extended: true },
    misspelt: "forms",
    meant: "form",
  },
  minimise: {
    call: (options) => library.minimise(objective, options),
    right: { start: [0] },
    misspelt: "tolerence",
    meant: "tolerance",
  },
  fitMembers: {
    call: (options) => library.fitMembers([objective], options),
    right: { start: [0] },
    misspelt: "maxEvaluation",
    meant: "maxEvaluations",
  },
  minos: {
    call: (options) => library.minos(objective, {} as library.FitResult, options),
    right: { level: 1 },
    misspelt: "levels",
    meant: "level",
  },
  scan1d: {
    call: (options) => library.scan1d(objective, "a", [0], options),
    right: { bestFit: {}, profile: true },
    misspelt: "profiled",
    meant: "profile",
  },
  scan2d: {
    call: (options) => library.scan2d(objective, ["a", "b"], [[0], [0]], options),
    right: { bestFit: {}, profile: true },
    misspelt: "onpoint",
    meant: "onPoint",
  },
  sampleMixture: {
    call: library.sampleMixture,
    right: { ...atPoint, count: 1, withY: true, observed: 1, purpose: "" },
    misspelt: "withy",
    meant: "withY",
  },
  sampleToy: {
    call: sampleToy,
    right: { seed: 1, purpose: "", start: 0, count: 1, nu: [0, 0], distorted: false, classes: "both" },
    misspelt: "class",
    meant: "classes",
  },
  drawToy: { call: library.drawToy, right: { ...atPoint, withY: true }, misspelt: "seeds", meant: "seed" },
  resampleToy: {
    call: library.resampleToy,
    right: { samples: [], yields: [1], withY: true, seed: 1 },
    misspelt: "yield",
    meant: "yields",
  },
  drawMixture: {
    call: (options) => library.drawMixture({} as library.Sampler, {} as library.MixtureModel, options),
    right: { nu: [0], seed: 1, purpose: "", count: 1 },
    misspelt: "counts",
    meant: "count",
  },
  closureTests: {
    call: library.closureTests,
    right: { backend, model, points: [], nominal: [0], bins: 10, seed: 1 },
    misspelt: "point",
    meant: "points",
  },
  scoreClosure: {
    call: library.scoreClosure,
    right: { backend, model, form: "joint", extended: true, points: [] },
    misspelt: "onPoints",
    meant: "onPoint",
  },
  displacements: {
    call: library.displacements,
    right: { backend, model, x: column, y: column, count: 1, points: [] },
    misspelt: "replica",
    meant: "replicas",
  },
  displacementBands: {
    call: library.displacementBands,
    right: { ...bands, x: column, y: column, count: 1 },
    misspelt: "onPoint",
    meant: "onPoints",
  },
  binnedBands: {
    call: library.binnedBands,
    right: { ...bands, features: [], count: 1, observed: 1, seed: 1 },
    misspelt: "feature",
    meant: "features",
  },
  expectedSensitivity: {
    call: library.expectedSensitivity,
    right: { ...atPoint, count: 1, form: "joint", extended: true },
    misspelt: "signl",
    meant: "signal",
  },
  applyTransport: {
    call: (options) => library.applyTransport(options).next(),
    right: { backend, model, direction: "to-data", sample: {}, variations: [] },
    misspelt: "variation",
    meant: "variations",
  },
  responseToFirstOrder: {
    call: library.responseToFirstOrder,
    right: { backend, model, members: [], sample: {}, training: () => 0, validation: {} },
    misspelt: "member",
    meant: "members",
  },
  morphTraining: {
    call: library.morphTraining,
    right: { of: "x", nominal: {}, morph: {}, stage: { sets: [] }, sizes: {}, optimiser: {} },
    misspelt: "optimizer",
    meant: "optimiser",
  },
  transportTraining: {
    call: library.transportTraining,
    right: { model, form: "joint", extended: true, isWeighted: false, observed: 1, transport: {}, nuisances: {} },
    misspelt: "isweighted",
    meant: "isWeighted",
  },
  responseTraining: {
    call: library.responseTraining,
    right: { model, isWeighted: false, optimiser: {} },
    misspelt: "weighted",
    meant: "isWeighted",
  },
  nuisanceSources: {
    call: (options) => library.nuisanceSources(options, "shift"),
    right: sources,
    misspelt: "bound",
    meant: "bounds",
  },
  modeSources: { call: library.modeSources, right: sources, misspelt: "tolerence", meant: "tolerance" },
  impacts: {
    call: library.impacts,
    right: { ...sources, model, definitions: [], groups: {} },
    misspelt: "group",
    meant: "groups",
  },
  distributionImpacts: {
    call: (options) => library.distributionImpacts(options, [], {} as never, {} as never),
    right: { backend, model, data: {}, estimate: [0], bins: 2, events: 1, seed: 1 },
    misspelt: "partition",
    meant: "partitions",
  },
  readHs3: {
    call: (options) => library.readHs3("{}", options),
    right: { analysis: "a" },
    misspelt: "analyses",
    meant: "analysis",
  },
  drawEvents: {
    call: library.drawEvents,
    right: { composition: {}, density: "a", count: 1, point: {}, given: {}, seed: 1, purpose: "a test" },
    misspelt: "points",
    meant: "point",
  },
  drawCompositionToy: {
    call: library.drawCompositionToy,
    right: { composition: {}, channels: [], point: {}, seed: 1 },
    misspelt: "channel",
    meant: "channels",
  },
  channelsLikelihood: {
    call: library.channelsLikelihood,
    right: { backend, composition: {}, channels: [], cacheBytes: 1 },
    misspelt: "cachebytes",
    meant: "cacheBytes",
  },
  fitLikelihood: {
    call: (options) =>
      library.fitLikelihood({ ...objective, evaluate: never, outerProduct: never, crossesKnots: false }, options),
    right: { start: [0], bounds: {}, tolerance: 1 },
    misspelt: "bound",
    meant: "bounds",
  },
};

/** Its complaint, or undefined where it passes or fails of something else. */
async function complaint(call: Call, options: unknown): Promise<string | undefined> {
  try {
    await call(options as never);
  } catch (error) {
    if (error instanceof UsageError) return error.message;
  }
  return undefined;
}

/** A value of a kind that no option has. */
const WRONG = Symbol("wrong");

for (const [name, { call, right, misspelt, meant }] of Object.entries(entries)) {
  test(`${name} refuses options that are misspelt, missing, of another kind, or none`, async () => {
    const ofOptions = /: expected (options among|an object with|.* for \w+, got)/;
    const passed = await complaint(call, right);
    assert.not.match(passed ?? "", ofOptions, "right options pass");

    const unknown = await complaint(call, { ...right, [misspelt]: 1 });
    assert.match(
      unknown ?? "nothing",
      new RegExp(`^\\w.*: expected options among .*\\b${meant}\\b.*, got "${misspelt}"`),
    );
    assert.match(unknown!, new RegExp(`Did you mean ${meant}\\?$`));

    for (const none of [7, "options", null, [right]]) {
      assert.match((await complaint(call, none)) ?? "nothing", /: expected an object with \w+/, `${none}`);
    }
    for (const option of Object.keys(right)) {
      const wrong = await complaint(call, { ...right, [option]: WRONG });
      assert.match(wrong ?? "nothing", new RegExp(`: expected .* for ${option}, got Symbol\\(wrong\\)`), option);
    }
  });
}

test("the table has every exported function that takes options", () => {
  const dist = fileURLToPath(new URL("..", import.meta.url));
  const declarations = ["engine", "flows", "inference"]
    .flatMap((layer) =>
      readdirSync(join(dist, layer), { recursive: true }).map((file) => join(dist, layer, String(file))),
    )
    .filter((file) => file.endsWith(".d.ts"))
    .map((file) => readFileSync(file, "utf8"))
    .join("\n");
  const exported = new Set(Object.keys(library));
  const taking = [
    ...declarations.matchAll(
      /export declare function (\w+)[^;]*?\b(?:options|request|settings|damping|draw)\??: [^;]*;/g,
    ),
  ].map((match) => match[1]!);
  assert.ok(taking.length > 30, `${taking.length} found`);
  const missing = taking.filter((name) => exported.has(name) && !(name in entries));
  assert.equal(missing, []);
});

test("entries within options are looked at too", async () => {
  const is = async (call: () => unknown, pattern: RegExp) =>
    assert.match((await complaint(call, undefined)) ?? "nothing", pattern);
  const spline = { kind: "spline", bins: 4, bound: 5 } as const;
  await is(() => library.cpuBackend({ precision: "f16" as "f32" }), /"f32" or "f64" for precision, got "f16"/);
  await is(
    () => library.autoregressiveFlow({ ...flowOptions, transform: spline, hidden: 64 as never }),
    /a list of numbers for hidden, got 64/,
  );
  await is(
    () => library.autoregressiveFlow({ ...flowOptions, transform: { ...spline, bin: 3 } as never }),
    /got "bin"\. Did you mean bins\?/,
  );
  await is(
    () => library.factorizableFlow({ features: 1, layers: 1, hidden: [], nuisances: [{ nominl: 1 } as never] }),
    /factorizableFlow nuisance: .* got "nominl"\. Did you mean nominal\?/,
  );
  const data = { count: 2, x: column, weigths: column };
  await is(
    () => library.likelihood({ ...(entries.likelihood!.right as never as library.LikelihoodRequest), data }),
    /likelihood data: .*got "weigths"\. Did you mean weights\?/,
  );
  await is(() => library.dataSample(data), /dataSample: .*got "weigths"\. Did you mean weights\?/);
  await rejects(library.writeNpz("never.npz", {}, { deflat: true } as never), /writeNpz: .*got "deflat"/);
  const sample = { columns: {}, count: 2, weight: "w" };
  await is(
    () => library.train({ ...(entries.train!.right as never as library.TrainingRequest), data: { events: sample } }),
    /train data: .*got "weight"\. Did you mean weights\?/,
  );
});

test.run();
