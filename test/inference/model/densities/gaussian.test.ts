/** A normal peak over an exponential: the diphoton events of the tutorial of CMS Combine, against the tutorial and against iminuit. */

import { test } from "uvu";
import * as assert from "uvu/assert";
import { cpuBackend } from "../../../../engine/cpu/backend.js";
import { checkedComposition } from "../../../../inference/model/composition/composition.js";
import { fitLikelihood, fitObjective } from "../../../../inference/model/likelihood/fit-likelihood.js";
import { minos } from "../../../../inference/statistics/intervals/minos.js";
import { referenceFile, referenceTest } from "../../../support/reference.js";
import { rootBranch } from "../../../support/root-branch.js";
import { withLikelihood } from "./evaluate-density.js";
import { parameter } from "./samples.js";

/** Integrated luminosity in 1/pb: weights of the simulation are cross-sections in pb. */
const LUMINOSITY = 138_000;

referenceTest("H → γγ: the signal strength of 10 000 events is 1.547 +0.214 -0.210", async () => {
  const m = rootBranch(referenceFile("hgg/data_part1.root"), "CMS_hgg_mass");
  assert.is(m.length, 10_000);
  const weights = rootBranch(referenceFile("hgg/mc_part1.root"), "weight");
  const expected = LUMINOSITY * weights.reduce((a, b) => a + b);
  const composition = checkedComposition({
    columns: { m: { range: [100, 180] } },
    parameters: [parameter("r", 1), parameter("B", 9800), parameter("c", 0.05)],
    functions: { signal: { kind: "product", factors: ["r", expected] } },
    densities: {
      // Mean and standard deviation of the simulation, as the tutorial fits them.
      peak: { kind: "gaussian", x: "m", mean: 125.001, sigma: 1.996 },
      rest: { kind: "exponential", x: "m", c: "c" },
      both: { kind: "mixture", summands: ["peak", "rest"], coefficients: ["signal", "B"] },
    },
  });
  const backend = await cpuBackend({ precision: "f64", threads: 1 });
  try {
    const use = async (likelihood: Parameters<Parameters<typeof withLikelihood>[4]>[0], start: number[]) => {
      const fit = await fitLikelihood(likelihood, { start, tolerance: 1e-8 });
      assert.is(fit.status, "converged");
      const [error] = await minos(fitObjective(likelihood), fit, { names: ["r"] });
      return { estimates: fit.estimate.values, error: error! };
    };
    const { estimates, error } = await withLikelihood(backend, composition, "both", { m }, use, true);
    const [r, B, c] = estimates as [number, number, number];
    assert.ok(Math.abs(r - 1.5472) < 0.002, `r = ${r}`);
    assert.ok(
      Math.abs(error.upper! - 0.2137) < 0.002 && Math.abs(error.lower! + 0.2099) < 0.002,
      `${error.upper}, ${error.lower}`,
    );
    assert.ok(Math.abs(B - 9719.9) < 1, `B = ${B}`);
    assert.ok(Math.abs(c - 0.0504) < 1e-4, `c = ${c}`);
  } finally {
    await backend.close();
  }
});

test.run();
