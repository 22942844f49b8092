/** What a run says of sentinels, of data outside of simulation, and of weights, in its warnings and its results. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { runInProcess } from "../../cli/in-process.js";
import { COUNT, clean, draw, folder, removeMass, run, runMass, withEvents, write, YAML } from "../../cli/mass-run.js";

test.before(runMass);
test.after(removeMass);

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
    const { error, code } = await run("run", "--set", `data.file=${name}`, "--out", own);
    assert.ok(code === 4 || code === 3, `${code}: ${error}`);
    assert.match(error, text);
    assert.not.match(error, /Train longer/);
    const results = JSON.parse(readFileSync(join(own, "results.json"), "utf8"));
    assert.ok(results.verdicts.some((verdict: { check: string }) => verdict.check === check));
    assert.ok(results.warnings.some((warning: string) => text.test(warning)));
    assert.match(readFileSync(join(own, "report.html"), "utf8"), /counted from 0/);
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

test.run();
