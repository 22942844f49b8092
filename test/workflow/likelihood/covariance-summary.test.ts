/** Nuisances that the data do not distinguish, or do not feel at all: what fit, scan and hessian say of them, and how they end. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { autoregressiveFlow, initialise } from "../../../flows/architecture/architecture.js";
import { writeNpz } from "../../../io/index.js";
import { saveModel } from "../../../workflow/store/model-files.js";
import { unbinned } from "../../cli/child-process.js";
import { randomNumbers } from "../../support/random-numbers.js";

const folder = mkdtempSync(join(tmpdir(), "unbinned-singular-"));
const file = join(folder, "analysis.yaml");
test.after(() => rmSync(folder, { recursive: true }));

const COUNT = 3000;
/** log(1 + κ) of the rates: the number of events alone measures their sum, with information COUNT · LOG_FACTOR². */
const LOG_FACTOR = Math.log(11);

const YAML = `
output: out
observables: { x: { features: 1 } }
likelihood: { observables: [x] }
processes: { only: { yield: ${COUNT}, samples: [{ file: data.npz }] } }
nuisances:
  first: { kind: rate, kappa: 10 }
  second: { kind: rate, kappa: 10 }
  unfelt: { kind: rate, kappa: 0 }
flows: { x: { kind: affine, transforms: 1, hidden: [2] } }
data: { file: data.npz }
fit: { start: { first: 0.1 }, secondStart: 0 }
scan: { nuisances: [unfelt], pairs: [[first, unfelt]], points: 3, grid: 3 }
`;

test.before(async () => {
  writeFileSync(file, YAML);
  const random = randomNumbers(3);
  const x = Float64Array.from({ length: COUNT }, () => random() + random() + random() - 1.5);
  await writeNpz(join(folder, "data.npz"), { x: { shape: [COUNT, 1], data: x } });
  mkdirSync(join(folder, "out"));
  const architecture = autoregressiveFlow({
    features: 1,
    context: 1,
    hidden: [2],
    transforms: 1,
    transform: { kind: "affine" },
  });
  await saveModel(join(folder, "out"), {
    processes: [{ name: "only", logYield: Math.log(COUNT) }],
    nuisances: ["first", "second", "unfelt"].map((name) => {
      return { name, kind: "rate", nominal: 0, logFactors: [name === "unfelt" ? 0 : LOG_FACTOR] };
    }),
    x: { nominal: { architecture, weights: initialise(architecture, 1, { identity: true }) } },
  });
});

const SINGULAR =
  /The Hessian is singular: along 0\.707 first - 0\.707 second it is flat \(eigenvalue \S+ at unit diagonal\)\. The data do not distinguish these parameters: constrain, fix or merge some of them\. In f64 \(--precision f64\) the constraints may suffice\./;

test("fit of two nuisances that act alike, in f32: singular, written, exit code 3", async () => {
  const { out, error, code } = await unbinned("fit", file, "--json");
  assert.is(code, 3, error);
  assert.match(error, SINGULAR);
  const { status, covariance, sigma, problem } = JSON.parse(out);
  assert.is(status, "not-positive-definite");
  assert.is(covariance, null);
  assert.is(sigma, null);
  assert.match(problem, SINGULAR);
});

test("scan has no range without errors: the fit is written, exit code 3", async () => {
  const { out, error, code } = await unbinned("scan", file, "--json");
  assert.is(code, 3, error);
  assert.match(error, /warning: scans: left out, as the fit did not give every nuisance an error/);
  assert.match(error, SINGULAR);
  const { fit, single, pairs } = JSON.parse(out);
  assert.is(fit.status, "not-positive-definite");
  assert.equal([single, pairs], [[], []]);
});

test("hessian in f32 has no covariance and says why", async () => {
  const { out, error, code } = await unbinned("hessian", file, "--nu", "0,0,0", "--precision", "f32", "--json");
  assert.is(code, 0, error);
  assert.is(JSON.parse(out).covariance, null);
  assert.match(error, SINGULAR);
});

test("in f64 the constraints distinguish the two, and give what nothing depends on its own error of 1", async () => {
  const { out, error, code } = await unbinned("fit", file, "--precision", "f64", "--json");
  assert.is(code, 0, error);
  const { sigma, correlation } = JSON.parse(out);
  // H = 1 + I (1 1; 1 1), I = COUNT · LOG_FACTOR²: (H⁻¹)_00 = (1 + I) / (1 + 2 I), (H⁻¹)_01 = -I / (1 + 2 I).
  const information = COUNT * LOG_FACTOR ** 2;
  const expected = Math.sqrt((1 + information) / (1 + 2 * information));
  // The estimate is within an edm of 1e-5 of the minimum, where I is the curvature to a part in 10⁴.
  assert.ok(Math.abs(sigma[0] - expected) < 1e-4 && Math.abs(sigma[1] - expected) < 1e-4, `${sigma}, ${expected}`);
  assert.ok(Math.abs(correlation[0][1] + information / (1 + information)) < 1e-4);
  assert.match(
    error,
    /warning: The data hardly distinguish first and second \(correlation -0\.9999\)\. Their separate errors depend on small differences .*\. Merge them, fix one of them, or quote only the direction that the data measure\.$/m,
  );
  assert.is(sigma[2], 1);
  assert.is(correlation[0][2], 0);
});

test("run refuses a pair term without joint samples, before it makes anything", async () => {
  const pair = join(folder, "pair.yaml");
  writeFileSync(
    pair,
    `
output: never
observables: { x: { features: 1 } }
likelihood: { observables: [x] }
processes:
  only: { yield: 1, samples: [{ file: data.npz }, { file: up.npz, at: { a: 1 } }, { file: up.npz, at: { b: 1 } }] }
nuisances: { a: , b: }
morph: { pairs: [[a, b]] }
data: { file: data.npz }
`,
  );
  const { out, error, code } = await unbinned("run", pair);
  assert.is(code, 2);
  assert.is(out, "");
  assert.match(
    error,
    /^unbinned: .*pair\.yaml:8:\d+: morph\.pairs\[0\]: expected a sample of only in which a and b are both off nominal, got none\. Add one, for example with `at: \{a: 1, b: 1\}`, or remove the pair\n$/,
  );
  assert.throws(() => rmSync(join(folder, "never"), { recursive: true }), /ENOENT/);
});

test.run();
