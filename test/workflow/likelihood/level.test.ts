/** Intervals of the profile of weighted events agree with the sandwich where the likelihood is a parabola. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { covariance, sandwichCovariance } from "../../../inference/statistics/fit/covariance.js";
import { minimise } from "../../../inference/statistics/fit/minimise.js";
import { scan1d, scan2d } from "../../../inference/statistics/intervals/scan.js";
import { scanParabola, scanParaboloid } from "../../../inference/statistics/intervals/scan-parabola.js";
import { readConfiguration } from "../../../workflow/configuration/configuration.js";
import type { OpenLikelihood } from "../../../workflow/likelihood/bound-likelihood.js";
import { type LevelErrors, leveled, levelOf } from "../../../workflow/likelihood/level.js";
import { minosSummary } from "../../../workflow/likelihood/nuisance-fit.js";
import type { Scans } from "../../../workflow/likelihood/nuisance-scan.js";
import { quadratic } from "../../inference/statistics/objectives.js";
import { close } from "../../support/close.js";

/** Events of weights 3 and 0.5 from normal densities of width 1: H = Σ w, J = Σ w² of each of two means. */
const WEIGHTS = [3, 0.5, 0.5, 3, 3, 0.5, 1, 2];
const sum = (power: number) => WEIGHTS.reduce((all, w) => all + w ** power, 0);
const [H, J] = [sum(1), sum(2)];
/** √J / H: that of a weighted mean. */
const SIGMA = Math.sqrt(J) / H;

/** In both means, the second of which is measured together with the first. */
const shape = [1, 0.6, 0.6, 1];
const hessian = shape.map((own) => own * H);
const names = ["nu0", "nu1"];
const objective = quadratic(hessian, [0.3, -0.2]);
const fit = await minimise(objective, { start: [0, 0] });
const sandwich = sandwichCovariance(
  hessian,
  shape.map((own) => own * J),
  names,
);
assert.is(sandwich.status, "positive-definite");
const errors: LevelErrors = {
  names,
  estimator: "sandwich",
  covariance: sandwich.status === "positive-definite" ? sandwich.matrix : null,
};

/** σ of either with the other one profiled. */
const PROFILED = SIGMA / Math.sqrt(1 - 0.6 ** 2);
const exact = { absolute: 0, relative: 2e-4 };

function openWith(minos: boolean): OpenLikelihood {
  const source = `
observables: { x: { features: 1 } }
likelihood: { observables: [x] }
processes: { only: { yield: 10, samples: [{ file: a.npz }] } }
nuisances: { nu0: { kind: rate, kappa: 0.1 }, nu1: { kind: rate, kappa: 0.1 } }
data: { file: a.npz }
fit: { minos: ${minos} }
`;
  const configuration = readConfiguration(source, "a.yaml");
  const model = { nuisances: names.map((name) => ({ name })) };
  return { analysis: { file: "a.yaml", configuration }, model, events: { data: {} } } as unknown as OpenLikelihood;
}

test("MINOS errors of weighted events of a measurement are those of the sandwich where -ln L is a parabola", async () => {
  const found = await minosSummary(openWith(true), objective, fit, errors);
  for (const { lower, upper, problem } of found!) {
    assert.is(problem, null);
    close([-lower!, upper!], [PROFILED, PROFILED], exact);
  }
  const plain = await minosSummary(openWith(true), objective, fit, { ...errors, estimator: "inverse Hessian" });
  close([plain![0]!.upper!], [1 / Math.sqrt(H * (1 - 0.36))], exact, "events that count once");
  assert.is(await minosSummary(openWith(false), objective, fit, errors), null);
  const none = await minosSummary(openWith(true), objective, fit, { ...errors, covariance: null });
  assert.match(none![1]!.problem!, /^nu1: The events carry weights, and without an error/);
});

test("the parabola of a scan and the paraboloid of a pair have the errors of the sandwich", async () => {
  const axis = (centre: number) => [-2, -1, 0, 1, 2].map((own) => centre + own * PROFILED);
  const options = { bestFit: fit, profile: true };
  const single = [await scan1d(objective, "nu0", axis(0.3), options)];
  const pairs = [await scan2d(objective, ["nu0", "nu1"], [axis(0.3), axis(-0.2)], { bestFit: fit, profile: false })];
  const found = leveled<Scans>({ single, pairs, verdicts: [] }, errors, fit.covariance);
  const parabola = scanParabola(found.single[0]!);
  const paraboloid = scanParaboloid(found.pairs[0]!);
  assert.is(parabola.status, "found");
  assert.is(paraboloid.status, "found");
  if (parabola.status === "found") close(parabola.sigma, [PROFILED], exact);
  if (paraboloid.status === "found") close(paraboloid.sigma, [PROFILED, PROFILED], exact);
  close([found.single[0]!.level!, found.pairs[0]!.level!], [J / H, J / H], { absolute: 0, relative: 1e-12 });
});

test("of a pair the level gives contours the area that the sandwich has", () => {
  // Of one parameter 4 times the variance, of the other 9: √36 = 6.
  const curvature = covariance([1, 0, 0, 1], names);
  if (curvature.status !== "positive-definite") throw new Error("expected a covariance");
  const own: LevelErrors = {
    names,
    estimator: "sandwich",
    covariance: [
      [4, 0],
      [0, 9],
    ],
  };
  const levels = [["nu0"], ["nu1"], names].map((of) => levelOf(own, curvature, of)!);
  close(levels, [4, 9, 6], { absolute: 1e-12, relative: 0 });
  assert.is(levelOf(own, undefined, names), undefined);
  assert.is(levelOf({ ...own, estimator: "finite-difference Hessian" }, undefined, names), 1);
  const scans = { single: [], pairs: [], verdicts: [] };
  assert.is(leveled(scans, { ...own, estimator: "inverse Hessian" }, curvature), scans);
});

test.run();
