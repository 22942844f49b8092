/** Post-fit yields by the chain rule on paper. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { postFitYields } from "../../../../inference/model/predictions/post-fit-yields.js";
import { close } from "../../../support/close.js";
import { gaussianModel } from "../../../support/gaussian-mixture.js";
import { shiftModel } from "../../shift-model.js";

const exact = { absolute: 1e-12, relative: 1e-12 };

/** Of the shift "scale", which moves no yield, and of the "rate" of gaussianModel, declared the other way round. */
const errors = {
  names: ["rate", "scale"],
  matrix: [
    [0.49, 0.3],
    [0.3, 1.5],
  ],
};

test("N_f (1 + κ)^(θ - nominal), ± N_f log(1 + κ) σ; the third process moves against the second", async () => {
  const { processes, total, covariance, correlation } = await postFitYields(gaussianModel, [0.4, 1.2, 0, 0], errors);
  const [second, third] = [60 * 1.1, 100 / 1.1];
  const slope = Math.log(1.1) * 0.7;
  assert.equal(
    processes.map(({ name }) => name),
    ["process0", "process1", "process2"],
  );
  close(
    processes.map(({ value }) => value),
    [40, second, third],
    exact,
  );
  close(
    processes.map(({ sigma }) => sigma),
    [0, second * slope, third * slope],
    exact,
  );
  assert.is(total.name, "total");
  close([total.value, total.sigma], [40 + second + third, (third - second) * slope], exact);
  close(covariance[1]!, [0, (second * slope) ** 2, -second * third * slope ** 2], exact);
  assert.equal(correlation[0], [undefined, undefined, undefined]);
  close(correlation[2]!.slice(1) as number[], [-1, 1], exact);
});

test("two rates on the same processes: their correlation enters", async () => {
  const processes = [10, 20].map((count) => ({ name: `of ${count}`, logYield: Math.log(count) }));
  const nuisances = [
    { name: "luminosity", kind: "rate", nominal: 0, logFactors: [0.1, 0.1] },
    { name: "of one", kind: "rate", nominal: 0, logFactors: [0.5, 0] },
  ] as const;
  const model = { ...gaussianModel, processes, nuisances };
  const matrix = [
    [0.04, -0.01],
    [-0.01, 0.09],
  ];
  const found = await postFitYields(model, [0, 0], { names: ["luminosity", "of one"], matrix });
  // G = [[1, 5], [2, 0]]; V_11 = 0.04 - 0.1 + 25 · 0.09, V_12 = 0.08 - 0.1, V_22 = 0.16.
  close(found.covariance.flat(), [2.19, -0.02, -0.02, 0.16], exact);
  close([found.total.sigma ** 2], [2.19 - 0.04 + 0.16], exact);
  close([found.correlation[0]![1]!], [-0.02 / Math.sqrt(2.19 * 0.16)], exact);
});

test("yields that no nuisance moves have no error", async () => {
  const model = shiftModel({ events: 7, a: [0.1], b: [0.1] });
  const { processes, total, correlation } = await postFitYields(model, [0.3], { names: ["shape0"], matrix: [[0.5]] });
  close([processes[0]!.value, processes[0]!.sigma, total.value, total.sigma], [7, 0, 7, 0], exact);
  assert.equal(correlation, [[undefined]]);
});

test("errors of nuisances that the model does not have are refused", async () => {
  try {
    await postFitYields(gaussianModel, [0, 0, 0, 0], { names: ["other"], matrix: [[1]] });
    assert.unreachable();
  } catch (error) {
    assert.match((error as Error).message, /postFitYields: expected one of scale, rate, tilt, modelling, got "other"/);
  }
});

test.run();
