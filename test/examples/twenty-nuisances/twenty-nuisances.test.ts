/** The example with twenty nuisances, its samples and trainings made small: a whole run, and a report that can be read. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { readSavedModel } from "../../../workflow/store/model-files.js";
import { unbinned } from "../../cli/child-process.js";

const example = fileURLToPath(new URL("../../../../examples/twenty-nuisances/", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "unbinned-twenty-"));
test.after(() => rmSync(folder, { recursive: true }));

const tiny = (training: string) => `hidden: [4], training: { ${training} }`;
const DENSITY = `{ kind: affine, transforms: 1, ${tiny("epochs: 30, batch: 200, learningRate: 0.02")} }`;
const MORPH = `layers: 1, ${tiny("epochs: 6, batch: 200, learningRate: 0.02")}`;
const SHORT = tiny("epochs: 2, batch: 500");
const SMALL = [
  `flows={ x: ${DENSITY}, y: ${DENSITY} }`,
  `morph={ x: { ${MORPH} }, y: { ${MORPH} } }`,
  `transport={ transforms: 1, bins: 4, ${SHORT} }`,
  `response={ layers: 1, range: 3, scale: 1.5, ${SHORT} }`,
  "scan={ nuisances: [recoil], pairs: [[energy_scale, luminosity]], points: 3, grid: 3, range: 1 }",
];

test("twenty nuisances end to end, each trained alone; the report shows what leads", async () => {
  const made = spawnSync(process.execPath, [join(example, "make-samples.mjs"), join(folder, "samples"), "1000"], {
    encoding: "utf8",
  });
  assert.is(made.status, 0, made.stderr);
  const file = join(folder, "analysis.yaml");
  writeFileSync(file, readFileSync(join(example, "analysis.yaml")));
  const { code, error } = await unbinned("run", file, ...SMALL.flatMap((entry) => ["--set", entry]));
  assert.is(code, 0, error);

  const results = JSON.parse(readFileSync(join(folder, "out", "results.json"), "utf8"));
  assert.is(results.nuisances.length, 20);
  const steps = readdirSync(join(folder, "out", "steps"));
  assert.is(steps.filter((name) => /^[xy]\.morph\.simple\..*\.safetensors$/.test(name)).length, 2 * 16);
  assert.not.ok(steps.some((name) => name.includes("joint") || name.includes("together")));
  const { response, x } = await readSavedModel(join(folder, "out"));
  assert.is(response!.architecture.nuisances.length, 20);
  const oneSided = x.morph!.architecture.nuisances.flatMap(({ linearOnly }, k) =>
    linearOnly ? [results.nuisances[k]] : [],
  );
  assert.equal(oneSided, ["signal_modelling", "background_modelling", "fragmentation"]);
  // T at the fit and four modes up and down, two processes, one plane.
  assert.is(results.displacements.length, 9 * 2);
  // 23 samples of the signal and 22 of the background, each in two features of x and of y, in six pairs, and in all four by a classifier.
  assert.is(results.closure.tests.length, 45 * (4 + 6 + 1));
  const closure = readFileSync(join(folder, "out", "pictures", "closure-x-signal.svg"), "utf8");
  assert.match(closure, /the worst 8 of 23 anchors/);
  assert.is(closure.match(/χ²/g)?.length, 8 * 2);
});

test.run();
