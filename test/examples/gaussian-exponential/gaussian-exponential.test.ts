/** The example of a peak above a background: twelve lines, its samples, and estimates around what they were made with. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { runInProcess } from "../../cli/in-process.js";

const example = (name: string) =>
  fileURLToPath(new URL(`../../../../examples/gaussian-exponential/${name}`, import.meta.url));

const folder = mkdtempSync(join(tmpdir(), "unbinned-peak-"));
test.before(() => {
  execFileSync(process.execPath, [example("make-samples.mjs"), join(folder, "samples")]);
  for (const name of ["analysis.yaml", "two-channels.yaml"])
    writeFileSync(join(folder, name), readFileSync(example(name)));
});
test.after(() => rmSync(folder, { recursive: true }));

const TRUTH: Readonly<Record<string, number>> = {
  nsig: 300,
  nbkg: 5000,
  nbkg_other: 3000,
  mean: 125,
  scale: 1,
  sigma: 2,
  slope: 0.02,
  mu: 1,
};

interface Fitted {
  readonly parameters: readonly { readonly name: string; readonly estimate: number; readonly sigma: number }[];
}

async function fitted(name: string): Promise<Readonly<Record<string, Fitted>>> {
  const { out, error, code } = await runInProcess(["fit", join(folder, name), "--json"]);
  assert.is(code, 0, error);
  return JSON.parse(out).likelihoods;
}

test("a range and an extended fit with free shapes take twelve lines", () => {
  const lines = readFileSync(example("analysis.yaml"), "utf8").trim().split("\n");
  assert.is(lines.filter((line) => !line.startsWith("#")).length, 12);
});

for (const name of ["analysis.yaml", "two-channels.yaml"]) {
  test(`${name}: estimates around the truth (seed 1, false alarm 1e-3: 4 sigma of at most 14 numbers)`, async () => {
    for (const [likelihood, { parameters }] of Object.entries(await fitted(name))) {
      for (const { name: own, estimate, sigma } of parameters) {
        const truth = TRUTH[own];
        if (truth === undefined) continue;
        assert.ok(Math.abs(estimate - truth) < 4 * sigma, `${likelihood}, ${own} = ${estimate} ± ${sigma}`);
      }
    }
  });
}

test("channels and constraints say more: the slope of both is better known than that of the sidebands, the scale than its calibration", async () => {
  const { both, sidebands } = await fitted("two-channels.yaml");
  const sigmaOf = (of: Fitted | undefined, name: string) => of!.parameters.find((own) => own.name === name)!.sigma;
  assert.ok(sigmaOf(both, "slope") < sigmaOf(sidebands, "slope"));
  assert.ok(sigmaOf(both, "scale") < 0.002);
  // The luminosity moves with the signal strength: its constraint is all that is known of it.
  assert.ok(Math.abs(sigmaOf(both, "lumi") - 1) < 1e-3);
});

test.run();
