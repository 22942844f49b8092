/** Expected errors against Fisher informations in closed form and by quadrature. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { referenceBackend } from "../../../../engine/reference/backend.js";
import { type ShapeNuisance, withExposure } from "../../../../inference/model/mixture-model.js";
import { expectedSensitivity, type Sensitivity } from "../../../../inference/model/predictions/sensitivity.js";
import type { Covariance } from "../../../../inference/statistics/fit/covariance.js";
import { cholesky, choleskyInverse } from "../../../../inference/statistics/linear-algebra/symmetric-matrix.js";
import { close } from "../../../support/close.js";
import { closedForm, gaussianModel } from "../../../support/gaussian-mixture.js";
import { rejects } from "../../../support/rejects.js";
import { type Shifts, shiftModel } from "../../shift-model.js";

const common = { backend: referenceBackend(), form: "joint", extended: false, seed: 2 } as const;

function errors({ covariance }: Sensitivity): Covariance {
  assert.is(covariance.status, "positive-definite");
  return covariance as Covariance;
}

/** Each σ within five of the standard deviations that the sensitivity itself states: false alarm 6e-7 each. */
function agree(found: Sensitivity, sigma: readonly number[], what: string): void {
  const { sigma: got } = errors(found);
  for (const [k, wanted] of sigma.entries()) {
    const allowed = 5 * wanted * found.sigmaError![k]! + 1e-12;
    assert.ok(Math.abs(got[k]! - wanted) < allowed, `${what}: σ ${k} is ${got[k]}, wanted ${wanted} ± ${allowed / 5}`);
  }
}

const N = 1000;
const shifts: Shifts = { events: N, a: [0.3], b: [0.4], t: 0.6 };

test("shifts, seed 2: N a² + 1 of x alone, N (a² + b²) + 1 with T known", async () => {
  const found = await expectedSensitivity({ ...common, model: shiftModel(shifts), nu: [0.2], count: 20_000 });
  close([found.events], [N], { absolute: 0, relative: 1e-12 });
  agree(found.xAlone!, [1 / Math.sqrt(N * 0.09 + 1)], "x alone");
  agree(found.transportKnown!, [1 / Math.sqrt(N * 0.25 + 1)], "T known");
  assert.is(found.profiled, undefined);
});

test("the stated error of σ is that of n squares of normal numbers, √(2/n), halved and diluted by the constraint", async () => {
  const count = 20_000;
  const { xAlone } = await expectedSensitivity({ ...common, model: shiftModel(shifts), nu: [0.2], count });
  const share = (N * 0.09) / (N * 0.09 + 1);
  // Var z⁴ = 96: the variance 2 of 20 000 squares is known to 3.5%, its root to 1.7%, a seventh of the tolerance.
  close(xAlone!.sigmaError!, [0.5 * Math.sqrt(2 / count) * share], { absolute: 0, relative: 0.12 });
});

test("a response that follows ν as far as y does leaves x alone; one that stays leaves T known", async () => {
  const sigmas = async (r: number) => {
    const model = shiftModel({ ...shifts, r: [r], origin: [0.1] });
    return expectedSensitivity({ ...common, model, nu: [0.2], count: 500 });
  };
  const [follows, stays] = [await sigmas(-0.4), await sigmas(0)];
  // f32 columns between T⁻¹ and T.
  const rounding = { absolute: 0, relative: 1e-5 };
  close(errors(follows.profiled!).sigma, errors(follows.xAlone!).sigma, rounding, "follows");
  close(errors(stays.profiled!).sigma, errors(stays.transportKnown!).sigma, rounding, "stays");
  agree((await sigmas(0.1)).profiled!, [1 / Math.sqrt(N * (0.09 + 0.25) + 1)], "between");
});

/** ∂ of log p by central differences. */
function slopes(of: (nu: readonly number[]) => number, nu: readonly number[]): number[] {
  const step = 1e-5;
  return nu.map((_, k) => {
    const at = (side: number) => of(nu.map((value, l) => (l === k ? value + side * step : value)));
    return (at(1) - at(-1)) / (2 * step);
  });
}

for (const extended of [false, true]) {
  test(`three processes, four nuisances, x alone, ${extended ? "" : "not "}extended, seed 2: information by quadrature`, async () => {
    const nu = [0.3, 0.1, -0.4, 0.2];
    const factors = [0, Math.log(1.1), -Math.log(1.1)];
    const logTotal = ([, rate]: readonly number[]) =>
      Math.log([40, 60, 100].reduce((sum, own, f) => sum + own * Math.exp(factors[f]! * (rate! - 0.2)), 0));
    const events = Math.exp(logTotal(nu));
    const information = Float64Array.from({ length: 16 }, (_, i) => (i % 5 === 0 ? 1 : 0));
    const step = 0.02;
    for (let x = -10; x <= 10; x += step) {
      const log = (at: readonly number[]) => closedForm([x], [0, 0, 0], at).ofX + (extended ? logTotal(at) : 0);
      const g = slopes(log, nu);
      const weight = events * step * Math.exp(closedForm([x], [0, 0, 0], nu).ofX);
      for (let k = 0; k < 4; k++) for (let l = 0; l < 4; l++) information[k * 4 + l]! += weight * g[k]! * g[l]!;
    }
    const exact = choleskyInverse(cholesky(information, 4)!, 4);
    const { xAlone, events: stated } = await expectedSensitivity({
      ...common,
      model: gaussianModel,
      nu,
      count: 2000,
      extended,
    });
    close([stated], [events], { absolute: 0, relative: 1e-12 });
    const sigma = [0, 1, 2, 3].map((k) => Math.sqrt(exact[5 * k]!));
    agree(xAlone!, sigma, "x alone");
  });
}

test("the information but for the constraints grows with the expected yield", async () => {
  const model = shiftModel({ events: 100, a: [0.3, -0.1], b: [0.2, 0.4] });
  const informationAt = async (factor: number) => {
    const request = { ...common, model: withExposure(model, factor), nu: [0, 0.1], count: 200 };
    const { matrix } = errors((await expectedSensitivity(request)).transportKnown!);
    const inverse = choleskyInverse(cholesky(Float64Array.from(matrix.flat()), 2)!, 2);
    return inverse.map((value, i) => value - (i % 3 === 0 ? 1 : 0));
  };
  const one = await informationAt(1);
  close(
    await informationAt(50),
    one.map((value) => 50 * value),
    { absolute: 0, relative: 1e-9 },
  );
});

test("the conditional likelihood has no answer without y; points and counts that are none are refused", async () => {
  const request = { ...common, model: shiftModel(shifts), nu: [0.2], count: 100 };
  assert.is((await expectedSensitivity({ ...request, form: "conditional" })).xAlone, undefined);
  const { y: _y, transport: _transport, ...ofX } = shiftModel(shifts);
  const bare = await expectedSensitivity({ ...request, model: ofX });
  assert.equal([bare.transportKnown, bare.profiled], [undefined, undefined]);
  const refused = async (change: object, message: RegExp) => {
    await rejects(() => expectedSensitivity({ ...request, ...change }), message);
  };
  await refused({ count: 0 }, /expectedSensitivity: expected at least one event to draw, got 0/);
  await refused(
    { nu: [] },
    /expectedSensitivity: expected one finite number for each of 1 nuisances \(shape0\), got \[\]/,
  );
  await refused(
    { model: ofX, form: "conditional" },
    /expectedSensitivity: expected a model with a density of y, got one of x alone/,
  );
});

test("an acceptance of 20 %, seed 2: N (a² + log² 1.2) + 1 where the number of events counts, N a² + 1 where not", async () => {
  const plain = shiftModel(shifts);
  const [shape] = plain.nuisances as [ShapeNuisance];
  const acceptance = [{ up: Math.log(1.2), down: Math.log(0.8) }];
  const model = { ...plain, nuisances: [{ ...shape, acceptance }] };
  const events = N * 1.2 ** 1.5;
  for (const extended of [true, false]) {
    const found = await expectedSensitivity({ ...common, extended, model, nu: [1.5], count: 20_000 });
    close([found.events], [events], { absolute: 0, relative: 1e-12 });
    const ofYield = extended ? Math.log(1.2) ** 2 : 0;
    agree(found.xAlone!, [1 / Math.sqrt(events * (0.09 + ofYield) + 1)], `extended: ${extended}`);
  }
});

test.run();
