/** Nothing is drawn that no test looks at. */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { samples } from "./samples.js";

const folder = fileURLToPath(new URL("../../../../test/inference/plots/", import.meta.url));

test("every plot is checked by a test file, once", () => {
  const checked = readdirSync(folder)
    .filter((file) => file.endsWith(".test.ts") && file !== "plots.test.ts")
    .flatMap((file) => [...readFileSync(`${folder}${file}`, "utf8").matchAll(/checkPictures\("(\w+)"\)/g)])
    .map(([, plot]) => plot);
  assert.equal(checked.sort(), Object.keys(samples).sort());
});

test("every snapshot belongs to a sample", () => {
  const drawn = Object.entries(samples).flatMap(([plot, own]) => Object.keys(own).map((key) => `${plot}-${key}.svg`));
  const stored = readdirSync(`${folder}snapshots`).filter((file) => file.endsWith(".svg"));
  assert.equal(stored.sort(), drawn.sort());
});

test.run();
