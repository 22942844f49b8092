/** Profiles in closed form: 2 (y - sin 2x)² + ½ x² is ½ x² along x, wherever y has to go for it. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { minimise } from "../../../../inference/statistics/fit/minimise.js";
import {
  likelihoodProfile,
  type NoProfilePoint,
  type ProfilePoint,
} from "../../../../inference/statistics/intervals/likelihood-profile.js";
import { close, objectiveOf, quadratic } from "../objectives.js";

const winding = objectiveOf(["x", "y"], ([x, y]) => {
  const [s, slope, bend] = [Math.sin(2 * x!), 2 * Math.cos(2 * x!), -4 * Math.sin(2 * x!)];
  const off = y! - s;
  return {
    nll: 2 * off * off + 0.5 * x! * x!,
    gradient: [-4 * off * slope + x!, 4 * off],
    hessian: [4 * slope * slope - 4 * off * bend + 1, -4 * slope, -4 * slope, 4],
  };
});

function minimumOf(point: ProfilePoint | NoProfilePoint): ProfilePoint {
  if (point.status !== "minimum") throw new Error(`${point.status}: ${point.reason}`);
  return point;
}

test("value, slope, curvature and tangent along the profile", async () => {
  const fit = await minimise(winding, { start: [0.1, 0.1], tolerance: 1e-12 });
  const profile = likelihoodProfile(winding, fit, 0, {});
  close(profile.origin.deltaTwoNll, 0, { absolute: 0 });
  let from = profile.origin;
  for (const x of [0.3, 0.7, -0.4]) {
    from = minimumOf(await profile.at(x, from));
    // minimise stops at an edm of 1e-5: the NLL is good to that, y to √(2 · 1e-5 / 4).
    close(from.nuisances[1], Math.sin(2 * x), { absolute: 2.3e-3 }, "y");
    close(from.deltaTwoNll, x * x, { absolute: 2e-5 });
    close(from.slope, 2 * x, { absolute: 0.04 });
    close(from.tangent[0], 1, { absolute: 0 });
    close(from.tangent[1], 2 * Math.cos(2 * x), { absolute: 1e-12 });
    close(from.curvature, 2, { absolute: 0.1 });
  }
  assert.ok(profile.evaluations() > 3);
});

test("a nuisance at its bound stays there, and its tangent is zero", async () => {
  const bounds = { y: [-1, 0.5] as const };
  const fit = await minimise(winding, { start: [0.1, 0.1], bounds, tolerance: 1e-12 });
  const profile = likelihoodProfile(winding, fit, 0, { bounds });
  const point = minimumOf(await profile.at(0.7, profile.origin));
  assert.is(point.nuisances[1], 0.5);
  assert.is(point.tangent[1], 0);
  close(point.deltaTwoNll, 4 * (0.5 - Math.sin(1.4)) ** 2 + 0.49, { absolute: 1e-9 });
});

test("one nuisance alone is evaluated, not minimised", async () => {
  const objective = quadratic([4], [1]);
  const profile = likelihoodProfile(objective, await minimise(objective, { start: [0] }), 0, {});
  const { deltaTwoNll, slope, curvature } = minimumOf(await profile.at(2, profile.origin));
  assert.equal([deltaTwoNll, slope, curvature, profile.evaluations()], [4, 8, 8, 1]);
});

test("why there is no point: an abort, and an NLL that is not a number", async () => {
  const fit = await minimise(winding, { start: [0.1, 0.1] });
  const aborted = likelihoodProfile(winding, fit, 0, { signal: AbortSignal.abort() });
  assert.is((await aborted.at(0.3, aborted.origin)).status, "aborted");
  const broken = {
    ...winding,
    evaluate: async () => ({ nll: Number.NaN, gradient: new Float64Array(2), hessian: new Float64Array(4) }),
  };
  const nowhere = likelihoodProfile(broken, fit, 0, {});
  assert.is((await nowhere.at(0.3, nowhere.origin)).status, "non-finite");
});

test.run();
