/** The example with twenty nuisances, its samples and trainings made small. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as assert from "uvu/assert";
import { unbinned } from "../../cli/child-process.js";

const example = fileURLToPath(new URL("../../../../examples/twenty-nuisances/", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "unbinned-twenty-"));
export const at = (...names: readonly string[]) => join(folder, ...names);
export const removeTwenty = () => rmSync(folder, { recursive: true });

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

/** Runs it. @returns its results */
export async function runTwenty(...more: readonly string[]) {
  const made = spawnSync(process.execPath, [join(example, "make-samples.mjs"), at("samples"), "1000"], {
    encoding: "utf8",
  });
  assert.is(made.status, 0, made.stderr);
  const file = at("analysis.yaml");
  writeFileSync(file, readFileSync(join(example, "analysis.yaml")));
  const { code, error } = await unbinned("run", file, ...[...SMALL, ...more].flatMap((entry) => ["--set", entry]));
  assert.is(code, 0, error);
  return JSON.parse(readFileSync(at("out", "results.json"), "utf8"));
}

/** The nuisances without a quadratic term, as they were simulated at +1 alone. */
export const ONE_SIDED = ["signal_modelling", "background_modelling", "fragmentation"];

/** Steps in which a nuisance alone was trained, of x or of y. */
export const trainedAlone = (of: "x" | "y") =>
  readdirSync(at("out", "steps")).filter(
    (name) => name.startsWith(`${of}.morph.simple.`) && name.endsWith(".safetensors"),
  );

/** The picture of the closure of the signal, which shows the samples that agree the least. */
export function checkPicture(): void {
  const closure = readFileSync(at("out", "pictures", "closure-x-signal.svg"), "utf8");
  assert.match(closure, /the worst 8 of 23 anchors/);
  assert.is(closure.match(/χ²/g)?.length, 8 * 2);
}
