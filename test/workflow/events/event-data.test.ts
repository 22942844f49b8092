/** The data of an analysis: where they are found, and which are refused. */
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { readNpz } from "../../../io/index.js";
import { loadAnalysis } from "../../../workflow/configuration/configuration.js";
import { loadEvents, saveEvents } from "../../../workflow/events/event-data.js";
import { file, folder, removeAnalyses, writeAnalyses } from "../../cli/likelihood-analyses.js";
import {
  COUNT,
  clean,
  jsonOf as jsonOfMass,
  folder as massFolder,
  out as massOut,
  removeMass,
  runMass,
  run as runOfMass,
  write,
} from "../../cli/mass-run.js";
import { rows } from "../../cli/torch-files.js";
import { torchEvents } from "../../inference/torch-mixture.js";

test.before(writeAnalyses);
test.before(runMass);
test.after(removeAnalyses);
test.after(removeMass);

test("data that run generated are found in its folder", async () => {
  const out = join(folder, "generated");
  mkdirSync(out);
  const { weights: _, ...data } = torchEvents;
  await saveEvents(out, data);
  assert.equal((await readNpz(join(out, "data.npz"))).get("y"), rows(data.y!));
  const { configuration } = loadAnalysis(file);
  const analysis = {
    file,
    configuration: { ...configuration, data: { ...configuration.data, file: undefined, weight: undefined } },
  };
  assert.equal((await loadEvents(analysis, [folder, out], undefined)).file, join(folder, "data.npz"));
  assert.equal((await loadEvents(analysis, [out], undefined)).data, data);
  assert.is((await loadEvents(analysis, [out], 3)).data.y!.length, 6);
});

test("weights that add up to nothing are refused before any training", async () => {
  for (const weight of [0, -1]) {
    await write("weights.npz", clean, { w: new Float64Array(COUNT).fill(weight) });
    const own = join(massFolder, "nothing-out");
    const {
      out: text,
      error,
      code,
    } = await runOfMass("run", "--set", "data.file=weights.npz", "--set", "data.weight=w", "--out", own);
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
  const none = ["--events", join(massFolder, "none.npz"), "--run", massOut, "--set", "processes.only.yield=2"];
  const { result, error, code } = await jsonOfMass("fit", ...none);
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
  const own = join(massFolder, "none-out");
  const ran = await runOfMass("run", "--set", "data.file=none.npz", "--set", "processes.only.yield=2", "--out", own);
  assert.is(ran.code, 0, ran.error);
  const best = JSON.parse(readFileSync(join(own, "results.json"), "utf8")).fits.xAlone;
  assert.ok(Math.abs(best.estimate[1] - rate) < 0.015 && Math.abs(best.sigma[1] - sigma) < 1e-3);
});

test("no events where they are needed: refused before any training", async () => {
  const words = ["run", "--set", "data.file=none.npz", "--set", "likelihood.extended=false"];
  const { out: text, error, code } = await runOfMass(...words, "--out", join(massFolder, "never"));
  assert.is(code, 2);
  assert.not.match(text, /train/);
  assert.match(
    error,
    /none\.npz: expected at least one event, as likelihood\.extended is false, .*, got none\. An extended fit of x alone can do without/,
  );
});

test.run();
