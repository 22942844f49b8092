/** The likelihood against PyTorch: both forms, T, rates, extended term, negative weights. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { referenceBackend } from "../../../../engine/reference/backend.js";
import type { Backend } from "../../../../engine/runtime/backend.js";
import { type EventData, type Likelihood, likelihood } from "../../../../inference/model/likelihood/likelihood.js";
import type { LikelihoodForm } from "../../../../inference/model/mixture.js";
import { withExposure } from "../../../../inference/model/mixture-model.js";
import { effectiveEvents } from "../../../../inference/statistics/fit/covariance.js";
import type { Evaluation } from "../../../../inference/statistics/objective.js";
import { testBackends } from "../../../support/backends.js";
import { close } from "../../../support/close.js";
import { rejects } from "../../../support/rejects.js";
import { type TorchAnswer, torchAnswers, torchEvents, torchModel } from "../../torch-mixture.js";
import { withBackend } from "../../with-backend.js";

/** Rounding only, of sums of 30 events. */
const precisions = {
  f64: { absolute: 1e-11, relative: 1e-11 },
  f32: { absolute: 2e-4, relative: 2e-5 },
} as const;

/** In f32 every entry is a sum of terms of the size of the largest (45), which cancel; 4e-5 of it seen. */
const hessianPrecisions = { f64: precisions.f64, f32: { absolute: 5e-3, relative: 0 } } as const;

const flat = (rows: { readonly data: readonly number[] }) => rows.data;

function checkDerivatives(got: Evaluation, wanted: TorchAnswer["data"], precision: "f32" | "f64", what: string): void {
  const tolerance = precisions[precision];
  close([got.nll], [wanted.nll], tolerance, `${what} nll`);
  close(got.gradient!, flat(wanted.gradient), tolerance, `${what} gradient`);
  close(got.hessian!, flat(wanted.hessian), hessianPrecisions[precision], `${what} Hessian`);
}

async function checkAnswers(backend: Backend, form: LikelihoodForm, hasTransport: boolean): Promise<void> {
  const { precision } = backend;
  const model = torchModel({ hasTransport, hasRates: true });
  const of = await likelihood({ backend, model, data: torchEvents, form, extended: true });
  const answers = torchAnswers.filter((answer) => answer.form === form && answer.withTransfer === hasTransport);
  assert.is(answers.length, 3);
  for (const answer of answers) {
    const what = `at ${answer.parameters}`;
    const { data, penalty, total } = await of.evaluateParts(answer.parameters, 2);
    const constraint = answer.parameters.reduce((sum, value) => sum + value ** 2 / 2, 0);
    close(await of.logProb(answer.parameters), flat(answer.logProb), precisions[precision], what);
    checkDerivatives(data, answer.data, precision, `data ${what}`);
    checkDerivatives(total, answer.total, precision, `total ${what}`);
    close([penalty.nll], [answer.extended + constraint], precisions.f64, `penalty ${what}`);
  }
  await of.close();
}

for (const { name, isSlow, create } of testBackends()) {
  for (const form of ["joint", "conditional"] as const) {
    for (const hasTransport of [false, true]) {
      // Kernels of the others are much alike, and software drivers take half a minute to compile those of one.
      if (isSlow && !(form === "conditional" && hasTransport)) continue;
      test(`${form} likelihood ${hasTransport ? "with" : "without"} T equals PyTorch's on ${name}`, () =>
        withBackend(create, (backend) => checkAnswers(backend, form, hasTransport)));
    }
  }
}

const plain = { backend: referenceBackend(), form: "joint", extended: true } as const;

test("the value does not depend on the order of derivatives asked for", async () => {
  const of = await likelihood({
    ...plain,
    model: torchModel({ hasTransport: true, hasRates: true }),
    data: torchEvents,
  });
  const nu = Float64Array.of(0.5, -0.5, 0.3, -0.8);
  const [value, slope, curvature] = [await of.evaluate(nu, 0), await of.evaluate(nu, 1), await of.evaluate(nu, 2)];
  assert.is(value.nll, curvature.nll);
  assert.is(value.gradient, undefined);
  assert.equal([...slope.gradient!], [...curvature.gradient!]);
  assert.is(slope.hessian, undefined);
});

test("a range of events gives their log densities", async () => {
  const of = await likelihood({
    ...plain,
    model: torchModel({ hasTransport: true, hasRates: true }),
    data: torchEvents,
  });
  const nu = [0.5, -0.5, 0.3, -0.8];
  assert.equal([...(await of.logProb(nu, [7, 12]))], [...(await of.logProb(nu)).slice(7, 12)]);
});

/** Gradient of log p + log N_tot of one event: the likelihood of that event alone, N = 1 so that N_tot - N log N_tot counts. */
async function scoreOfEvent(event: number, nu: readonly number[]): Promise<Float64Array> {
  const only = (column: ArrayLike<number>, rows: number) =>
    Float64Array.from({ length: rows }, (_, i) => column[i * torchEvents.count + event]!);
  const data: EventData = { count: 1, x: only(torchEvents.x, 1), y: only(torchEvents.y!, 2) };
  const model = torchModel({ hasTransport: true, hasRates: true });
  const { data: own } = await (await likelihood({ ...plain, model, data })).evaluateParts(nu, 1);
  const logTotal = (at: readonly number[]) =>
    Math.log(
      model.processes.reduce((sum, { logYield }, f) => {
        const rate = (k: number) => (model.nuisances[k] as { logFactors: readonly number[] }).logFactors[f]! * at[k]!;
        return sum + Math.exp(logYield + rate(2) + rate(3));
      }, 0),
    );
  const step = 1e-5;
  return Float64Array.from(nu, (_, k) => {
    const moved = (by: number) => nu.map((value, l) => (l === k ? value + by : value));
    return (logTotal(moved(step)) - logTotal(moved(-step))) / (2 * step) - own.gradient![k]!;
  });
}

test("scores are those of single events, and the score product has their weights squared", async () => {
  const nu = [0.5, -0.5, 0.3, -0.8];
  const wanted = new Float64Array(16);
  for (let i = 0; i < 4; i++) wanted[i * 5] = 1;
  const scores: Float64Array[] = [];
  for (let event = 0; event < torchEvents.count; event++) {
    const score = await scoreOfEvent(event, nu);
    scores.push(score);
    for (let i = 0; i < 16; i++) {
      wanted[i]! += torchEvents.weights![event]! ** 2 * score[Math.floor(i / 4)]! * score[i % 4]!;
    }
  }
  const model = torchModel({ hasTransport: true, hasRates: true });
  for (const { create } of testBackends()) {
    await withBackend(create, async (backend) => {
      const of = await likelihood({ backend, model, data: torchEvents, form: "joint", extended: true });
      // Central differences of log N_tot: 1e-10 of order one.
      const tolerance = backend.precision === "f64" ? { absolute: 1e-8, relative: 1e-8 } : precisions.f32;
      close(await of.scoreProduct(nu), wanted, tolerance, backend.name);
      const some = scores.slice(3, 12);
      const byNuisance = nu.flatMap((_, k) => some.map((score) => score[k]!));
      close(await of.eventScores(nu, [3, 12]), byNuisance, tolerance, `scores on ${backend.name}`);
    });
  }
});

test("effective events are those of the weights, or all", async () => {
  const model = torchModel({ hasTransport: false, hasRates: false });
  const { weights: _, ...unweighted } = torchEvents;
  const of = async (data: EventData) => (await likelihood({ ...plain, model, data })).effectiveEvents;
  assert.is(await of(torchEvents), effectiveEvents(torchEvents.weights!));
  assert.is(await of(unweighted), 30);
});

test("the extended term is zero where as many events were expected as seen", async () => {
  const { weights: _, ...data } = torchEvents;
  const model = torchModel({ hasTransport: false, hasRates: true });
  const expected = model.processes.reduce((sum, { logYield }) => sum + Math.exp(logYield), 0);
  const scaled = withExposure(model, 30 / expected);
  const of = await likelihood({ ...plain, model: scaled, data });
  const { penalty } = await of.evaluateParts([0, 0, 0, 0], 1);
  close([penalty.nll], [0], precisions.f64);
  close(penalty.gradient!, [0, 0, 0, 0], precisions.f64);
});

test("of no events the extended likelihood is N(ν) + ν²/2, on every backend", async () => {
  const model = torchModel({ hasTransport: false, hasRates: true });
  const data = { count: 0, x: new Float64Array(0), y: new Float64Array(0) };
  const nu = [0.5, -0.5, 0.3, -0.8];
  const rate = (k: number, f: number) => (model.nuisances[k] as { logFactors: readonly number[] }).logFactors[f]!;
  const yields = model.processes.map(({ logYield }, f) =>
    Math.exp(logYield + rate(2, f) * nu[2]! + rate(3, f) * nu[3]!),
  );
  const moment = (of: (f: number) => number) => yields.reduce((sum, own, f) => sum + own * of(f), 0);
  const first = (k: number) => (k < 2 ? () => 0 : (f: number) => rate(k, f));
  const all = [0, 1, 2, 3];
  for (const { create } of testBackends()) {
    await withBackend(create, async (backend) => {
      const of = await likelihood({ backend, model, data, form: "joint", extended: true });
      const { nll, gradient, hessian } = await of.evaluate(Float64Array.from(nu), 2);
      close([nll], [moment(() => 1) + nu.reduce((sum, value) => sum + value ** 2 / 2, 0)], precisions.f64);
      close(
        gradient!,
        all.map((k) => moment(first(k)) + nu[k]!),
        precisions.f64,
      );
      const curvature = all.flatMap((k) =>
        all.map((l) => moment((f) => first(k)(f) * first(l)(f)) + (k === l ? 1 : 0)),
      );
      close(hessian!, curvature, precisions.f64);
      assert.is((await of.logProb(nu)).length, 0);
      assert.is(of.effectiveEvents, 0);
      close(
        (await of.outerProduct(nu)).matrix,
        all.flatMap((k) => all.map((l) => (k === l ? 1 : 0))),
        precisions.f64,
      );
      await of.close();
    });
  }
});

test("without the extended term nothing but the constraints is added", async () => {
  const model = torchModel({ hasTransport: false, hasRates: true });
  const of = await likelihood({ ...plain, model, data: torchEvents, extended: false });
  const { penalty } = await of.evaluateParts([0.5, -0.5, 0.3, -0.8], 2);
  close([penalty.nll], [(0.25 + 0.25 + 0.09 + 0.64) / 2], precisions.f64);
  close(penalty.gradient!, [0.5, -0.5, 0.3, -0.8], precisions.f64);
  close(penalty.hessian!, [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1], precisions.f64);
});

/** Events `from` to `to`. */
function someEvents(from: number, to: number): EventData {
  const { count, x, y, weights } = torchEvents;
  const part = (column: ArrayLike<number>) =>
    Float64Array.from({ length: (column.length / count) * (to - from) }, (_, i) => {
      const [feature, event] = [Math.floor(i / (to - from)), i % (to - from)];
      return column[feature * count + from + event]!;
    });
  return { count: to - from, x: part(x), y: part(y!), weights: part(weights!) };
}

async function numbersOf(of: Likelihood, nu: ArrayLike<number>) {
  return {
    parts: await of.evaluateParts(nu, 2),
    logProb: await of.logProb(nu),
    part: await of.logProb(nu, [2, 5]),
    scores: await of.eventScores(nu, [0, 5]),
    scoreProduct: await of.scoreProduct(nu),
    outerProduct: await of.outerProduct(nu),
    effectiveEvents: of.effectiveEvents,
  };
}

/** So that log p has a part of its own for each event: of y by the slope of a map. */
const curved = {
  x: { shift: [0.3], scale: [2] },
  y: {
    transforms: [0, 1].map(() => ({ kind: "asinh", centre: 0, width: 4 }) as const),
    shift: [0, 0],
    scale: [1, 1],
  },
};

for (const form of ["joint", "conditional"] as const) {
  test(`bound to other events, fewer or more, a ${form} likelihood has the bits of one that is opened with them`, async () => {
    const nu = [0.5, -0.5, 0.3, -0.8];
    const request = { ...plain, form, model: { ...torchModel({ hasTransport: true, hasRates: true }), frame: curved } };
    const of = await likelihood({ ...request, data: someEvents(0, 12) });
    const before = await numbersOf(of, nu);
    for (const data of [someEvents(12, 30), someEvents(5, 10)]) {
      await of.bind(data);
      const fresh = await likelihood({ ...request, data });
      assert.equal(await numbersOf(of, nu), await numbersOf(fresh, nu));
      assert.not.equal(await fresh.logProb(nu, [2, 5]), before.part);
      await fresh.close();
    }
    await of.bind(someEvents(0, 12));
    assert.equal(await numbersOf(of, nu), before);
    await of.close();
  });
}

test("events of other columns are not bound, and what was bound stays", async () => {
  const of = await likelihood({
    ...plain,
    model: torchModel({ hasTransport: true, hasRates: true }),
    data: torchEvents,
  });
  const nu = [0.5, -0.5, 0.3, -0.8];
  const before = await of.logProb(nu);
  const { weights: _, ...unweighted } = torchEvents;
  await rejects(() => of.bind(unweighted), /bind: expected data with weights, as before, got data without weights/);
  await rejects(() => of.bind({ ...torchEvents, y: undefined }), /bind: expected data with y, as before/);
  await rejects(() => of.bind({ ...torchEvents, count: 31 }), /expected 1 x 31 numbers in column "x", got 30/);
  assert.equal(await of.logProb(nu), before);
  await of.close();
});

test.run();
