/** What a likelihood keeps between calls changes nothing but rounding, for models of every kind; new kinds join the registry. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { gradient, hessian } from "../../../../engine/derivatives/gradient.js";
import { hoist } from "../../../../engine/partial-evaluation/event-cache.js";
import { schedule } from "../../../../engine/passes/event-passes.js";
import { referenceBackend } from "../../../../engine/reference/backend.js";
import type { Backend, ColumnData, ColumnSource, Program } from "../../../../engine/runtime/backend.js";
import { add, broadcastEvents, mul, neg, reshape, square, sumEvents } from "../../../../engine/tape/operations.js";
import { Tape, type Var } from "../../../../engine/tape/tape.js";
import {
  type Architecture,
  autoregressiveFlow,
  couplingFlow,
  factorizableFlow,
  initialise,
} from "../../../../flows/architecture/architecture.js";
import { type EventData, likelihood, likelihoods } from "../../../../inference/model/likelihood/likelihood.js";
import { bindMixture, type LikelihoodForm } from "../../../../inference/model/mixture.js";
import {
  checkedModel,
  type FlowModel,
  type MixtureModel,
  type NuisanceModel,
  parametersOn,
} from "../../../../inference/model/mixture-model.js";
import { logTotalYield, logYields } from "../../../../inference/model/yields.js";
import { testBackends } from "../../../support/backends.js";
import { close } from "../../../support/close.js";
import { randomNumbers } from "../../../support/random-numbers.js";
import { withBackend } from "../../with-backend.js";

const COUNT = 10;
const spline = { kind: "spline", bins: 5, bound: 5 } as const;
/** Wide enough that what lies behind a network is worth keeping. */
const hidden = [48, 48];

/** Random weights everywhere: zeros would hide what is multiplied by them. */
function random<A extends Architecture>(architecture: A, seed: number): FlowModel<A> {
  const next = randomNumbers(seed);
  const weights = [...initialise(architecture, seed)].map(([name, { shape, data }]) => {
    const isFrame = name.startsWith("standardisation.");
    return [name, { shape, data: isFrame ? data : data.map((value) => value + 0.4 * (next() - 0.5)) }] as const;
  });
  return { architecture, weights: new Map(weights) };
}

interface Sample {
  readonly model: MixtureModel;
  readonly form?: LikelihoodForm;
  readonly hasY?: boolean;
  readonly isWeighted?: boolean;
  /** Parts whose networks are not needed any more once the data are known. */
  readonly once: readonly string[];
}

const shape = (name: string, acts: readonly boolean[] = [true, true]): NuisanceModel => ({
  name,
  kind: "shape",
  nominal: 0,
  acts,
});
const rate: NuisanceModel = { name: "rate", kind: "rate", nominal: 0, logFactors: [0.2, -0.1] };

/** x in two dimensions, y in `features`. */
function modelOf(
  features: number,
  change: Partial<MixtureModel> = {},
  pairs: readonly (readonly [number, number])[] = [],
): MixtureModel {
  const bend = (context: number, own: number, layers: number, seed: number) =>
    random(
      factorizableFlow({
        features: own,
        context,
        layers,
        hidden,
        nuisances: [{}, {}],
        pairs: pairs as [number, number][],
      }),
      seed,
    );
  return checkedModel({
    processes: ["a", "b"].map((name, f) => ({ name, logYield: 3 + f })),
    nuisances: [shape("first"), shape("second")],
    x: {
      nominal: random(autoregressiveFlow({ features: 2, context: 2, hidden, transforms: 1, transform: spline }), 1),
      morph: bend(2, 2, 1, 2),
    },
    y: {
      nominal: random(autoregressiveFlow({ features, context: 4, hidden, transforms: 2, transform: spline }), 3),
      morph: bend(4, features, 2, 4),
    },
    ...change,
  });
}

const transportOf = (features: number) =>
  random(
    autoregressiveFlow({
      features,
      context: 4,
      hidden,
      transforms: 2,
      transform: { ...spline, freeRightSlope: true },
      standardisation: "both",
    }),
    5,
  );

const response = (options: { spline?: typeof spline } = {}) =>
  random(
    factorizableFlow({
      features: 2,
      context: 4,
      layers: 2,
      hidden,
      nuisances: [
        { nominal: 0.1, scale: 0.5 },
        { nominal: -0.2, scale: 0.5, linearOnly: true },
      ],
      standardisation: "both",
      ...options,
    }),
    6,
  );

const { y: _, ...withoutY } = modelOf(2);
const coupled = couplingFlow({ features: 3, context: 4, hidden, transforms: 2, transform: spline });

const samples: Readonly<Record<string, Sample>> = {
  "x alone": { model: withoutY, hasY: false, once: ["x.systematics"] },
  "x alone of a model that knows y": { model: modelOf(2), hasY: false, once: ["x.systematics"] },
  "without T": { model: modelOf(2), once: ["x.systematics", "y.systematics.transforms.0"] },
  "T fixed": {
    model: modelOf(2, { transport: transportOf(2) }),
    once: ["x.systematics", "y.systematics.transforms.0", "transfer"],
  },
  "T fixed, conditional, weighted": {
    model: modelOf(2, { transport: transportOf(2) }),
    form: "conditional",
    isWeighted: true,
    once: ["x.systematics", "y.systematics.transforms.0", "transfer"],
  },
  "T profiled": {
    model: modelOf(2, { transport: transportOf(2), response: response() }),
    once: ["x.systematics", "transfer", "response.transforms.0"],
  },
  "T profiled by splines": {
    model: modelOf(2, { transport: transportOf(2), response: response({ spline }) }),
    // The many numbers of its splines are not worth keeping for what networks of this width take to make them.
    once: ["x.systematics", "transfer"],
  },
  "pairs, a rate, and a nuisance of one process": {
    model: modelOf(2, { nuisances: [shape("first", [true, false]), rate, shape("second")] }, [[0, 1]]),
    isWeighted: true,
    once: ["x.systematics", "y.systematics.transforms.0"],
  },
  "three features, coupling flow": {
    model: modelOf(3, { y: { ...modelOf(3).y!, nominal: random(coupled, 7) }, transport: transportOf(3) }),
    once: ["x.systematics", "y.systematics.transforms.0", "transfer"],
  },
  "one feature": {
    model: modelOf(1, { transport: transportOf(1) }),
    once: ["x.systematics", "transfer", "y.systematics.transforms.0"],
  },
};

const uniform = (length: number, seed: number) => {
  const next = randomNumbers(seed);
  return Float64Array.from({ length }, () => 4 * next() - 2);
};

function dataOf({ model, hasY = true, isWeighted = false }: Sample): EventData {
  const features = model.y?.nominal.architecture.features ?? 0;
  return {
    count: COUNT,
    x: uniform(2 * COUNT, 8),
    ...(hasY && { y: uniform(features * COUNT, 9) }),
    ...(isWeighted && { weights: uniform(COUNT, 10).map((value) => 1 + value / 3) }),
  };
}

/** The mixture on a tape, nothing kept. */
function traced({ model, form = "joint", isWeighted = false, hasY = true }: Sample) {
  const tape = new Tape();
  const mixture = bindMixture(tape, model);
  const nu = tape.parameter("nu", [model.nuisances.length]);
  const y = hasY ? tape.column("y", [model.y!.nominal.architecture.features]) : undefined;
  const observed = { x: tape.column("x", [2]), y };
  const own = broadcastEvents(nu, tape.events());
  const weight = isWeighted ? tape.column("weight") : tape.constant(1, [], tape.events());
  const logProb = broadcastEvents(mixture.logProb(observed, nu, form), tape.events());
  return { tape, nu, own, weight, logProb, ofOwn: mixture.logProb(observed, own, form) };
}

interface Numbers {
  readonly nll: number;
  readonly gradient: ArrayLike<number>;
  readonly hessian: ArrayLike<number>;
  /** Σ w² g gᵀ, g of log p + log N_tot */
  readonly product: ArrayLike<number>;
}

const known = new Map<string, Promise<Numbers>>();

/** On the reference backend, from the tape as it is; once for all backends. */
function wantedOf(kind: string, at: readonly number[]): Promise<Numbers> {
  const key = `${kind} at ${at}`;
  const answer = known.get(key) ?? wanted(samples[kind]!, at);
  known.set(key, answer);
  return answer;
}

async function wanted(sample: Sample, at: readonly number[]): Promise<Numbers> {
  const { model } = sample;
  const { tape, nu, own, weight, logProb, ofOwn } = traced(sample);
  const nll = neg(sumEvents(mul(weight, logProb)));
  const [g] = gradient(sumEvents(add(ofOwn, logTotalYield(logYields(model, own)))), [own]) as [Var];
  const size = model.nuisances.length;
  const outer = mul(reshape(g, [size, 1]), reshape(g, [1, size]));
  const program = await referenceBackend().compile({
    outputs: {
      nll,
      gradient: gradient(nll, [nu])[0]!,
      hessian: hessian(nll, nu),
      product: sumEvents(mul(square(weight), outer)),
    },
  });
  const { x, y, weights } = dataOf(sample);
  await program.bind({ x, ...(y && { y }), ...(weights && { weight: weights }) });
  await program.write({ ...parametersOn(tape, model), nu: at });
  const result = await program.run();
  const product = result.product!.map((value, i) => value + (i % (size + 1) === 0 ? 1 : 0));
  return { nll: result.nll![0]!, gradient: result.gradient!, hessian: result.hessian!, product };
}

/** Rounding of sums of 10 events; in f32 of terms of order 10, which cancel. */
const precisions = {
  f64: { absolute: 1e-10, relative: 1e-10 },
  f32: { absolute: 5e-3, relative: 2e-4 },
} as const;

/** Orders of derivatives on each backend. Elsewhere than on the reference it is compiling that takes the time. */
const orders = { reference: [0, 1, 2], "cpu f64": [1], "cpu f32": [1], webgpu: [1] } as Readonly<
  Record<string, readonly (0 | 1 | 2)[]>
>;

async function checkSample(backend: Backend, name: string, kind: string): Promise<void> {
  const sample = samples[kind]!;
  const { model, form = "joint" } = sample;
  const of = await likelihood({ backend, model, data: dataOf(sample), form, extended: true });
  const tolerance = precisions[backend.precision];
  const points = [
    [0.4, -0.3, 0.2],
    [-0.2, 0.5, 0.1],
  ].map((point) => point.slice(0, model.nuisances.length));
  for (const at of points) {
    const answer = await wantedOf(kind, at);
    for (const order of orders[name]!) {
      const own = (await of.evaluateParts(at, order)).data;
      close([own.nll], [answer.nll], tolerance, `nll of order ${order}`);
      if (order >= 1) close(own.gradient!, answer.gradient, tolerance, `gradient of order ${order}`);
      if (order >= 2) close(own.hessian!, answer.hessian, tolerance, "Hessian");
    }
    if (name === "reference") close(await of.scoreProduct(at), answer.product, tolerance, "products of scores");
  }
  await of.close();
}

for (const { name, precision, create } of testBackends()) {
  for (const kind of Object.keys(samples)) {
    // What differs in f32 are numbers kept, the same for all kinds.
    if (precision === "f32" && kind !== "T fixed") continue;
    test(`${kind}: what is kept changes nothing on ${name}`, () =>
      withBackend(create, (backend) => checkSample(backend, name, kind)));
  }
}

/** Parameters of linear maps that are made for every event. */
const perEvent = (outputs: readonly Var[]) => {
  const behind = (node: Var): string[] =>
    node.operation.name === "parameter" ? [node.operation.label] : node.inputs.flatMap(behind);
  return schedule(outputs).nodes.flatMap(({ operation, events, inputs }) =>
    operation.name === "linear" && events !== undefined ? behind(inputs[1]!) : [],
  );
};

for (const [kind, sample] of Object.entries(samples)) {
  test(`${kind}: what ν does not reach is not computed again`, () => {
    const { nu, logProb } = traced(sample);
    const before = new Set(perEvent([logProb]));
    const { outputs } = hoist({ outputs: { nu, logProb }, live: ["nu"], most: Number.POSITIVE_INFINITY });
    const [slope] = gradient(neg(sumEvents(outputs.logProb)), [outputs.nu]) as [Var];
    const after = perEvent([outputs.logProb, slope]);
    for (const part of sample.once) {
      const isUsed = [...before].some((name) => name.startsWith(part));
      assert.ok(isUsed, `${part} has linear maps`);
      const again = after.filter((name) => name.startsWith(part));
      assert.is(again.length, 0, `${part} is computed again: ${again.join(", ")}`);
    }
  });
}

const fixed = samples["T fixed"]!;

/** The sample's model with another T. */
function withOtherTransport({ model }: Sample, seed: number): MixtureModel {
  return { ...model, transport: random(model.transport!.architecture, seed) };
}

test("nothing kept for one member is ever used for another", async () => {
  for (const { create } of testBackends().filter(({ isSlow }) => !isSlow)) {
    await withBackend(create, async (backend) => {
      const models = [fixed.model, withOtherTransport(fixed, 21), withOtherTransport(fixed, 22)];
      const request = { backend, model: fixed.model, data: dataOf(fixed), form: "joint", extended: true } as const;
      const members = await likelihoods(request, models);
      const at = [0.4, -0.3];
      const answers = await Promise.all(models.map((model) => wanted({ ...fixed, model }, at)));
      assert.ok(Math.abs(answers[0]!.nll - answers[1]!.nll) > 0.1);
      const tolerance = precisions[backend.precision];
      for (const b of [0, 1, 0, 2, 1]) {
        const { data } = await members[b]!.evaluateParts(at, 1);
        close([data.nll], [answers[b]!.nll], tolerance, `nll of member ${b}`);
        close(data.gradient!, answers[b]!.gradient, tolerance, `gradient of member ${b}`);
      }
      const together = await Promise.all(members.map((member) => member.evaluateParts(at, 1)));
      for (const [b, { data }] of together.entries()) {
        close([data.nll], [answers[b]!.nll], tolerance, `nll of member ${b} at once`);
      }
      await members[0]!.close();
    });
  }
});

test("what is kept covers all events, also where a call looks at some of them", async () => {
  const backend = referenceBackend();
  const of = await likelihood({ backend, model: fixed.model, data: dataOf(fixed), form: "joint", extended: true });
  const seen: number[] = [];
  const { data } = await of.evaluateParts([0.4, -0.3], 1, (done) => seen.push(done));
  assert.equal(seen, [COUNT]);
  const answer = await wanted(fixed, [0.4, -0.3]);
  close([data.nll], [answer.nll], precisions.f64);
  const logProb = await of.logProb([0.4, -0.3], [3, 7]);
  assert.equal([...logProb], [...(await of.logProb([0.4, -0.3])).subarray(3, 7)]);
  close([-(await of.logProb([0.4, -0.3])).reduce((sum, value) => sum + value, 0)], [answer.nll], precisions.f64);
});

test("an aborted likelihood says so and closes", async () => {
  for (const { create } of testBackends().filter(({ isSlow }) => !isSlow)) {
    await withBackend(create, async (backend) => {
      const controller = new AbortController();
      const { signal } = controller;
      const request = {
        backend,
        model: fixed.model,
        data: dataOf(fixed),
        form: "joint",
        extended: true,
        signal,
      } as const;
      const of = await likelihood(request);
      const pending = of.evaluate(Float64Array.of(0.1, 0.2), 2);
      controller.abort(new Error("enough"));
      try {
        await pending;
        assert.unreachable();
      } catch (error) {
        assert.match((error as Error).message, "enough");
      }
      await of.close();
    });
  }
});

test("a likelihood keeps no more bytes than it may, and gives the same numbers", async () => {
  const backend = referenceBackend();
  const at = [0.4, -0.3];
  const answer = await wanted(fixed, at);
  const kept: number[] = [];
  for (const cacheBytes of [0, 8 * COUNT * 20, undefined]) {
    const data = dataOf(fixed);
    const of = await likelihood({ backend, model: fixed.model, data, form: "joint", extended: true, cacheBytes });
    const found = (await of.evaluateParts(at, 2)).data;
    close([found.nll], [answer.nll], precisions.f64, `nll with ${cacheBytes} bytes`);
    close(found.gradient!, answer.gradient, precisions.f64, `gradient with ${cacheBytes} bytes`);
    close(found.hessian!, answer.hessian, precisions.f64, `Hessian with ${cacheBytes} bytes`);
    const numbers = Number(/^kept: (\d+) numbers/.exec(await of.describe())![1]);
    assert.ok(
      cacheBytes === undefined || 8 * COUNT * numbers <= cacheBytes,
      `${numbers} numbers in ${cacheBytes} bytes`,
    );
    kept.push(numbers);
    await of.close();
  }
  assert.is(kept[0], 0);
  assert.ok(kept[1]! < kept[2]!, "more room, more kept");
});

/** A backend whose programs record the columns that they are bound to. */
function watched(backend: Backend, bound: (name: string, column: ColumnSource) => void): Backend {
  const compile: Backend["compile"] = async (request) => {
    const program = await backend.compile(request);
    const bind: Program["bind"] = (columns) => {
      for (const [name, column] of Object.entries(columns)) bound(name, column);
      return program.bind(columns);
    };
    return Object.assign(Object.create(program), { bind });
  };
  return { ...backend, compile };
}

test("all programs of a likelihood read one copy of the events", async () => {
  const found = new Map<string, Set<ColumnSource>>();
  const backend = watched(referenceBackend(), (name, column) => {
    found.set(name, new Set([...(found.get(name) ?? []), column]));
  });
  const sample: Sample = { ...fixed, isWeighted: true };
  const data = dataOf(sample);
  const of = await likelihood({ backend, model: sample.model, data, form: "joint", extended: true });
  for (const order of [0, 1, 2] as const) await of.evaluate(Float64Array.of(0.4, -0.3), order);
  await of.outerProduct([0.4, -0.3]);
  for (const [name, values] of Object.entries({ x: data.x, y: data.y!, weight: data.weights! })) {
    const copies = [...found.get(name)!] as ColumnData[];
    assert.is(copies.length, 1, `${copies.length} copies of ${name}`);
    assert.instance(copies[0]!.buffer, SharedArrayBuffer);
    assert.equal([...copies[0]!], [...values]);
  }
});

test("the description says how much is kept", async () => {
  const backend = referenceBackend();
  const of = await likelihood({ backend, model: fixed.model, data: dataOf(fixed), form: "joint", extended: true });
  assert.match(await of.describe(), /^kept: \d+ numbers per event, computed once for 10 events\n/);
});

test.run();
