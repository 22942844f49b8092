/**
 * The rebased average of the published replicas, T fixed: its Hessian against differences that know nothing of second derivatives.
 * --all also prints what the replicas say with all 100 000 events.
 */
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Backend } from "../../../../engine/runtime/backend.js";
import { loadMixture } from "../../../../flows/formats/zuko.js";
import { type Likelihood, likelihoods } from "../../../../inference/model/likelihood/likelihood.js";
import { finiteDifferenceHessian, withOuterProduct } from "../../../../inference/model/likelihood/spline-knots.js";
import type { NuisanceModel } from "../../../../inference/model/mixture-model.js";
import { publishedModel } from "../../../../inference/model/published-model.js";
import {
  type AveragedCurvature,
  averagedCurvature,
  fitMembers,
  type RebasedAverage,
  rebasedAverage,
} from "../../../../inference/statistics/ensembles/averaging.js";
import { F32_PRECISION } from "../../../../inference/statistics/fit/covariance.js";
import type { FitResult } from "../../../../inference/statistics/fit/fit-result.js";
import { minimise } from "../../../../inference/statistics/fit/minimise.js";
import { readEvents, readTorchStateDict } from "../../../../io/index.js";
import { testBackends } from "../../../support/backends.js";
import { referenceFile, referenceTest } from "../../../support/reference.js";
import { withBackend } from "../../with-backend.js";

const EVENTS = 400;
const ALL_EVENTS = 100_000;
const REPLICAS = [0, 1, 2, 3];

const nuisances = ["shift", "squeeze"].map(
  (name): NuisanceModel => ({ name, kind: "shape", nominal: 0, acts: [true, true] }),
);

async function replicas(backend: Backend, count: number): Promise<readonly Likelihood[]> {
  const models = await Promise.all(
    REPLICAS.map(async (b) => {
      const file = `ensemble/mixture_boot${b}.pt`;
      const loaded = loadMixture(await readTorchStateDict(referenceFile(`doi-toy/models/${file}`)));
      return publishedModel(file, loaded, ["A", "B"], nuisances);
    }),
  );
  const table = await readEvents(referenceFile("doi-toy/events.npz"), ["x", "y"]);
  const column = (name: string) => {
    const { data } = table.columns.get(name)!;
    return Float64Array.from({ length: 2 * count }, (_, i) => data[Math.floor(i / count) * table.count + (i % count)]!);
  };
  const data = { count, x: column("x"), y: column("y") };
  return likelihoods({ backend, model: models[0]!, data, form: "joint", extended: true }, models);
}

const cpu = (name: "cpu f32" | "cpu f64") => testBackends().find((backend) => backend.name === name)!.create;

/**
 * Near the minimum of these events. Slopes jump at knots of splines (see spline-knots.ts); within VALUE_STEP of this point no event of any
 * replica crosses a knot, which eight points in nine tried cannot say.
 */
const POINT = [0.427, -0.6];

/** Of the differences of values: rounding leaves 2e-5 of the Hessian. */
const VALUE_STEP = 1e-5;

/** Of the differences of slopes: rounding leaves 1e-6 of the Hessian. */
const SLOPE_STEP = 1e-7;

/** |got - wanted| relative to the largest entry. */
function assertClose(what: string, got: readonly number[], wanted: readonly number[], relative: number): void {
  const largest = Math.max(...wanted.map(Math.abs));
  for (const [k, value] of got.entries()) {
    const off = Math.abs(value - wanted[k]!) / largest;
    assert.ok(off < relative, `${what}, entry ${k}: ${value}, wanted ${wanted[k]}, off by ${off}`);
  }
}

/** Second derivatives of the average along (1, 0), (0, 1) and (1, 1) from values alone, differenced event by event. */
async function curvaturesFromValues({ fits }: RebasedAverage, members: readonly Likelihood[], nu: readonly number[]) {
  const logProbs: Float64Array[] = [];
  const likelihoods: number[] = [];
  for (const [b, member] of members.entries()) {
    logProbs.push(await member.logProb(nu));
    likelihoods.push(Math.exp(fits[b]!.nll! - (await member.evaluate(Float64Array.from(nu), 0)).nll));
  }
  const sum = likelihoods.reduce((total, value) => total + value, 0);
  const rise = async (moved: readonly number[]) => {
    const constraint = moved.reduce((total, value, k) => total - 0.5 * (value + nu[k]!) * (value - nu[k]!), 0);
    let mean = 0;
    for (const [b, member] of members.entries()) {
      const there = await member.logProb(moved);
      const change = there.reduce((total, value, e) => total + (value - logProbs[b]![e]!), constraint);
      mean += (likelihoods[b]! / sum) * Math.expm1(change);
    }
    return Math.log1p(mean);
  };
  const curvatures: number[] = [];
  for (const direction of [
    [1, 0],
    [0, 1],
    [1, 1],
  ]) {
    const at = (step: number) => rise(nu.map((value, k) => value + step * direction[k]!));
    curvatures.push(-((await at(VALUE_STEP)) + (await at(-VALUE_STEP))) / VALUE_STEP ** 2);
  }
  return curvatures;
}

function print(average: RebasedAverage, fit: FitResult, { exact, quadratic, newtonShift }: AveragedCurvature): void {
  const digits = (values: readonly number[]) => values.map((value) => value.toFixed(5)).join(", ");
  for (const [b, own] of average.fits.entries()) {
    const weights = [exact.weights[b]!, quadratic?.weights[b] ?? NaN];
    console.log(`boot${b}: nu = (${digits(own.estimate.values)}), NLL ${own.nll!.toFixed(2)}, w ${digits(weights)}`);
  }
  console.log(`average: nu = (${digits(fit.estimate.values)}), ${fit.status}. ${newtonShift.reason}`);
  for (const [name, { withinCovariance, covariance }] of Object.entries({ exact, quadratic }).flatMap(([name, own]) =>
    own === undefined ? [] : [[name, own] as const],
  )) {
    const [within, total] = [withinCovariance, covariance].map((own) =>
      own.status === "positive-definite" ? digits(own.sigma) : own.reason,
    );
    console.log(`${name} weights: sigma within (${within}), averaged (${total})`);
  }
}

/** Fits the members, then their average, and prints what the curvature across knots says. */
async function fitAndPrint(members: readonly Likelihood[], start: readonly number[]) {
  const curved = members.map(withOuterProduct);
  const average = rebasedAverage(curved, await fitMembers(curved, { start }));
  const fit = await minimise(average, { start: average.fits[0]!.estimate.values });
  const curvature = await averagedCurvature(average, fit.estimate.values, F32_PRECISION);
  print(average, fit, curvature);
  return { fits: average.fits, fit, curvature };
}

referenceTest(`Hessian of the average over the published replicas, ${EVENTS} events`, () =>
  withBackend(cpu("cpu f64"), async (backend) => {
    const members = await replicas(backend, EVENTS);
    const { fits } = await fitAndPrint(members, POINT);
    const average = rebasedAverage(members, fits);
    const { exact } = await averagedCurvature(average, POINT);
    const total = exact.total.flat();
    // What is to be seen is there: the part between the members is more than fifty times the tolerance.
    assert.ok(Math.max(...exact.between.flat()) > 5e-3 * Math.max(...total));
    const ofStep = 1 / SLOPE_STEP ** 2;
    const differences = await finiteDifferenceHessian(average, POINT, [
      [ofStep, 0],
      [0, ofStep],
    ]);
    assertClose("differences of slopes", [...differences], total, 1e-5);
    const [shift, squeeze, diagonal] = await curvaturesFromValues(average, members, POINT);
    const cross = (diagonal! - shift! - squeeze!) / 2;
    assertClose("differences of values", [shift!, cross, cross, squeeze!], total, 1e-4);
  }),
);

if (process.argv.includes("--all")) {
  referenceTest(`the average over the published replicas, ${ALL_EVENTS} events`, () =>
    withBackend(cpu("cpu f32"), async (backend) => {
      const { fit, curvature } = await fitAndPrint(await replicas(backend, ALL_EVENTS), [0.5, -0.5]);
      assert.is(fit.status, "converged");
      assert.is(curvature.newtonShift.status, "at-minimum");
    }),
  );
}

test.run();
