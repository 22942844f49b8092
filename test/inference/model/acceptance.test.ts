/** Yields that follow a shape nuisance, against equations solved here, differences, and a toy whose acceptance is known. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { gradient } from "../../../engine/derivatives/gradient.js";
import { referenceBackend } from "../../../engine/reference/backend.js";
import type { ColumnData } from "../../../engine/runtime/backend.js";
import { reshape, slice, sum } from "../../../engine/tape/operations.js";
import { Tape, type Var } from "../../../engine/tape/tape.js";
import type { Acceptance } from "../../../inference/model/acceptance.js";
import { type EventData, likelihood } from "../../../inference/model/likelihood/likelihood.js";
import { mixtureFromTensors, mixtureToTensors } from "../../../inference/model/mixture-file.js";
import { checkedModel, type MixtureModel, type ShapeNuisance } from "../../../inference/model/mixture-model.js";
import { postFitYields } from "../../../inference/model/predictions/post-fit-yields.js";
import { drawToy } from "../../../inference/model/sampling/toys.js";
import { expectedYields, logYields } from "../../../inference/model/yields.js";
import { minimise } from "../../../inference/statistics/fit/minimise.js";
import { testBackends } from "../../support/backends.js";
import { close, tolerances } from "../../support/close.js";
import { closedForm, gaussianModel } from "../../support/gaussian-mixture.js";
import { randomNumbers } from "../../support/random-numbers.js";
import { refusal } from "../../support/rejects.js";
import { shiftModel } from "../shift-model.js";
import { withBackend } from "../with-backend.js";

const exact = { absolute: 1e-12, relative: 1e-12 };
const backend = referenceBackend();

const sides = (up: number | null, down: number | null): Acceptance => ({
  up: up === null ? null : Math.log(up),
  down: down === null ? null : Math.log(down),
});

/** `tilt`, whose nominal value is 0.3, acts on the third process alone; `scale` on all. */
function withAcceptance(model: MixtureModel, of: Readonly<Record<string, readonly Acceptance[]>>): MixtureModel {
  const nuisances = model.nuisances.map((own) =>
    of[own.name] === undefined ? own : { ...(own as ShapeNuisance), acceptance: of[own.name]! },
  );
  return { ...model, nuisances };
}

const none = sides(null, null);
const model = withAcceptance(gaussianModel, {
  scale: [sides(1.2, 0.8), sides(0.9, 0.95), sides(1.3, 1.1)],
  tilt: [none, none, sides(null, 0.7)],
});

/** η(α) of code 4 as the solution of its six conditions, by Gaussian elimination. */
function interpolated(up: number, down: number, alpha: number): number {
  if (Math.abs(alpha) >= 1) return alpha > 0 ? up ** alpha : down ** -alpha;
  const rows = [1, -1].flatMap((at) => {
    const [ratio, slope] = at > 0 ? [up, Math.log(up)] : [down, -Math.log(down)];
    const powers = [1, 2, 3, 4, 5, 6];
    return [
      [...powers.map((i) => at ** i), ratio - 1],
      [...powers.map((i) => i * at ** (i - 1)), ratio * slope],
      [...powers.map((i) => i * (i - 1) * at ** (i - 2)), ratio * slope ** 2],
    ];
  });
  for (let i = 0; i < 6; i++) {
    const pivot = rows.findIndex((row, j) => j >= i && Math.abs(row[i]!) > 1e-9);
    [rows[i], rows[pivot]] = [rows[pivot]!, rows[i]!];
    for (let j = 0; j < 6; j++) {
      if (j === i) continue;
      const factor = rows[j]![i]! / rows[i]![i]!;
      rows[j] = rows[j]!.map((entry, k) => entry - factor * rows[i]![k]!);
    }
  }
  return rows.reduce((total, row, i) => total + (row[6]! / row[i]!) * alpha ** (i + 1), 1);
}

const acceptancesAt = ([scale, , tilt]: readonly number[]) => [
  interpolated(1.2, 0.8, scale!),
  interpolated(0.9, 0.95, scale!),
  interpolated(1.3, 1.1, scale!) * 0.7 ** -(tilt! - 0.3),
];

test("one standard deviation from nominal, the yields are the nominal ones times the ratios of the samples", async () => {
  const nominal = [0, 0.2, 0.3, 0];
  close(await expectedYields(model, nominal), [40, 60, 100], exact);
  close(await expectedYields(model, [1, 0.2, 0.3, 0]), [40 * 1.2, 60 * 0.9, 100 * 1.3], exact);
  close(await expectedYields(model, [-1, 0.2, 0.3, 0]), [40 * 0.8, 60 * 0.95, 100 * 1.1], exact);
  close(await expectedYields(model, [0, 0.2, -0.7, 0]), [40, 60, 70], exact);
});

test("between and beyond them: six conditions solved, and log-normal where there is one side only", async () => {
  for (const scale of [-2.5, -1, -0.9, -0.3, 0.2, 0.77, 0.999, 1.4]) {
    for (const tilt of [-1.2, 0.1, 0.8, 2]) {
      const nu = [scale, 0.2, tilt, 0];
      const [first, second, third] = acceptancesAt(nu) as [number, number, number];
      close(await expectedYields(model, nu), [40 * first, 60 * second, 100 * third], exact, `${nu}`);
    }
  }
});

/** First and second derivative of log N_f by ν_0. */
async function derivatives(process: number, at: number): Promise<readonly [number, number]> {
  const tape = new Tape();
  const nu = tape.parameter("nu", [4]);
  const scalar = (of: Var) => reshape(sum(of, -1), []);
  const [first] = gradient(scalar(slice(logYields(model, nu), -1, process, process + 1)), [nu]) as [Var];
  const [second] = gradient(scalar(slice(first, -1, 0, 1)), [nu]) as [Var];
  const program = await backend.compile({ outputs: { first, second } });
  await program.write({ nu: [at, 0.2, 0.3, 0] });
  const found = await program.run();
  return [found.first![0]!, found.second![0]!];
}

test("first and second derivatives are differences of values, and continuous one standard deviation from nominal", async () => {
  const step = 1e-4;
  for (const process of [0, 1, 2]) {
    for (const at of [-1.6, -0.6, 0.1, 0.5, 1.3]) {
      const logs = [];
      for (const moved of [at - step, at, at + step]) {
        logs.push(Math.log((await expectedYields(model, [moved, 0.2, 0.3, 0]))[process]!));
      }
      const [low, middle, high] = logs as [number, number, number];
      const differences = [(high - low) / (2 * step), (high - 2 * middle + low) / step ** 2];
      // Rounding of log N over the squared step is 1e-7; the differences themselves are good to 1e-8.
      close(await derivatives(process, at), differences, { absolute: 2e-6, relative: 1e-6 }, `${process} at ${at}`);
    }
    for (const edge of [-1, 1]) {
      const [inside, outside] = [await derivatives(process, edge * (1 - 1e-9)), await derivatives(process, edge)];
      // η''' of these ratios is below 5.
      close(inside, outside, { absolute: 1e-7, relative: 0 }, `${process} at ${edge}`);
    }
  }
});

const COUNT = 13;
const random = randomNumbers(5);
const numbers = (length: number) => Float64Array.from({ length }, () => 4 * random() - 2);
const data: EventData = { count: COUNT, x: numbers(COUNT), y: numbers(3 * COUNT) };
const event = (column: ColumnData, features: number, e: number) =>
  Array.from({ length: features }, (_, j) => column[j * COUNT + e]!);

for (const { name, precision, create } of testBackends()) {
  test(`fractions and total of the likelihood follow the closed form on ${name}`, () =>
    withBackend(create, async (own) => {
      for (const form of ["joint", "conditional"] as const) {
        const of = await likelihood({ backend: own, model, data, form, extended: true });
        for (const nu of [
          [0.7, -0.6, 0.9, -0.4],
          [-1.3, 0.1, -0.4, 0.2],
        ]) {
          const acceptances = acceptancesAt(nu);
          const logProb = Array.from(
            { length: COUNT },
            (_, e) => closedForm(event(data.x, 1, e), event(data.y!, 3, e), nu, acceptances)[form],
          );
          close(await of.logProb(nu), logProb, tolerances[precision], `${form} at ${nu}`);
          const rate = Math.log(1.1) * (nu[1]! - 0.2);
          const total =
            40 * acceptances[0]! + 60 * acceptances[1]! * Math.exp(rate) + 100 * acceptances[2]! * Math.exp(-rate);
          const { penalty } = await of.evaluateParts(nu, 0);
          const constraints = nu.reduce((all, value, k) => all + (value - model.nuisances[k]!.nominal) ** 2 / 2, 0);
          const extended = total - COUNT * Math.log(total) - (COUNT - COUNT * Math.log(COUNT));
          close([penalty.nll], [extended + constraints], { absolute: 1e-10, relative: 1e-10 }, `penalty, ${form}`);
        }
        await of.close();
      }
    }));
}

test("gradient and Hessian of the likelihood are differences of its values and gradients", async () => {
  const of = await likelihood({ backend, model, data, form: "joint", extended: true });
  const nu = [0.7, -0.6, 0.9, -0.4];
  const { gradient: slopes, hessian } = await of.evaluate(Float64Array.from(nu), 2);
  const step = 1e-4;
  for (const k of [0, 2]) {
    const moved = (by: number) =>
      of.evaluate(
        Float64Array.from(nu, (value, l) => (l === k ? value + by : value)),
        1,
      );
    const [low, high] = [await moved(-step), await moved(step)];
    // Third derivatives, of the size of the sums of 13 events, times the squared step.
    const tolerance = { absolute: 1e-5, relative: 1e-6 };
    close([slopes![k]!], [(high.nll - low.nll) / (2 * step)], tolerance, `gradient ${k}`);
    const differences = Array.from(high.gradient!, (value, l) => (value - low.gradient![l]!) / (2 * step));
    close(hessian!.slice(4 * k, 4 * k + 4), differences, tolerance, `row ${k} of the Hessian`);
  }
  await of.close();
});

test("yields after a fit have the error that the nuisance gives them", async () => {
  const { processes } = await postFitYields(model, [1.5, 0.2, 0.3, 0], { names: ["scale"], matrix: [[0.25]] });
  const value = 40 * 1.2 ** 1.5;
  close([processes[0]!.value, processes[0]!.sigma], [value, value * Math.log(1.2) * 0.5], exact);
});

test("a toy of 4000 events, 20 % more a standard deviation: the fit with and without it (seed 3, 4 σ)", async () => {
  const [shift, truth, events] = [0.1, 1.5, 4000];
  const plain = shiftModel({ events, a: [shift], b: [0] });
  const moving = withAcceptance(plain, { shape0: [sides(1.2, 0.8)] });
  const toy = await drawToy({ backend, model: moving, nu: [truth], withY: true, seed: 3 });
  const expected = events * 1.2 ** truth;
  assert.ok(Math.abs(toy.count - expected) < 4 * Math.sqrt(expected), `${toy.count}`);
  const fitOf = async (own: MixtureModel) => {
    const of = await likelihood({ backend, model: own, data: toy, form: "joint", extended: true });
    const fit = await minimise(of, { start: [0.5], tolerance: 1e-12 });
    assert.is(fit.status, "converged");
    const found = await of.evaluate(Float64Array.from(fit.estimate.values), 2);
    await of.close();
    return { nu: fit.estimate.values[0]!, information: found.hessian![0]! };
  };
  const [withYield, without] = [await fitOf(moving), await fitOf(plain)];
  // Information of the constraint, of the shift of x, and of the number of events.
  const ofShape = 1 + shift ** 2 * toy.count;
  const ofYield = events * 1.2 ** withYield.nu * Math.log(1.2) ** 2;
  const rounding = { absolute: 0, relative: 1e-9 };
  close([without.information, withYield.information], [ofShape, ofShape + ofYield], rounding);
  assert.ok(ofYield > 3 * ofShape);
  // The slope of the likelihood of Gaussians and a Poisson number of events is 0 at the minimum.
  const sumX = Array.from(toy.x).reduce((all, x) => all + x, 0);
  const slopeOfShape = (nu: number) => nu + shift * (sumX + shift * nu * toy.count);
  const slopeOfYield = (nu: number) => Math.log(1.2) * (events * 1.2 ** nu - toy.count);
  const zero = { absolute: 1e-4, relative: 0 };
  close([slopeOfShape(without.nu), slopeOfShape(withYield.nu) + slopeOfYield(withYield.nu)], [0, 0], zero);
  // The constraint pulls by one in `information` of its standard deviations.
  const pull = truth / withYield.information;
  assert.ok(Math.abs(withYield.nu - truth + pull) < 4 / Math.sqrt(withYield.information), `${withYield.nu}`);
});

test("a model file keeps the acceptance; one without it is read as none", () => {
  const { metadata, tensors } = mixtureToTensors(model);
  const read = mixtureFromTensors("m.safetensors", { metadata, tensors });
  assert.equal(read.nuisances, model.nuisances);
  const old = mixtureFromTensors("m.safetensors", mixtureToTensors(gaussianModel));
  assert.ok(old.nuisances.every((own) => !("acceptance" in own)));
});

test("ratios that no positive yield goes through, and lists of another length, are refused", async () => {
  const of = (own: readonly Acceptance[]) => refusal(() => checkedModel(withAcceptance(gaussianModel, { scale: own })));
  assert.match(await of([none]), /acceptance of scale: expected one entry per process \(3\), got 1/);
  assert.match(
    await of([none, none, sides(500, 1)]),
    /acceptance of scale: expected ratios of yields near enough to 1 that the yield stays positive between them, got 500\.0 and 1\.000 \(at \+1 and at -1\)/,
  );
  assert.match(
    await of([sides(1e4, null), none, none]),
    /expected ratios of yields between 1\/1000 and 1000, got 1\.000e\+4/,
  );
  checkedModel(withAcceptance(gaussianModel, { scale: [sides(3, 0.3), sides(0.01, 1), sides(0.1, 0.1)] }));
});

test.run();
