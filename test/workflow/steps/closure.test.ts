/** Closure of the trained densities: a density that does not describe simulation is a warning. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { runInProcess } from "../../cli/in-process.js";
import { TINY_TOY } from "../../cli/tiny-toy.js";

const folder = mkdtempSync(join(tmpdir(), "unbinned-closure-"));

const TOY = `
name: Tiny toy
seed: 3
observables: { x: { features: 2, labels: [first, second] }, y: { features: 2 } }
simulation: { generator: doi-toy, events: 8000, heldOut: 0.2 }
data: { generator: doi-toy, events: 400 }
transport: { transforms: 1, bins: 3, hidden: [4], training: { epochs: 3, batch: 100 } }
fit: { secondStart: 0 }
${TINY_TOY}`;

const path = (name: string) => join(folder, name);
const toy = path("toy.yaml");
writeFileSync(toy, TOY);
test.after(() => rmSync(folder, { recursive: true }));

const run = (words: readonly string[]) => runInProcess(["run", ...words, "--threads", "1"]);
const results = (name: string) => JSON.parse(readFileSync(join(folder, name, "results.json"), "utf8"));

test("warns where a density does not pass its closure", async () => {
  const words = ["--set", "likelihood.observables=[x]", "--set", "flows.x.training.learningRate=1e-9"];
  const { code, error } = await run([toy, "--out", path("untrained"), ...words]);
  assert.is(code, 0, error);
  assert.match(
    error,
    /closure: the density of x does not describe simulation: it differs by \d+ standard deviations of the data .* Set flows\.x\.kind to spline, as an affine map describes few densities, or train longer/,
  );
  assert.ok(results("untrained").warnings.some((text: string) => text.startsWith("closure: the density of x")));
});

test.run();
