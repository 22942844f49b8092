/** `unbinned hessian`: sums, gradient and Hessian that PyTorch computed, and the errors that follow from them. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { runInProcess as run } from "../../cli/in-process.js";
import {
  file,
  folder,
  jointAnswer,
  json,
  jsonOf,
  RESPONDING,
  removeAnalyses,
  smoothFile,
  writeAnalyses,
} from "../../cli/likelihood-analyses.js";
import { torchEvents } from "../../inference/torch-mixture.js";
import { close } from "../../support/close.js";

test.before(writeAnalyses);
test.after(removeAnalyses);

const exact = { absolute: 1e-11, relative: 1e-11 };

/** Of the four parameters of PyTorch, the two that this analysis declares. */
const firstTwo = (values: readonly number[]) => values.slice(0, 2);
const block = (values: readonly number[]) => [values[0]!, values[1]!, values[4]!, values[5]!];

test("hessian gives the data's sums and the total with constraints and extended term", async () => {
  const { result } = await json("hessian", "--nu", "0,0");
  const { data, total } = jointAnswer;
  close([result.data.nll, result.total.nll], [data.nll, total.nll], exact, "nll");
  close(result.data.gradient, firstTwo(data.gradient.data), exact, "gradient");
  close(result.data.hessian.flat(), block(data.hessian.data), exact, "Hessian");
  close(result.total.gradient, firstTwo(total.gradient.data), exact, "total gradient");
  close(result.total.hessian.flat(), block(total.hessian.data), exact, "total Hessian");
  assert.is(result.transport, "fixed");
});

test("weighted events have the sandwich covariance, unweighted ones the inverse Hessian", async () => {
  const { result: weighted } = await json("hessian", "--nu", "0,0");
  assert.is(weighted.estimator, "sandwich");
  const { weights } = torchEvents;
  const [sum, squares] = [(w: number) => w, (w: number) => w * w].map((of) =>
    Array.from(weights!, of).reduce((a, b) => a + b, 0),
  ) as [number, number];
  close([weighted.effectiveEvents], [sum ** 2 / squares], exact);
});

test("covariance and modes are those of the inverse Hessian", async () => {
  const { result } = await jsonOf(smoothFile, "hessian", "--nu", "scale=0.3,tilt=0.2");
  assert.is(result.estimator, "inverse Hessian");
  const entry = (rows: number[][], k: number) => rows[Math.floor(k / 4)]![k % 4]!;
  const all = Array.from({ length: 16 }, (_, k) => k);
  const product = all.map((k) => {
    const [i, j] = [Math.floor(k / 4), k % 4];
    return [0, 1, 2, 3].reduce((sum, l) => sum + result.covariance[i][l] * result.total.hessian[l][j], 0);
  });
  close(product, [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1], exact, "covariance · Hessian");
  const rebuilt = all.map((k) =>
    result.modes.reduce(
      (sum: number, { sigma, direction }: { sigma: number; direction: number[] }) =>
        sum + sigma ** 2 * direction[Math.floor(k / 4)]! * direction[k % 4]!,
      0,
    ),
  );
  close(
    rebuilt,
    all.map((k) => entry(result.covariance, k)),
    exact,
    "modes",
  );
  close(
    result.sigma,
    [0, 5, 10, 15].map((k) => Math.sqrt(entry(result.covariance, k))),
    exact,
    "sigma",
  );
});

test("where T responds to nu, errors with T fixed are given too", async () => {
  const at = ["--nu", "0.4,0.2,-0.1,0.1"];
  const { result } = await jsonOf(smoothFile, "hessian", ...at, ...RESPONDING);
  const { result: fixed } = await jsonOf(smoothFile, "hessian", ...at);
  assert.is(result.transport, "profiled");
  assert.is(result.fixedTransport.transport, "fixed");
  assert.equal(result.fixedTransport.covariance, fixed.covariance);
  assert.not.equal(result.covariance, fixed.covariance);
  assert.is(result.data.nll, fixed.data.nll, "at the nominal values of its response T is what it was");
});

test("hessian without a minimum has covariance null and says why", async () => {
  const { result, error } = await json("hessian", "--nu", "0,0", "--set", "data.weight=null", "--head", "1");
  assert.is(result.covariance, null);
  assert.equal(result.modes, []);
  assert.match(result.problem, /^The Hessian is not positive definite: along .* it is negative/);
  assert.match(error, /unbinned: warning: The Hessian is not positive definite/);
});

test("hessian --out leaves its numbers in the folder", async () => {
  const { result } = await json("hessian", "--nu", "0,0", "--out", join(folder, "elsewhere"));
  assert.equal(JSON.parse(readFileSync(join(folder, "elsewhere", "hessian.json"), "utf8")), result);
});

test("likelihood.observables: [x] looks at x alone", async () => {
  const { result } = await json("hessian", "--nu", "0,0", "--set", "likelihood.observables=[x]");
  assert.is(result.transport, "none");
  assert.ok(Math.abs(result.data.nll - jointAnswer.data.nll) > 1);
});

test("wrong input is refused with what to do", async () => {
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [
      ["hessian", file, "--set", "output=elsewhere"],
      /expected a trained model, .*model\.safetensors, got no such file\. Make it with `unbinned run/,
    ],
    [
      ["hessian", join(folder, "renamed.yaml")],
      /expected the nuisances that .* declares: nu1 \(shape\), nu3 \(shape\), got nu1 \(shape\), nu2 \(shape\)/,
    ],
    [
      ["hessian", file, "--backend", "reference", "--precision", "f32"],
      /--precision: expected f64 with --backend reference, got f32/,
    ],
    [
      ["hessian", file, "--set", "observables.x.features=2", "--set", "data.file=wide.npz"],
      /expected a model of 2 features of x .*, got weights of another architecture, 1 features/,
    ],
  ];
  for (const [words, message] of cases) {
    const { code, error } = await run(words);
    assert.ok(code === 1 || code === 2, words.join(" "));
    assert.match(error, message);
  }
});

test.run();
