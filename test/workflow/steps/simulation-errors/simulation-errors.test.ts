/** The part of the errors that comes from the simulation, on a normal distribution whose width is measured: the closed form is known. */
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { COUNT, folder, removeMass, run, runMass } from "../../../cli/mass-run.js";
import { close } from "../../../support/close.js";

test.before(runMass);
test.after(removeMass);

const results = (out: string) => JSON.parse(readFileSync(join(folder, out, "results.json"), "utf8"));

/**
 * The logarithm of a width has the variance 1 / 2n, for n events of the data as for n of the simulation. At ν near 0 the nominal events
 * alone count, of which nine tenths are trained on; the constraint takes its part of N (2 ln² 1.2).
 */
const information = 2 * COUNT * Math.log(1.2) ** 2;
const perStatistical = Math.sqrt((1 / 0.9) * (information / (information + 1)));

// The variance of z² of 1800 events is known to 8.8%, the curvature of 2000 to 3%: beyond 19% once in 10^4.
test("to first order it is the closed form for n simulated events, and the total is the sum of both parts (false alarm 1e-4)", async () => {
  const { fits } = results("out");
  const { covariance, sigma, simulation, total } = fits.xAlone;
  assert.is(simulation.estimator, "first order");
  assert.equal([simulation.replicas, simulation.precision, simulation.noise], [0, null, null]);
  close([simulation.sigma[0] / sigma[0]], [perStatistical], { absolute: 0.19, relative: 0 });
  // No yield follows the samples.
  assert.ok(simulation.sigma[1] < 0.01 * sigma[1], `${simulation.sigma[1]}`);
  for (const [k, row] of covariance.entries()) {
    for (const [l, value] of row.entries()) {
      close([total.covariance[k][l]], [value + simulation.covariance[k][l]], { absolute: 1e-12, relative: 1e-12 });
    }
  }
  close(
    total.sigma,
    [0, 1].map((k) => Math.hypot(sigma[k], simulation.sigma[k])),
    { absolute: 1e-12, relative: 1e-12 },
  );
  assert.match(
    readFileSync(join(folder, "out", "report.html"), "utf8"),
    /It is estimated to first order, from the fluctuation/,
  );
});

// The σ of ten replicas is known to 24%: outside of [0.4, 1.9] once in 10^3.
test("ten replicas, trained again, scatter as the closed form says, in steps that are kept (false alarm 1e-3)", async () => {
  const words = [
    "run",
    "--set",
    "simulation.replicas=10",
    "--set",
    "truth.width=0.2",
    "--out",
    join(folder, "replicas"),
  ];
  const { code, error, out } = await run(...(words as [string, ...string[]]));
  assert.is(code, 0, error);
  const { simulation, total, estimate, sigma } = results("replicas").fits.xAlone;
  assert.is(simulation.estimator, "bootstrap");
  assert.equal([simulation.replicas, simulation.precision], [10, 1 / Math.sqrt(18)]);
  const ratio = simulation.sigma[0] / sigma[0] / perStatistical;
  assert.ok(ratio > 0.4 && ratio < 1.9, `${ratio}`);
  // A morph of a few numbers has next to no noise of its own.
  assert.ok(simulation.noise[0] < 0.5 * simulation.sigma[0]);
  assert.match(out, /nuisance +estimate +sigma \(inverse Hessian\) +simulation \(bootstrap\) +total +truth +pull/);
  const pull = ((estimate[0] - 0.2) / total.sigma[0]).toFixed(2);
  assert.match(out, new RegExp(`width .* 0\\.2 +${pull}\\n`));
  assert.match(
    readFileSync(join(folder, "replicas", "report.html"), "utf8"),
    /It comes from 10 replicas, .* and is known to 24%/,
  );
  const written = () =>
    Array.from(
      { length: 10 },
      (_, b) => statSync(join(folder, "replicas", "steps", `simulation.replica.${b}.safetensors`)).mtimeMs,
    );
  const before = written();
  const again = await run(...(words as [string, ...string[]]));
  assert.is(again.code, 0, again.error);
  assert.equal(written(), before);
});

test("warns of a single replica, which has no scatter", async () => {
  const out = join(folder, "replicas");
  const { code, error } = await run("run", "--set", "simulation.replicas=1", "--out", out);
  assert.is(code, 0, error);
  assert.match(error, /a scatter needs two replicas of the simulation\. Its error is estimated to first order/);
  assert.is(results("replicas").fits.xAlone.simulation.estimator, "first order");
});

test.run();
