/** Toys of compositions: exact likelihoods, whose coverage is known; resumed; and what their verdicts say. */
import { readdirSync, readFileSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { binomialPValue } from "../../../inference/statistics/goodness/binomial.js";
import { runInProcess } from "../../cli/in-process.js";
import { close } from "../../support/close.js";
import { compositionFiles, type Files } from "../composition-sample.js";

let files: Files;
test.before(async () => {
  files = await compositionFiles();
  const spread = (n: number, mean: number, width: number) =>
    Array.from({ length: n }, (_, i) => mean + width * ((i + 0.5) / n - 0.5));
  await files.sample("m.npz", { m: spread(N[0], 2, 3.4) });
  await files.sample("k.npz", { k: spread(N[1], 0.7, 6) });
  await files.sample("few.npz", { m: spread(MEAN, 5, 9) });
});
test.after(() => files.remove());

async function coverage(name: string, source: string, toys: number, ...more: readonly string[]) {
  const file = files.write(`${name}.yaml`, source);
  const words = ["coverage", file, "--toys", `${toys}`, "--out", join(files.folder, name), "--backend", "reference"];
  const { out, error, code } = await runInProcess([...words, ...more, "--json"], { judgesTrainings: true });
  return { result: out === "" ? undefined : JSON.parse(out), error, code };
}

/** Means of two samples: m of mu + shift with width 1, k of shift with width 2. */
const N = [20, 10] as const;
const SIGMA = 0.7;
const GAUSSIAN = `columns: { m: {}, k: {} }
samples: { a: m.npz, b: k.npz }
parameters: { mu: 1, shift: { constraint: { normal: { observed: 0.3, sigma: ${SIGMA} } } } }
functions: { mean: { sum: [mu, shift] } }
densities: { first: { gaussian: { x: m, mean: mean, sigma: 1 } }, second: { gaussian: { x: k, mean: shift, sigma: 2 } } }
likelihoods: { fit: { channels: { a: { density: first, sample: a }, b: { density: second, sample: b } } } }
`;

/** A probability that a right program is below in one test of a thousand. */
const LEAST = 1e-3;

test("a Gaussian likelihood with an auxiliary measurement: pulls are standard normal (seed 1, 200 toys, ten tests with a false-alarm probability of 0.001 each)", async () => {
  const { result, code, error } = await coverage("gaussian", GAUSSIAN, 200);
  assert.is(code, 0, error);
  const [fit] = result.likelihoods;
  assert.equal([fit.toys, fit.withoutErrors], [200, 0]);
  // The weights of the two measurements of shift add up; mu is what is known of the sum, less shift.
  const variance = 1 / (1 / SIGMA ** 2 + N[1] / 4);
  const exact = [Math.sqrt(1 / N[0] + variance), Math.sqrt(variance)];
  // Both fits stop within 1e-5 of an error.
  close(
    fit.nuisances.map(({ meanSigma }: { meanSigma: number }) => meanSigma),
    exact,
    { absolute: 0, relative: 1e-6 },
    "errors do not depend on the toy",
  );
  for (const { name, meanPValue, widthPValue, intervals } of fit.nuisances) {
    for (const [what, pValue] of [
      ["mean", meanPValue],
      ["width", widthPValue],
      ...intervals.map((own: { sigmas: number; pValue: number }) => [`${own.sigmas} sigma`, own.pValue]),
    ])
      assert.ok(pValue > LEAST, `${name}, ${what}: p = ${pValue}`);
  }
  for (const { pValue } of fit.pairs[0].ellipses) assert.ok(pValue > LEAST, `ellipse: p = ${pValue}`);
});

const MEAN = 20;
const COUNT = `columns: { m: { range: [0, 10] } }
samples: { few: few.npz }
parameters: { n: ${MEAN} }
densities: { flat: { uniform: m }, model: { mixture: { flat: n } } }
likelihoods: { fit: { density: model, sample: few } }
`;

test("a count of 20: N ± √N covers as often as Poisson's law says (seed 1, 300 toys, false-alarm probability 0.002)", async () => {
  const { result, code, error } = await coverage("count", COUNT, 300);
  assert.is(code, 0, error);
  const [{ nuisances }] = result.likelihoods;
  for (const { sigmas, covered, toys } of nuisances[0].intervals) {
    let exact = 0;
    let probability = Math.exp(-MEAN);
    for (let n = 1; n < 200; n++) {
      probability *= MEAN / n;
      if (Math.abs(n - MEAN) <= sigmas * Math.sqrt(n)) exact += probability;
    }
    const pValue = binomialPValue(covered, toys, exact);
    assert.ok(pValue > LEAST, `${covered} of ${toys} where ${exact} is right: p = ${pValue}`);
  }
});

test("toys are kept and resumed, to the same bits; other starts, seeds and true values are other toys", async () => {
  const toysOf = (name: string, folder = "toys") => {
    const at = join(files.folder, name, "coverage", folder, "likelihood-fit");
    const numbered = readdirSync(at).filter((file) => /^\d/.test(file));
    return numbered.map((file) => [file, readFileSync(join(at, file), "utf8")]);
  };
  await coverage("kept", COUNT, 3);
  const before = toysOf("kept");
  await coverage("kept", COUNT, 5);
  assert.equal(toysOf("kept").slice(0, 3), before);
  await coverage("direct", COUNT, 5);
  assert.equal(toysOf("direct"), toysOf("kept"));
  const single = await runInProcess(
    [
      "coverage",
      join(files.folder, "kept.yaml"),
      "--toy",
      "7",
      "--out",
      join(files.folder, "kept"),
      "--backend",
      "reference",
    ],
    { judgesTrainings: true },
  );
  assert.match(single.out, /toy 7: .*likelihood-fit\/7\.json$/m);
  assert.is(toysOf("kept").length, 6);

  const { error } = await coverage("kept", COUNT, 2, "--seed", "2");
  assert.match(error, /4 of 6 toys are of another configuration/);
  const { result } = await coverage("kept", COUNT, 2, "--at", "n=35");
  assert.equal(result.likelihoods[0].truth, [35]);
  assert.is(toysOf("kept", atFolder("kept")).length, 2);
});

const atFolder = (name: string) => {
  const found = readdirSync(join(files.folder, name, "coverage")).find((own) => own.startsWith("toys-at"));
  assert.ok(found !== undefined);
  return found!;
};

test("true values that the fit does not have are a bias, and fail the command with 4", async () => {
  const fixed = GAUSSIAN.replace("mu: 1, shift: {", "mu: 1, shift: { start: 0.3, fixed: true,");
  const { code, error, result } = await coverage("biased", fixed, 30, "--at", "shift=0.9");
  assert.is(code, 4);
  assert.match(
    error,
    /likelihood fit: in 30 toys the estimates of mu are off by [12]\.\d\d standard deviations on average/,
  );
  assert.is(result.verdicts[0].check, "bias of toys");
});

test("toys that end at a limit have no errors, and are said", async () => {
  const limited = COUNT.replace(`n: ${MEAN}`, `n: { start: ${MEAN}, range: [18, 100] }`);
  const { result, error } = await coverage("limited", limited, 30);
  const [{ withoutErrors, toys }] = result.likelihoods;
  assert.is(withoutErrors + toys, 30);
  // P(N <= 18) = 0.38.
  assert.ok(withoutErrors > 3 && withoutErrors < 20, `${withoutErrors}`);
  assert.match(error, new RegExp(`${withoutErrors} of 30 toys have no errors, as their fits ended at a limit`));
});

test("toys with fewer estimates of one side are a selection: their bias is said, and fails nothing (seed 1)", async () => {
  const limited = COUNT.replace(`n: ${MEAN}`, `n: { start: ${MEAN}, range: [18, 100] }`);
  const { result, code, error } = await coverage("selected", limited, 90, "--at", "n=18");
  assert.is(code, 0, error);
  const [{ withoutErrors, nuisances }] = result.likelihoods;
  // P(N <= 18) = 0.56; of the others N is above its mean.
  assert.ok(withoutErrors > 30 && withoutErrors < 70, `${withoutErrors}`);
  assert.ok(nuisances[0].pulls.every((pull: number) => pull > 0));
  assert.equal(
    result.verdicts.map(({ check, failed }: { check: string; failed: boolean }) => [check, failed]),
    [
      ["toys without errors", false],
      ["bias of toys", false],
    ],
  );
  assert.match(error, /those of the others, a selection\..*\n.*estimates of n are off by .* may be the selection/);
});

test("a likelihood whose toys all end at a limit is said, with 4, and takes nothing from the others", async () => {
  const two = COUNT.replace(`n: ${MEAN} }`, `n: ${MEAN}, high: { start: 90, range: [80, 100] } }`)
    .replace("model: {", "other: { mixture: { flat: high } }, model: {")
    .replace("likelihoods: {", "likelihoods: { limited: { density: other, sample: few },");
  const { result, code, error } = await coverage("all-limited", two, 5, "--at", "high=20");
  assert.is(code, 4, error);
  const written = readFileSync(join(files.folder, "all-limited", "coverage", atFolder("all-limited"), "coverage.json"));
  assert.equal(JSON.parse(`${written}`), result);
  const parts = result.likelihoods.map((own: { name: string; toys: number; withoutErrors: number; nuisances: [] }) => {
    return [own.name, own.toys, own.withoutErrors, own.nuisances.length];
  });
  assert.equal(parts, [
    ["limited", 0, 5, 0],
    ["fit", 5, 0, 1],
  ]);
  assert.match(error, /likelihood limited: 5 of 5 toys have no errors, .*: whether its errors cover cannot be said/);
  assert.match(error, /1 that failed, named in the warnings: toys without errors/);
});

test("an auxiliary count of 0 is one of more in toys: their fits solve the two Poisson laws (seed 1)", async () => {
  const source = `columns: { m: { range: [0, 10] } }
samples: { few: few.npz }
parameters: { b: { range: [0, 50], constraint: { poisson: { observed: 0, scale: 0.5 } } }, c: { start: 5, fixed: true } }
functions: { all: { sum: [b, c] } }
densities: { flat: { uniform: m }, model: { mixture: { flat: all } } }
likelihoods: { fit: { density: model, sample: few } }
`;
  const { code, error } = await coverage("aux", source, 20);
  assert.is(code, 0, error);
  const counts = Array.from({ length: 20 }, (_, toy) => {
    const file = join(files.folder, "aux", "coverage", "toys", "likelihood-fit", `${toy}.json`);
    const { events, fits } = JSON.parse(readFileSync(file, "utf8"));
    const { status, estimate, sigma } = fits.fit;
    assert.is(status, "converged");
    const [b] = estimate;
    // N / (b + 5) + k / b = 1.5 at the minimum: it says which count k the toy had.
    const k = b * (1.5 - events / (b + 5));
    const count = Math.round(k);
    // Fits stop within 1e-5 of an error.
    assert.ok(count >= 0 && Math.abs(k - count) < 1e-3, `${k}`);
    const exact = 1 / Math.sqrt(events / (b + 5) ** 2 + count / b ** 2);
    assert.ok(Math.abs(sigma[0] / exact - 1) < 1e-3, `${sigma} where ${exact} is right`);
    return count;
  });
  // Of mean 0.5 (20 / 1.5 - 5).
  assert.ok(counts.some((count) => count > 0) && new Set(counts).size > 2, `${counts}`);
});

test("a training of which nothing can be said fails the coverage of what rests on it with 4", async () => {
  const source = `columns: { m: {} }
samples: { a: m.npz }
parameters: { n: ${N[0]} }
densities:
  bell: { flow: { of: [m], train: a, kind: affine, transforms: 1, training: { epochs: 2 } } }
  model: { mixture: { bell: n } }
likelihoods: { fit: { density: model, sample: a } }
`;
  const { result, code, error } = await coverage("trained", source, 2);
  assert.is(code, 4, error);
  assert.match(error, /warning: density bell: whether the training converged cannot be said/);
  assert.equal(
    result.verdicts.map(({ check, failed }: { check: string; failed: boolean }) => [check, failed]),
    [["training", true]],
  );
  assert.is(result.likelihoods[0].toys, 2);
});

test("a study in parts has the bits of one alone; a sum names the toys that are missing or damaged, until they are done", async () => {
  const file = files.write("parts.yaml", COUNT);
  const call = (...words: readonly string[]) =>
    runInProcess(["coverage", file, "--out", join(files.folder, "parts"), "--backend", "reference", ...words], {
      judgesTrainings: true,
    });
  const textOf = (name: string) => readFileSync(join(files.folder, name, "coverage", "toys", "coverage.json"), "utf8");
  await coverage("alone", COUNT, 12);
  const early = await call("--aggregate", "--toys", "12");
  assert.is(early.code, 1);
  assert.match(
    early.error,
    /^unbinned: coverage: expected toys to sum up, got none, as the step fit\.fit, which they follow from, is not done\. /m,
  );
  for (const part of ["8-11", "0-3"]) {
    const { code, out, error } = await call("--toys", part);
    assert.is(code, 0, error);
    assert.match(out, new RegExp(`^toys ${part}: .*likelihood-fit$`, "m"));
  }
  truncateSync(join(files.folder, "parts", "coverage", "toys", "likelihood-fit", "9.json"), 100);
  const lacking = await call("--aggregate", "--toys", "12");
  assert.is(lacking.code, 1);
  assert.match(lacking.error, /9\.json: expected a toy .*, got a file that cannot be read/);
  assert.match(lacking.error, /^unbinned: coverage: expected 12 toys, got 7; missing: 4-7, 9\. /m);
  assert.match(lacking.out, "likelihood fit: 7 toys, 5 missing (4-7, 9)");
  assert.equal(JSON.parse(textOf("parts")).likelihoods[0].missing, [4, 5, 6, 7, 9]);
  for (const part of ["0-7", "8-11"]) assert.is((await call("--toys", part)).code, 0);
  const whole = await call("--aggregate", "--toys", "12");
  assert.is(whole.code, 0, whole.error);
  assert.is(textOf("parts"), textOf("alone").replace(/"alone"/, '"parts"'));
});

test("options that are of measurements, and true values of no parameter, are refused", async () => {
  const said = async (...more: readonly string[]) => {
    const { error, code } = await coverage("refused", COUNT, 2, ...more);
    return `${code}: ${error}`;
  };
  assert.match(
    await said("--mode", "data"),
    /^2: .*--mode: expected a measurement .* Leave it out: toys are drawn at the/,
  );
  assert.match(await said("--at", "m=1"), /^2: .*--at: expected parameters \(n\), got m/);
  assert.match(await said("--at", "20"), /^2: .*--at: expected name=value, got 20/);
  assert.match(await said("--aggregate", "--toys", "3-5"), /^2: .*--toys: expected N beside --aggregate, got 3-5/);
  assert.match(await said("--toys", "5-3"), /^2: .*--toys: expected an integer from 1 to 1000000, or the first and/);
  assert.match(await said("--toy", "1"), /^2: .*expected --toys, --toy I or --aggregate, got several/);
});

test.run();
