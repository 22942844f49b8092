/** What a run says of sentinels, of data outside of simulation, and of weights, in its warnings and its results. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { readNpz } from "../../../io/index.js";
import { runInProcess } from "../../cli/in-process.js";
import { COUNT, clean, draw, folder, removeMass, run, runMass, withEvents, write, YAML } from "../../cli/mass-run.js";

test.before(runMass);
test.after(removeMass);

const SENTINEL =
  /40 of 2000 events \(rows 100, 101, 102 and others, counted from 0\) have mass = -999 exactly, while simulated events lie between [\d.]+ and [\d.]+\. It looks like a sentinel for a missing value\. Remove these events, or impute the value/;

test("run, validate: a sentinel is refused before anything is trained, with what to do about it", async () => {
  await write("sentinel.npz", withEvents(Array<number>(40).fill(-999), 100));
  for (const words of [["run", "--out", join(folder, "never")], ["validate"]]) {
    const { error, code } = await run(words[0]!, "--set", "data.file=sentinel.npz", ...words.slice(1));
    assert.is(code, 2, error);
    assert.match(error, SENTINEL);
    assert.match(
      error,
      /analysis\.yaml: expected features that have a density, got 1 finding, named in the warnings, of values that no density has\. Correct them, or remove them: data\.without: \[\{feature: "mass", values: \[-999\]\}\] removes the events with such values, in data and simulation alike\. With data\.spikes: keep they are fitted all the same/,
    );
    assert.not.match(error, /train p/);
  }
});

test("run: whole numbers are refused, coarse rounding is a verdict", async () => {
  await write(
    "whole.npz",
    clean.map((mass) => Math.round(mass)),
  );
  const words = ["run", "--set", "data.file=whole.npz", "--out", join(folder, "whole")];
  const { error, code } = await run(...words);
  assert.is(code, 2, error);
  assert.match(
    error,
    /whole\.npz: mass has \d+ different values in the central 80% of 2000 events, such as 4\d and [45]\d: steps of 0\.\d+ standard deviations\. A density of a continuous variable does not describe whole numbers, labels or coarsely rounded values\. Store more digits, or add a uniform random number of the width of a step, in simulation and data alike, or leave the feature out/,
  );
  assert.match(error, /Correct them\. With data\.spikes: keep/);
  const kept = await run(...words, "--set", "data.spikes=keep");
  assert.is(kept.code, 4, kept.error);
  await write(
    "rounded.npz",
    clean.map((mass) => Math.round(2.5 * mass) / 2.5),
  );
  const rounded = await run("run", "--set", "data.file=rounded.npz", "--out", join(folder, "rounded"));
  assert.is(rounded.code, 4, rounded.error);
  assert.match(
    rounded.error,
    /rounded\.npz: mass has \d+ different values .* steps of 0\.0[34]\d* standard deviations/,
  );
});

test("run: values under data.without leave data and simulation, yields shrink to what is left, and messages keep rows of the file", async () => {
  for (const [name, from] of [
    ["nominal", draw(0)],
    ["up", draw(1)],
    ["down", draw(-1)],
  ] as const) {
    from.fill(-999, 0, 200);
    await write(`${name}-missing.npz`, from);
  }
  const data = withEvents(Array<number>(180).fill(-999), 100);
  data[1500] = 400;
  await write("missing.npz", data);
  const own = join(folder, "missing.yaml");
  writeFileSync(
    own,
    YAML.replace(/(nominal|up|down)\.npz/g, "$1-missing.npz").replace(
      "data.npz }",
      "missing.npz, without: [{ feature: mass, values: [-999] }] }",
    ),
  );
  const out = join(folder, "missing-out");
  const { error, code } = await runInProcess(["run", own, "--out", out]);
  assert.ok(code === 4 || code === 3, error);
  assert.match(error, /1 of 1820 events \(row 1500, counted from 0\) has mass = 400/);
  const results = JSON.parse(readFileSync(join(out, "results.json"), "utf8"));
  assert.is(results.events, 1820);
  assert.ok(Math.abs(results.yields[0].before - 0.9 * COUNT) < 1e-6);
  assert.equal(
    results.leftOut.map(({ count, reason }: { count: number; reason: string }) => [count, reason]),
    [200, 200, 200, 180].map((count) => [count, "mass = -999"]),
  );
  assert.match(readFileSync(join(out, "report.html"), "utf8"), /missing\.npz: 180 of 2000 events are left out/);
  // The other verbs read the model of the run, with the same yields.
  const refitted = JSON.parse((await runInProcess(["fit", own, "--run", out, "--json"])).out);
  const [before] = Object.values(results.fits as Record<string, { nll: number }>);
  assert.ok(Math.abs(refitted.nll - before!.nll) < 1e-3, `${refitted.nll} is ${before!.nll} in the run`);
});

test("run, fit: data.outside drops events outside of simulation, or refuses them", async () => {
  const low = Float64Array.from({ length: 200 }, (_, i) => -40 - i / 100);
  await write("outside.npz", withEvents([...low], 100));
  const out = join(folder, "dropped");
  const words = ["--set", "data.file=outside.npz", "--set", "data.outside=drop"];
  const { error, code } = await run("run", ...words, "--out", out);
  assert.is(code, 0, error);
  const dropped =
    /outside\.npz: 200 of 2000 events are left out, as they have mass below [\d.]+, where no simulated event lies/;
  const results = JSON.parse(readFileSync(join(out, "results.json"), "utf8"));
  assert.is(results.events, 1800);
  assert.is(results.leftOut[0].count, 200);
  assert.match(readFileSync(join(out, "report.html"), "utf8"), dropped);
  const fit = await run("fit", ...words, "--run", out, "--json");
  assert.is(fit.code, 0, fit.error);
  const { events, estimate } = JSON.parse(fit.out);
  assert.is(events, 1800);
  for (const [k, value] of results.fits.xAlone.estimate.entries()) assert.ok(Math.abs(value - estimate[k]) < 1e-3);
  const npz = join(folder, "dropped-p.npz");
  const evaluated = await run("evaluate", ...words, "--run", out, "--nu", "0,0", "--out", npz);
  assert.is(evaluated.code, 0, evaluated.error);
  const arrays = await readNpz(npz);
  assert.is(arrays.get("log_prob")!.data.length, 1800);
  const rows = arrays.get("row")!.data;
  assert.equal([rows.length, rows[99], rows[100]], [1800, 99, 300], "of the file");
  const refused = await run("run", ...words, "--set", "data.outside=refuse", "--out", join(folder, "never"));
  assert.is(refused.code, 2, refused.error);
  assert.match(
    refused.error,
    /data\.outside is refuse: expected data where simulated events lie, up to chance, got 1 finding, named in the warnings\. Cut data and simulation to the same range, or set data\.outside to drop/,
  );
  assert.not.match(refused.error, /train p/);
});

test("run: a sentinel in the data, and data outside of simulation, are warnings, results and exit code 4 or 3", async () => {
  const low = Float64Array.from({ length: 200 }, (_, i) => -40 - i / 100);
  for (const [name, mass, check, text] of [
    ["sentinel.npz", withEvents(Array<number>(40).fill(-999), 100), "spike", SENTINEL],
    [
      "outside.npz",
      withEvents([...low], 100),
      "support",
      /200 of 2000 events \(rows 100, 101, 102 and others, counted from 0\) have mass between -41\.99 and -40, below [\d.]+, the least simulated value \(probability below 1e-12\)\. Densities are not trained there\. Cut data and simulation to the same range, or simulate what is missing/,
    ],
  ] as const) {
    await write(name, mass);
    const own = join(folder, `${name}-out`);
    const { error, code } = await run("run", "--set", `data.file=${name}`, "--set", "data.spikes=keep", "--out", own);
    assert.ok(code === 4 || code === 3, `${code}: ${error}`);
    assert.match(error, text);
    assert.not.match(error, /Train longer/);
    const results = JSON.parse(readFileSync(join(own, "results.json"), "utf8"));
    assert.ok(results.verdicts.some((verdict: { check: string }) => verdict.check === check));
    assert.ok(results.warnings.some((warning: string) => text.test(warning)));
    assert.match(readFileSync(join(own, "report.html"), "utf8"), /counted from 0/);
    assert.equal(
      results.influence.map(({ parameter, events }: { parameter: string; events: unknown[] }) => [
        parameter,
        events.length,
      ]),
      [
        ["width", 5],
        ["rate", 5],
      ],
    );
    assert.is(results.influence[0].events[0].values.mass, mass[results.influence[0].events[0].row]);
    assert.match(
      readFileSync(join(own, "report.html"), "utf8"),
      /The events with the largest influence on each estimate/,
    );
  }
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
    YAML.replace("data: {", "data: { spikes: keep,")
      .replace("width: 1 }", "width: 1, idle: 0 }")
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

test.run();
