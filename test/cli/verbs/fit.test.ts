/** `unbinned fit`: its minimum, and how it ends at a bound. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { runInProcess as run } from "../../cli/in-process.js";
import {
  folder,
  jsonAndCode,
  jsonOf,
  RESPONDING,
  removeAnalyses,
  smoothFile,
  writeAnalyses,
} from "../../cli/likelihood-analyses.js";
import { close } from "../../support/close.js";

test.before(writeAnalyses);
test.after(removeAnalyses);

const exact = { absolute: 1e-11, relative: 1e-11 };

test("fit finds the minimum that hessian confirms", async () => {
  const { result } = await jsonOf(smoothFile, "fit", "--precision", "f64");
  assert.is(result.status, "converged");
  const { result: there } = await jsonOf(smoothFile, "hessian", "--nu", result.estimate.join());
  // edm < 1e-5: within 0.0045 σ of the minimum.
  there.total.gradient.forEach((slope: number, k: number) => {
    assert.ok(Math.abs(slope) * result.sigma[k] < 4.5e-3, `gradient ${k} is ${slope}`);
  });
  close(result.sigma, there.sigma, exact, "sigma");
  const { out } = await run(["fit", smoothFile]);
  assert.match(out, /^converged: /m);
  assert.match(out, /^nuisance +estimate +sigma \(T fixed, inverse Hessian\) +truth +pull$/m);
});

test("a fit in which T responds stays in the box where its response was trained", async () => {
  const out = ["--out", join(folder, "edge"), "--set", `output=${join(folder, "responding")}`];
  const words = [...RESPONDING, "--set", "response.range=0.01", ...out];
  const { result, code, error } = await jsonAndCode(smoothFile, "fit", ...words);
  assert.is(code, 3);
  assert.match(
    error,
    /^unbinned: fit: expected a minimum, got the verdict at-validity-edge\. .* The results are written/m,
  );
  assert.equal(JSON.parse(readFileSync(join(folder, "edge", "fit.json"), "utf8")), result);
  assert.is(result.status, "at-validity-edge");
  assert.match(
    result.reason,
    /of its validity range.* The response of T was trained within response\.range = 0\.01 of its nominal values only: widen response\.range, response\.scale with it, and run again\./,
  );
  const nominals = [0.4, 0.2, -0.1, 0.1];
  for (const [k, value] of result.estimate.entries()) assert.ok(Math.abs(value - nominals[k]!) <= 0.01 + 1e-12);
});

test("a fit that ends at a bound says which entry holds it", async () => {
  const words = ["--set", "fit.bounds=[-0.05, 0.5]", "--nu", "0.1,0.1,0.1,0.1"];
  const { result, code } = await jsonAndCode(smoothFile, "fit", ...words);
  assert.is(code, 3);
  assert.is(result.status, "at-bound");
  assert.match(
    result.reason,
    /is at its (lower|upper) bound \S+; the NLL still falls beyond it\..* fit\.bounds is \[-0\.05, 0\.5\]: widen it where values beyond make sense\./,
  );
});

test.run();
