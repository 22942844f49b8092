/** What a likelihood caches between calls changes nothing but rounding, for models of every kind; new kinds join the registry. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { gradient, hessian } from "../../../../engine/derivatives/gradient.js";
import { cachePerEvent } from "../../../../engine/partial-evaluation/event-cache.js";
import { schedule } from "../../../../engine/passes/event-passes.js";
import { referenceBackend } from "../../../../engine/reference/backend.js";
import type { Backend, ColumnData, ColumnSource, Program } from "../../../../engine/runtime/backend.js";
import { add, mul, neg, reshape, square, sumEvents } from "../../../../engine/tape/operations.js";
import type { Var } from "../../../../engine/tape/tape.js";
import { likelihood, likelihoods } from "../../../../inference/model/likelihood/likelihood.js";
import { type MixtureModel, parametersOn } from "../../../../inference/model/mixture-model.js";
import { logTotalYield, logYields } from "../../../../inference/model/yields.js";
import { testBackends } from "../../../support/backends.js";
import { close } from "../../../support/close.js";
import { withBackend } from "../../with-backend.js";
import { COUNT, dataOf, random, type Sample, samples, traced } from "./mixture-samples.js";

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
    // What differs in f32 are numbers cached, the same for all kinds.
    if (precision === "f32" && kind !== "T fixed") continue;
    test(`${kind}: what is cached changes nothing on ${name}`, () =>
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
    const { outputs } = cachePerEvent({ outputs: { nu, logProb }, dynamic: ["nu"], most: Number.POSITIVE_INFINITY });
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

test("nothing cached for one member is ever used for another", async () => {
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

test("what is cached covers all events, also where a call looks at some of them", async () => {
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

test("a likelihood caches no more bytes than it may, and gives the same numbers", async () => {
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
    const numbers = Number(/^cached: (\d+) numbers/.exec(await of.describe())![1]);
    assert.ok(
      cacheBytes === undefined || 8 * COUNT * numbers <= cacheBytes,
      `${numbers} numbers in ${cacheBytes} bytes`,
    );
    kept.push(numbers);
    await of.close();
  }
  assert.is(kept[0], 0);
  assert.ok(kept[1]! < kept[2]!, "more room, more cached");
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

test("the description says how much is cached", async () => {
  const backend = referenceBackend();
  const of = await likelihood({ backend, model: fixed.model, data: dataOf(fixed), form: "joint", extended: true });
  assert.match(await of.describe(), /^cached: \d+ numbers per event, computed once for 10 events\n/);
});

test.run();
