/** What simulated samples count in a fit, and the scores of their events, of a mass whose density is known and of the built-in toy. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { MixtureModel } from "../../../../inference/model/mixture-model.js";
import { gradientFluctuation } from "../../../../inference/model/simulation-errors/fluctuation.js";
import { withoutQuadratic } from "../../../../inference/model/training/capacity.js";
import { simulatedScores, withAcceptance } from "../../../../workflow/steps/simulation-errors/simulated-scores.js";
import { COUNT, draw, folder, removeMass, runMass, write, YAML } from "../../../cli/mass-run.js";
import { TINY_TOY } from "../../../cli/tiny-toy.js";
import { close } from "../../../support/close.js";
import { fittedRun } from "./fitted-mass.js";

test.before(runMass);
test.after(removeMass);

const exact = { absolute: 1e-12, relative: 1e-9 };

test("coefficients at ν, the events of each training, and scores of a normal distribution whose width ν moves", async () => {
  const { context, of, close: done } = await fittedRun(join(folder, "analysis.yaml"), join(folder, "out"));
  const nu = [0.4, 0.2];
  const { model } = of.fitted;
  const [only, ...others] = await simulatedScores(context, model, nu, of);
  const [straight] = await simulatedScores(context, linear(model), nu, of);
  await done();
  assert.equal(others, []);
  // Of so strong an effect the simple morph has quadratic terms: it goes through all three samples.
  const { points, groups, expected, trained } = only!;
  close(
    points.map(({ coefficient }) => coefficient),
    [1 - 0.16, 0.28, -0.12],
    exact,
  );
  close(
    straight!.points.map(({ coefficient }) => coefficient),
    [1, 0.2, -0.2],
    exact,
  );
  assert.equal(
    points.map(({ ofYield }) => Math.abs(ofYield)),
    [0, 0, 0],
  );
  close([expected, trained], [COUNT * 1.1 ** 0.2, 0.9], exact);
  assert.equal(
    groups.map(({ count, total }) => [count, total]),
    Array.from({ length: 3 }, () => [1800, 1800]),
  );
  // d/dν ln p = ln 1.2 (z² - 1), z in standard deviations at ν, as far as 1800 events let the width be learnt; the rate is that of all.
  const events = await context.simulation.training("", context.simulation.anchors, 0, 1);
  const { scores } = groups[0]!.samples[0]!;
  const [offset, slope] = line(
    Array.from({ length: 1800 }, (_, i) => ((events[0]!.x[i]! - 50) / 10 / 1.2 ** nu[0]!) ** 2 - 1),
    scores.subarray(0, 1800),
  );
  close([slope / Math.log(1.2)], [1], { absolute: 0.2, relative: 0 });
  close([offset], [0], { absolute: 0.05, relative: 0 });
  for (const rate of scores.subarray(1800)) close([rate], [Math.log(1.1)], { absolute: 1e-5, relative: 0 });
});

/** Without the quadratic terms of the morph of x. */
function linear(model: MixtureModel): MixtureModel {
  return { ...model, x: { ...model.x, morph: withoutQuadratic({ ...model.x.morph!, names: [] }) } };
}

/** Least squares y = a + b x. */
function line(x: readonly number[], y: ArrayLike<number>): [number, number] {
  const n = x.length;
  const mean = (of: (i: number) => number) => x.reduce((sum, _, i) => sum + of(i), 0) / n;
  const [mx, my] = [mean((i) => x[i]!), mean((i) => y[i]!)];
  const slope = mean((i) => (x[i]! - mx) * (y[i]! - my)) / mean((i) => (x[i]! - mx) ** 2);
  return [my - slope * mx, slope];
}

test("variations of the same events are one group, and yields follow the sums of weights of their samples", async () => {
  const nominal = draw(0);
  const weights = Float64Array.from(nominal, (mass) => 1 + 0.02 * (mass - 50));
  const wider = nominal.map((mass) => 50 + 1.2 * (mass - 50));
  await write("pairs.npz", nominal, { wider, weights, ones: nominal.map(() => 1) });
  const samples = `[{ file: pairs.npz, weight: ones }, { file: pairs.npz, columns: { mass: wider }, weight: ones, at: { width: 1 } }, { file: pairs.npz, weight: weights, at: { tilt: 1 } }]`;
  const file = join(folder, "pairs.yaml");
  writeFileSync(
    file,
    YAML.replace(/samples: .*\] \}/, `samples: ${samples} }`).replace(
      "width: ,",
      "width: , tilt: { acceptance: sums },",
    ),
  );
  const { context, of, close: done } = await fittedRun(file, join(folder, "pairs"));
  const nu = [0.4, 0.3, 0];
  const [only] = await simulatedScores(context, of.fitted.model, nu, of);
  // Twice the sum of weights, twice the yield per unit of ν.
  const rows = of.acceptance.map((row) => ({ ...row, up: row.up && { ...row.up, ratio: 2 } }));
  const doubled = withAcceptance(of.fitted.model, context.analysis.configuration, rows).nuisances[1]!;
  await done();
  const { points, groups } = only!;
  close(
    points.map(({ coefficient }) => coefficient),
    [1 - 0.7, 0.4, 0.3],
    exact,
  );
  close(
    points.map(({ ofYield }) => ofYield),
    [-0.7, 0.4, 0.3],
    { absolute: 1e-9, relative: 0 },
  );
  assert.equal(
    groups.map((group) => group.samples.map(({ point }) => point)),
    [[0, 1, 2]],
  );
  assert.equal(doubled.kind === "shape" && doubled.acceptance, [{ up: Math.log(2), down: null }]);
  const together = gradientFluctuation([only!], 3);
  const apart = groups.flatMap((group) => group.samples.map((own) => ({ ...group, samples: [own] })));
  // Nominal and wider events, with 0.3 and 0.4, move the width alike: (0.3 + 0.4)² and more for 0.3² + 0.4² and more.
  assert.ok(together[0]! > 1.4 * gradientFluctuation([{ ...only!, groups: apart }], 3)[0]!);
});

test("of a generator: the events that the last training at a point sees, a part of them scored, y as data", async () => {
  const toys = mkdtempSync(join(tmpdir(), "unbinned-scores-"));
  const file = join(toys, "toy.yaml");
  writeFileSync(
    file,
    `name: Tiny toy
seed: 3
observables: { x: { features: 2 }, y: { features: 2 } }
simulation: { generator: doi-toy, events: 48000, heldOut: 0.2 }
data: { generator: doi-toy, events: 400 }
transport: { transforms: 1, bins: 3, hidden: [4], training: { epochs: 1, batch: 100 } }
fit: { secondStart: 0 }
${TINY_TOY}`,
  );
  const { context, of, close: done } = await fittedRun(file, join(toys, "out"));
  const found = await simulatedScores(context, of.fitted.model, of.fitted.fits.profiled!.summary.estimate, of);
  await done();
  rmSync(toys, { recursive: true });
  assert.is(found.length, 2);
  for (const { points, groups, trained, expected } of found) {
    assert.is(trained, 1);
    assert.ok(Math.abs(expected / 200 - 1) < 0.2);
    // Two processes at the nominal point; two at +1 and -1 of each nuisance.
    assert.equal(
      groups.map(({ total }) => total),
      [24_000, 12_000, 12_000, 12_000, 12_000],
    );
    for (const { count, samples } of groups) {
      assert.ok(count >= 3277 && count < 6554, `${count}`);
      assert.is(samples[0]!.scores.length, 2 * count);
      assert.ok(samples[0]!.scores.every(Number.isFinite));
    }
    close([points.reduce((sum, { coefficient }) => sum + coefficient, 0)], [1], exact);
  }
});

test.run();
