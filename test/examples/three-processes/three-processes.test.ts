/** The third example, its networks and trainings made small: nothing is wired to two processes, two features, two nuisances. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { readSavedModel } from "../../../workflow/store/model-files.js";
import { unbinned } from "../../cli/child-process.js";

const example = fileURLToPath(new URL("../../../../examples/three-processes/", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "unbinned-three-"));
test.after(() => rmSync(folder, { recursive: true }));

const SMALL = [
  // Few bins: the NLL is smooth, and has a minimum after so little training.
  "flows.x={bins: 4, training: {epochs: 3, batch: 200}}",
  "flows.y={transforms: 1, bins: 4, hidden: [16], training: {epochs: 1, batch: 200}}",
  "morph.x={hidden: [16], training: {epochs: 2, batch: 200}}",
  "morph.y={layers: 1, hidden: [8], training: {epochs: 1, batch: 200}}",
  "transport={transforms: 1, bins: 4, hidden: [8], training: {batch: 512, epochs: 10}}",
  "fit.secondStart=0",
  "response={layers: 1, hidden: [8], range: 0.8, scale: 0.4, events: 4000, training: {batch: 512, epochs: 4}}",
  "scan={points: 3, grid: 3, pairs: [[scale, tilt]]}",
];

test("three processes, x in one and y in three dimensions, four nuisances, from a user's files", async () => {
  const made = spawnSync(process.execPath, [join(example, "make-samples.mjs"), join(folder, "samples"), "2000"], {
    encoding: "utf8",
  });
  assert.is(made.status, 0, made.stderr);
  const yaml = readFileSync(join(example, "analysis.yaml"), "utf8");
  const files = [...yaml.matchAll(/file: (samples\/\S+\.npz)/g)].map(([, name]) => name!);
  assert.is(files.length, 13);
  const file = join(folder, "analysis.yaml");
  writeFileSync(file, yaml);
  const { code, error } = await unbinned("run", file, ...SMALL.flatMap((entry) => ["--set", entry]));
  assert.is(code, 0, error);

  const results = JSON.parse(readFileSync(join(folder, "out", "results.json"), "utf8"));
  assert.equal(results.processes, ["signal", "resonance", "continuum"]);
  assert.equal(results.nuisances, ["scale", "tilt", "modelling", "normalisation"]);
  // 12 samples, each in x, in the three features of y, in the six pairs with one of these, and in all four by a classifier.
  assert.is(results.closure.tests.length, 12 * (1 + 3 + 6 + 1));
  assert.equal(Object.keys(results.fits), ["xAlone", "fixed", "profiled"]);
  for (const fit of Object.values<{ estimate: number[] }>(results.fits)) assert.is(fit.estimate.length, 4);
  assert.is(results.projections.length, 4);
  const model = await readSavedModel(join(folder, "out"));
  // Simulated at +1 alone, the response to `modelling` has no quadratic term; the rate has no networks.
  const nuisances = model.x.morph!.architecture.nuisances;
  assert.equal(
    nuisances.map(({ linearOnly }) => linearOnly),
    [false, false, true],
  );
  assert.is(model.response!.architecture.nuisances.length, 4);
});

test.run();
