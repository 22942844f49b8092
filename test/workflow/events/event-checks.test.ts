/** What the verbs say of events that decide or break a likelihood, and how they end. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { readNpz, writeNpz } from "../../../io/index.js";
import { runInProcess } from "../../cli/in-process.js";
import { randomNumbers } from "../../support/random-numbers.js";

const folder = mkdtempSync(join(tmpdir(), "unbinned-data-checks-"));
test.after(() => rmSync(folder, { recursive: true }));
const file = join(folder, "analysis.yaml");
const out = join(folder, "out");

const COUNT = 2000;
const random = randomNumbers(29);
const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
/** A normal distribution, a fifth wider per unit of ν. */
const draw = (nu: number) => Float64Array.from({ length: COUNT }, () => 50 + 10 * normal() * 1.2 ** nu);

const YAML = `
output: out
observables: { x: { features: 1, columns: [mass] } }
likelihood: { observables: [x] }
processes:
  only: { yield: ${COUNT}, samples: [{ file: nominal.npz }, { file: up.npz, at: { width: 1 } }, { file: down.npz, at: { width: -1 } }] }
nuisances: { width: , rate: { kind: rate, kappa: 0.1 } }
events: { file: data.npz }
flows: { x: { kind: affine, transforms: 1, hidden: [2], training: { epochs: 4, batch: 200 } } }
fnf: { x: { hidden: [2], training: { epochs: 12, batch: 200, learningRate: 0.02 } } }
fit: { minos: false }
scan: { points: 3, grid: 3, range: 1 }
impacts: { enabled: false }
report: { bins: 8 }
`;

const write = (name: string, mass: Float64Array, others: Record<string, Float64Array> = {}) =>
  writeNpz(
    join(folder, name),
    new Map(Object.entries({ mass, ...others }).map(([key, data]) => [key, { shape: [data.length], data }])),
  );

const clean = draw(0);

/** The data with some events replaced. */
function withEvents(values: readonly number[], first = 5): Float64Array {
  const mass = clean.slice();
  mass.set(values, first);
  return mass;
}

const run = (...words: string[]) => runInProcess([words[0]!, file, ...words.slice(1)]);

async function jsonOf(...words: string[]) {
  const { out: text, error, code } = await run(...words, "--json");
  return { result: text === "" ? undefined : JSON.parse(text), error, code };
}

test.before(async () => {
  writeFileSync(file, YAML);
  await write("nominal.npz", draw(0));
  await write("up.npz", draw(1));
  await write("down.npz", draw(-1));
  await write("data.npz", clean);
  const { code, error } = await run("run");
  assert.is(code, 0, error);
});

test("clean data: no verdict in any verb, exit code 0", async () => {
  assert.equal(JSON.parse(readFileSync(join(out, "results.json"), "utf8")).verdicts, []);
  for (const words of [
    ["fit"],
    ["hessian", "--nu", "0,0"],
    ["evaluate", "--nu", "0,0", "--out", join(folder, "p.npz")],
  ]) {
    const { result, error, code } = await jsonOf(...words);
    assert.is(code, 0, error);
    assert.equal(result.verdicts, []);
    assert.not.match(error, /row/);
  }
});

test("an event at 30 σ: named with row, value and log p by evaluate, hessian, fit and scan; exit code 4, or 3 without a minimum", async () => {
  await write("outlier.npz", withEvents([350]));
  const named =
    /row 5 \(counted from 0\): mass = 350, with log p = -\d+(\.\d+)?, alone moves width by \d+(\.\d+)? standard deviations/;
  for (const [verb, ...words] of [
    ["evaluate", "--nu", "0,0", "--out", join(folder, "p.npz")],
    ["hessian", "--nu", "0,0"],
    ["fit"],
    ["scan", "--out", join(folder, "scan")],
  ]) {
    const { result, error, code } = await jsonOf(
      verb!,
      "--events",
      join(folder, "outlier.npz"),
      "--run",
      out,
      ...words,
    );
    assert.match(error, named, verb);
    const isFit = verb === "fit" || verb === "scan";
    assert.ok(code === 4 || (isFit && code === 3), `${verb}: ${code}, ${error}`);
    assert.equal(
      result.verdicts.map(({ check, rows, count }: Record<string, unknown>) => ({ check, rows, count })),
      ["stray value", "influence"].map((check) => ({ check, rows: [5], count: 1 })),
    );
  }
});

test("evaluate writes all, also where a log p is not finite, and names the event; exit code 4", async () => {
  await write("infinite.npz", withEvents([1e30, -1e30]));
  const npz = join(folder, "infinite-p.npz");
  const { result, error, code } = await jsonOf(
    ...["evaluate", "--events", join(folder, "infinite.npz"), "--nu", "0,0", "--precision", "f32", "--out", npz],
  );
  assert.is(code, 4, error);
  assert.match(
    error,
    /infinite\.npz: row 5 \(counted from 0\): mass = 1e\+30, with log p = -infinity; 2 such events of 2000/,
  );
  assert.equal(
    result.verdicts
      .filter(({ check }: { check: string }) => check === "finite")
      .map(({ rows }: { rows: number[] }) => rows),
    [[5, 6]],
  );
  const written = (await readNpz(npz)).get("log_prob")!.data;
  assert.is([...written].filter((value) => !Number.isFinite(Number(value))).length, 2);
});

test("fit, scan and hessian refuse such events before they begin; exit code 2", async () => {
  for (const [verb, ...words] of [
    ["fit"],
    ["scan", "--out", join(folder, "scan")],
    ["hessian", "--precision", "f32"],
  ]) {
    const { error, code, result } = await jsonOf(
      verb!,
      "--events",
      join(folder, "infinite.npz"),
      "--run",
      out,
      ...words,
    );
    assert.is(code, 2, error);
    assert.is(result, undefined);
    assert.match(
      error,
      /^unbinned: .*infinite\.npz: expected a finite log p of every event at nu = \(0, 0\), got row 5 /m,
    );
    assert.match(error, /Remove these events, or look for a sentinel or a wrong unit in them$/m);
  }
});

const SENTINEL =
  /40 of 2000 events \(rows 100, 101, 102 and others, counted from 0\) have mass = -999 exactly, while simulated events lie between [\d.]+ and [\d.]+\. It looks like a sentinel for a missing value\. Remove these events, or impute the value/;

test("run: a sentinel in the data, and data outside of simulation, are warnings, results and exit code 4 or 3", async () => {
  const low = Float64Array.from({ length: 200 }, (_, i) => -40 - i / 100);
  for (const [name, mass, check, text] of [
    ["sentinel.npz", withEvents(Array<number>(40).fill(-999), 100), "stray value", SENTINEL],
    [
      "outside.npz",
      withEvents([...low], 100),
      "support",
      /200 of 2000 events \(rows 100, 101, 102 and others, counted from 0\) have mass between -41\.99 and -40, below [\d.]+, the least simulated value \(probability below 1e-12\)\. Densities are not trained there\. Cut data and simulation to the same range, or simulate what is missing/,
    ],
  ] as const) {
    await write(name, mass);
    const own = join(folder, `${name}-out`);
    const { error, code } = await run("run", "--set", `events.file=${name}`, "--out", own);
    assert.ok(code === 4 || code === 3, `${code}: ${error}`);
    assert.match(error, text);
    assert.not.match(error, /Train longer/);
    const results = JSON.parse(readFileSync(join(own, "results.json"), "utf8"));
    assert.ok(results.verdicts.some((verdict: { check: string }) => verdict.check === check));
    assert.ok(results.warnings.some((warning: string) => text.test(warning)));
    assert.match(readFileSync(join(own, "report.html"), "utf8"), /counted from 0/);
  }
});

test("run: an event without a likelihood is refused after the trainings, which are kept, and before any fit", async () => {
  const own = join(folder, "infinite-out");
  const { error, code } = await run("run", "--set", "events.file=infinite.npz", "--out", own);
  assert.is(code, 2, error);
  assert.match(error, /got row 5 \(counted from 0\): mass = 1e\+30, with log p = -infinity; 2 such events of 2000/);
  assert.not.ok(existsSync(join(own, "results.json")));
});

test("run: a sentinel in a sample, a nuisance that does nothing, one weight above all: each named", async () => {
  const mass = draw(0);
  mass.fill(9999, 0, 50);
  await write("broken.npz", mass);
  const weights = new Float64Array(COUNT).fill(1);
  weights[3] = 1e10;
  await write("weighted.npz", clean, { w: weights });
  const own = join(folder, "broken.yaml");
  writeFileSync(
    own,
    YAML.replace("width: 1 }", "width: 1, idle: 0 }")
      .replace(
        "{ file: down.npz, at: { width: -1 } }",
        "{ file: down.npz, at: { width: -1 } }, { file: idle.npz, at: { idle: 1 } }, { file: broken.npz, at: { idle: -1 } }",
      )
      .replace("width: ,", "width: , idle: ,")
      .replace("file: data.npz", "file: weighted.npz, weight: w"),
  );
  await write("idle.npz", draw(0));
  const { error, code } = await runInProcess(["run", own, "--out", join(folder, "broken-out")]);
  assert.match(
    error,
    /broken\.npz: 50 of 2000 events \(rows 0, 1, 2 and others, counted from 0\) have mass = 9999 exactly, where no other event is near/,
  );
  assert.match(
    error,
    /weighted\.npz: the weight of the event in row 3 \(counted from 0\), 10000000000, outweighs all others/,
  );
  assert.ok(code === 4 || code === 3, `${code}`);
});

test("run: a nuisance whose samples do not differ from the nominal ones is 0 ± 1, with a warning, and moves no other", async () => {
  const own = join(folder, "idle.yaml");
  const samples = "{ file: down.npz, at: { width: -1 } }";
  const idle = "{ file: same-up.npz, at: { idle: 1 } }, { file: same-down.npz, at: { idle: -1 } }";
  writeFileSync(own, YAML.replace(samples, `${samples}, ${idle}`).replace("width: ,", "width: , idle: ,"));
  await write("same-up.npz", draw(0));
  await write("same-down.npz", draw(0));
  const { error, code } = await runInProcess(["run", own, "--out", join(folder, "idle-out")]);
  assert.is(code, 0, error);
  const fitted = (of: string) => JSON.parse(readFileSync(join(of, "results.json"), "utf8")).fits.xAlone;
  const { estimate, sigma } = fitted(join(folder, "idle-out"));
  const without = fitted(out);
  for (const [found, expected] of [
    [estimate[1], 0],
    [sigma[1], 1],
    [estimate[0], without.estimate[0]],
    [sigma[0], without.sigma[0]],
  ]) {
    assert.ok(
      Math.abs(found - expected) < 1e-6,
      `${estimate} ± ${sigma}, without it ${without.estimate} ± ${without.sigma}`,
    );
  }
  assert.match(
    error,
    /nuisance idle: the samples in which it is moved do not differ from the nominal ones, in no feature nor product of two \(probability [\d.]+ for the most different of 8 tests\)\. .* so the effect of idle on the shape is left out of the model, and the fit gives back its constraint, 0 ± 1 .* else remove it/,
  );
});

test("run: a nuisance without an effect keeps its networks where samples move it together with another", async () => {
  const own = join(folder, "together.yaml");
  const samples = "{ file: down.npz, at: { width: -1 } }";
  const idle = "{ file: same-up.npz, at: { idle: 1 } }, { file: both.npz, at: { width: 1, idle: 1 } }";
  writeFileSync(own, YAML.replace(samples, `${samples}, ${idle}`).replace("width: ,", "width: , idle: ,"));
  await write("both.npz", draw(1));
  const { error, code } = await runInProcess(["run", own, "--out", join(folder, "together-out")]);
  assert.is(code, 0, error);
  assert.match(error, /nuisance idle: .* the error of idle are no measurement/);
});

test("data that are cut where simulation is not: fit says which nuisances are pulled away from their constraints", async () => {
  // Without both tails the width is 0.45 of the simulated one, log(0.45) / log(1.2) = -4.4 units of the nuisance.
  await write(
    "cut.npz",
    clean.map((mass) => (Math.abs(mass - 50) < 8 ? mass : 50 + (mass - 50) / 10)),
  );
  const { error } = await run("fit", "--set", "events.file=cut.npz", "--set", "fit.bounds=[-9,9]");
  assert.match(
    error,
    /The data pull width by -\d\.\d standard deviations of the constraint away from its nominal value: .* same cuts and units/,
  );
  const { error: ofClean } = await run("fit");
  assert.not.match(ofClean, /away from its nominal value/);
});

test("weights that add up to nothing are refused before any training", async () => {
  for (const weight of [0, -1]) {
    await write("weights.npz", clean, { w: new Float64Array(COUNT).fill(weight) });
    const own = join(folder, "nothing-out");
    const {
      out: text,
      error,
      code,
    } = await run("run", "--set", "events.file=weights.npz", "--set", "events.weight=w", "--out", own);
    assert.is(code, 2, error);
    assert.not.match(text, /train/);
    assert.match(
      error,
      /weights\.npz, column "w": expected weights with a positive finite sum, got (0|-2000) for 2000 events/,
    );
  }
});

test("no events: an extended fit of x alone measures their number", async () => {
  await write("none.npz", new Float64Array(0));
  const none = ["--events", join(folder, "none.npz"), "--run", out, "--set", "processes.only.yield=2"];
  const { result, error, code } = await jsonOf("fit", ...none);
  assert.is(code, 0, error);
  // N(ν) + ν²/2 with N = 2 · 1.1^ν: the minimum where ν = -log(1.1) N, the Hessian there 1 + log²(1.1) N.
  const k = Math.log(1.1);
  let rate = 0;
  for (let i = 0; i < 50; i++) rate = -k * 2 * Math.exp(k * rate);
  const sigma = 1 / Math.sqrt(1 + k * k * 2 * Math.exp(k * rate));
  // Within the edm at which fits stop, 1e-4: 0.014 σ.
  assert.ok(Math.abs(result.estimate[0]) < 0.015 && Math.abs(result.estimate[1] - rate) < 0.015, `${result.estimate}`);
  assert.ok(Math.abs(result.sigma[0] - 1) < 1e-3 && Math.abs(result.sigma[1] - sigma) < 1e-3, `${result.sigma}`);
  assert.is(result.events, 0);
  const own = join(folder, "none-out");
  const ran = await run("run", "--set", "events.file=none.npz", "--set", "processes.only.yield=2", "--out", own);
  assert.is(ran.code, 0, ran.error);
  const best = JSON.parse(readFileSync(join(own, "results.json"), "utf8")).fits.xAlone;
  assert.ok(Math.abs(best.estimate[1] - rate) < 0.015 && Math.abs(best.sigma[1] - sigma) < 1e-3);
});

test("no events where they are needed: refused before any training", async () => {
  const words = ["run", "--set", "events.file=none.npz", "--set", "likelihood.extended=false"];
  const { out: text, error, code } = await run(...words, "--out", join(folder, "never"));
  assert.is(code, 2);
  assert.not.match(text, /train/);
  assert.match(
    error,
    /none\.npz: expected at least one event, as likelihood\.extended is false, .*, got none\. An extended fit of x alone can do without/,
  );
});

test.run();
