/** Which sums of weights are taken for yields, and what is said of those that are not or that are doubtful. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { YieldRatio } from "../../inference/data-checks/yield-ratios.js";
import type { ShapeNuisance } from "../../inference/model/mixture-model.js";
import { writeNpz } from "../../io/index.js";
import { acceptanceOf } from "../../workflow/acceptance.js";
import { readConfiguration } from "../../workflow/configuration/configuration.js";
import { nuisanceModels, readSavedModel } from "../../workflow/store/model-files.js";
import { runInProcess } from "../cli/in-process.js";
import { close } from "../support/close.js";
import { randomNumbers } from "../support/random-numbers.js";
import { refusal } from "../support/rejects.js";

const SOURCE = `
observables: { x: { features: 1 } }
likelihood: { observables: [x] }
processes:
  signal: { yield: 100, samples: [{ file: s.npz }, { file: u.npz, at: { scale: 1 } }, { file: t.npz, at: { tilt: 2 } }] }
  other: { yield: 200, samples: [{ file: o.npz }, { file: p.npz, at: { scale: 1 } }] }
nuisances: { scale: , tilt: { processes: [signal], nominal: 1 }, norm: { kind: rate, kappa: 0.1 } }
data: { file: d.npz }
`;

const analysis = (...set: string[]) => ({
  file: "a.yaml",
  configuration: readConfiguration(SOURCE, "a.yaml", { set }),
});

/** Of 10 000 nominal events. */
const ratio = (process: number, nuisance: number, value: number, own: number, hasWeights = true): YieldRatio => ({
  process,
  nuisance,
  value,
  sum: 10_000 * own,
  nominalSum: 10_000,
  hasWeights,
  ratio: own,
  error: 0.01,
});

test("weighted samples move the yields by default; the model has the logarithms, and none for other processes", () => {
  const own = analysis();
  const { rows, notes } = acceptanceOf(own, [ratio(0, 0, 1, 1.2), ratio(0, 0, -1, 0.8), ratio(0, 1, 2, 0.9)]);
  assert.equal(notes, []);
  assert.equal(rows, [
    {
      nuisance: "scale",
      process: "signal",
      up: { value: 1, ratio: 1.2, error: 0.01 },
      down: { value: -1, ratio: 0.8, error: 0.01 },
    },
    { nuisance: "tilt", process: "signal", up: { value: 2, ratio: 0.9, error: 0.01 }, down: null },
  ]);
  const models = nuisanceModels(own.configuration, rows);
  assert.equal((models[0] as ShapeNuisance).acceptance, [
    { up: Math.log(1.2), down: Math.log(0.8) },
    { up: null, down: null },
  ]);
  assert.equal((models[1] as ShapeNuisance).acceptance![0], { up: Math.log(0.9), down: null });
  assert.ok(nuisanceModels(own.configuration).every((model) => !("acceptance" in model)));
});

test("the switch: none for weighted samples, sums for unweighted ones", () => {
  const ratios = [ratio(0, 0, 1, 1.2), ratio(1, 0, 1, 1.3, false)];
  const taken = (...set: string[]) => acceptanceOf(analysis(...set), ratios);
  assert.equal(taken("nuisances.scale.acceptance=none"), { rows: [], notes: [] });
  assert.equal(
    taken("nuisances.scale.acceptance=sums").rows.map(({ process, up }) => [process, up!.ratio]),
    [
      ["signal", 1.2],
      ["other", 1.3],
    ],
  );
});

test("numbers of events without weights: one note where they differ beyond chance, none where they do not", () => {
  const within = [ratio(0, 0, 1, 1.02, false), ratio(1, 0, 1, 1, false)];
  assert.equal(acceptanceOf(analysis(), within), { rows: [], notes: [] });
  const { rows, notes } = acceptanceOf(analysis(), [ratio(0, 0, 1, 1.2, false), ratio(1, 0, 1, 0.5, false)]);
  assert.equal(rows, []);
  assert.is(notes.length, 1);
  assert.match(
    notes[0]!,
    /^nuisance scale: the samples of signal have 12000 events at scale = 1 and 10000 at the nominal values \(and 1 more such case\)\. They have no weights, .* If they are yields, set nuisances\.scale\.acceptance to sums; if not, set it to none$/,
  );
});

test("samples that are not one from nominal: linear in the logarithm to the nearest, and a note", () => {
  const { rows, notes } = acceptanceOf(analysis(), [ratio(0, 0, 3, 1.7), ratio(0, 0, 2, 1.44), ratio(0, 0, -0.5, 0.9)]);
  close([rows[0]!.up!.ratio, rows[0]!.down!.ratio], [1.2, 0.81], { absolute: 1e-12, relative: 0 });
  // d(r^p)/dr · σ
  const errors = [0.01 / (2 * 1.2), 0.01 * 2 * 0.9];
  close([rows[0]!.up!.error, rows[0]!.down!.error], errors, { absolute: 1e-12, relative: 0 });
  assert.match(notes[0]!, /the yields of signal with scale = 2 and -0\.5 come from samples .* taken as linear/);
  const both = acceptanceOf(analysis(), [ratio(0, 0, 0.5, 1.3), ratio(0, 0, 1, 1.2)]);
  assert.equal([both.rows[0]!.up!.value, both.notes], [1, []]);
});

test("changes within two Monte Carlo errors are taken, with a note where there are events enough to take them for information", () => {
  const ratios = [ratio(0, 0, 1, 1.015), ratio(1, 0, 1, 1.05)];
  const { rows, notes } = acceptanceOf(analysis("processes.signal.yield=500"), ratios);
  assert.is(rows.length, 2);
  assert.is(notes.length, 1);
  assert.match(notes[0]!, /the yields of signal \(1\.015 ± 0\.010 at scale = 1\) change by less than 2 Monte Carlo/);
  assert.equal(acceptanceOf(analysis("processes.signal.yield=500"), [ratio(0, 0, 1, 1)]).notes, []);
  // N δ² = 500 · 0.015² = 0.11 of the constraint's information, which makes σ 5% less; 400 events make it 0.09.
  assert.equal(acceptanceOf(analysis("processes.signal.yield=400"), ratios).notes, []);
  // Two processes together.
  const both = [ratio(0, 0, 1, 1.015), ratio(1, 0, 1, 0.985)];
  assert.equal(acceptanceOf(analysis(), both).notes, []);
  assert.match(
    acceptanceOf(analysis("processes.signal.yield=400", "processes.other.yield=100"), both).notes[0]!,
    /signal .* and other|signal .*, other/,
  );
});

test("changes by large factors are taken, with the question whether the weights are normalised", () => {
  const { rows, notes } = acceptanceOf(analysis(), [
    ratio(0, 0, 1, 1.2),
    ratio(0, 0, -1, 0.8),
    ratio(1, 0, 1, 1.1),
    ratio(1, 0, -1, 0.7),
  ]);
  assert.is(rows.length, 2);
  assert.is(notes.length, 1);
  assert.match(
    notes[0]!,
    /^the yields of other \(0\.700 ± 0\.010 at scale = -1\) change by more than a factor of 1\.3, .* Are the weights normalised/,
  );
});

test("sums that no yield can follow are refused in one sentence", async () => {
  const of = (...ratios: YieldRatio[]) => refusal(() => acceptanceOf(analysis("fit.bounds=[-100, 100]"), ratios));
  assert.match(
    await of(ratio(0, 0, 1, -0.1)),
    /a\.yaml: nuisances\.scale\.acceptance: expected positive sums of weights of signal, in its nominal samples and at scale = 1, got 10000 and -1000\. Correct the weights, or set it to none/,
  );
  assert.match(
    await of(ratio(0, 0, 1, 500), ratio(0, 0, -1, 1)),
    /acceptance, yields of signal: expected ratios of yields near enough to 1/,
  );
  assert.match(
    await of(ratio(0, 0, 1, 3)),
    /expected a change that leaves signal between 1\/1e\+30 and 1e\+30 events within fit\.bounds, got a factor of 3\.000 per standard deviation/,
  );
});

const folder = mkdtempSync(join(tmpdir(), "unbinned-acceptance-"));
test.after(() => rmSync(folder, { recursive: true }));

const COUNT = 2000;
const RUN = `
output: out
observables: { x: { features: 1, columns: [mass] } }
likelihood: { observables: [x], extended: true }
processes:
  only: { yield: ${COUNT}, samples: [{ file: nominal.npz }, { file: up.npz, at: { width: 1 } }, { file: down.npz, at: { width: -1 } }] }
nuisances: { width: }
simulation: { weight: w }
data: { file: data.npz }
flows: { x: { kind: affine, transforms: 1, hidden: [2], training: { epochs: 4, batch: 200 } } }
morph: { x: { kind: affine, hidden: [2], training: { epochs: 12, batch: 200, learningRate: 0.02 } } }
fit: { minos: false }
scan: { points: 3, grid: 3, range: 1 }
report: { bins: 8 }
`;

test("run, fit and validate: a fifth more and a fifth less, from files to the report", async () => {
  const random = randomNumbers(23);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const write = async (name: string, nu: number, weight?: number) => {
    const column = (data: Float64Array) => ({ shape: [COUNT], data });
    const mass = column(Float64Array.from({ length: COUNT }, () => 50 + 10 * normal() * 1.02 ** nu));
    const weights = weight === undefined ? {} : { w: column(new Float64Array(COUNT).fill(weight)) };
    await writeNpz(join(folder, name), new Map(Object.entries({ mass, ...weights })));
  };
  await write("nominal.npz", 0, 1);
  await write("up.npz", 1, 1.2);
  await write("down.npz", -1, 0.8);
  await write("data.npz", 0);
  const file = join(folder, "analysis.yaml");
  writeFileSync(file, RUN);

  const validated = await runInProcess(["validate", file]);
  assert.is(validated.code, 0, validated.error);
  assert.match(validated.out, /yields over nominal yields, from sums of weights, with Monte Carlo errors:/);
  assert.match(validated.out, /only +width +1\.200 ± 0\.038 +0\.800 ± 0\.025/);

  const ran = await runInProcess(["run", file]);
  assert.is(ran.code, 0, ran.error);
  const results = JSON.parse(readFileSync(join(folder, "out", "results.json"), "utf8"));
  const [row] = results.acceptance;
  close([row.up.ratio, row.down.ratio], [1.2, 0.8], { absolute: 1e-12, relative: 0 });
  const [nuisance] = (await readSavedModel(join(folder, "out"))).nuisances as ShapeNuisance[];
  close([nuisance!.acceptance![0]!.up!, nuisance!.acceptance![0]!.down!], [Math.log(1.2), Math.log(0.8)], {
    absolute: 1e-12,
    relative: 0,
  });
  assert.match(readFileSync(join(folder, "out", "report.html"), "utf8"), /1\.200 ± 0\.038/);
  // d log N/dν is 0.2 at the nominal value, to first order: 2000 events know ν to about 0.11; the shape to 0.6, the constraint to 1.
  const { sigma } = results.fits.xAlone;
  assert.ok(sigma[0] > 0.09 && sigma[0] < 0.13, `${sigma}`);
  assert.ok(results.yields[0].sigma > 0.8 * Math.sqrt(COUNT), `${results.yields[0].sigma}`);

  const fit = async (...words: string[]) => {
    const { out, error, code } = await runInProcess(["fit", file, "--json", ...words]);
    assert.is(code, 0, error);
    return JSON.parse(out);
  };
  const without = await fit("--set", "nuisances.width.acceptance=none");
  assert.ok(without.sigma[0] > 0.4, `${without.sigma}`);
  close((await fit()).estimate, results.fits.xAlone.estimate, { absolute: 1e-4, relative: 0 });
});

test("a saved model whose yields do not follow a nuisance is not taken where the configuration wants that they do", async () => {
  const file = join(folder, "analysis.yaml");
  const run = (...words: string[]) => runInProcess([...words, "--out", join(folder, "none")]);
  const ran = await run("run", file, "--set", "nuisances.width.acceptance=none");
  assert.is(ran.code, 0, ran.error);
  const fitted = await run("fit", file, "--run", join(folder, "none"), "--set", "nuisances.width.acceptance=sums");
  assert.is(fitted.code, 2);
  assert.match(
    fitted.error,
    /expected a model whose yields follow width \(nuisances\.width\.acceptance is sums\), got one whose yields do not/,
  );
});

test.run();
