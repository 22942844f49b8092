/** Errors without the noise of trainings: of a nuisance without an effect its constraint, of one with an effect what is known of it. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { fillNormal, randomKey } from "../../../../engine/random/random.js";
import { writeNpz } from "../../../../io/index.js";
import { runInProcess } from "../../../cli/in-process.js";

const folder = mkdtempSync(join(tmpdir(), "unbinned-noise-"));
test.after(() => rmSync(folder, { recursive: true }));

/** Few events, so that what is learned of a nuisance without an effect is as large as the constraint. */
const EVENTS = 1000;
/** Of the mean of `a`, in its widths. */
const EFFECT = 0.3;

async function sample(name: string, shift: number): Promise<string> {
  const [a, b] = ["a", "b"].map((column) => {
    const values = new Float64Array(EVENTS);
    fillNormal(randomKey(5, `noise-errors/${name}/${column}`), 0, values);
    return values;
  });
  const file = `${name}.npz`;
  await writeNpz(join(folder, file), {
    a: { shape: [EVENTS], data: a!.map((value) => value + shift) },
    b: { shape: [EVENTS], data: b! },
  });
  return file;
}

const SIDES = [
  ["up", 1],
  ["down", -1],
] as const;

/** `moves` shifts a; `twin` does the same; `none` does nothing. */
async function analysis(): Promise<string> {
  const effects = { moves: EFFECT, twin: EFFECT, none: 0 };
  const samples = [`{ file: ${await sample("nominal", 0)}, at: {} }`];
  for (const [name, effect] of Object.entries(effects)) {
    for (const [side, value] of SIDES) {
      const file = await sample(`${name}-${side}`, value * effect);
      samples.push(`{ file: ${file}, at: { ${name}: ${value} } }`);
    }
  }
  return `
name: noise
observables: { x: { features: 2, columns: [a, b] } }
processes: { only: { yield: ${EVENTS}, samples: [${samples.join(", ")}] } }
nuisances: { moves: {}, twin: {}, none: {} }
likelihood: { observables: [x] }
flows: { x: { kind: affine, transforms: 1, training: { epochs: 20, batch: 100 } } }
morph: { x: { kind: affine, training: { epochs: 20, batch: 100 } } }
data: { file: ${await sample("data", 0)} }
scan: { nuisances: [moves], pairs: [[moves, twin]], points: 3, grid: 3 }
impacts: { enabled: false }
`;
}

test("two nuisances of one effect: the samples of each make their difference look measured, and its error is the constraint all the same", async () => {
  const file = join(folder, "analysis.yaml");
  writeFileSync(file, await analysis());
  const { code, error } = await runInProcess(["run", file, "--threads", "1", "--out", join(folder, "out")]);
  assert.is(code, 0, error);
  const { fits, trainingNoise } = JSON.parse(readFileSync(join(folder, "out", "results.json"), "utf8"));
  const { sigma, ownSigma, widenings, correlation } = fits.xAlone;
  assert.equal(widenings, ["without noise of trainings"]);
  // σ² = (1 + I) / (1 + 2 I), ρ = -I / (1 + I): the exact likelihood.
  const information = EVENTS * EFFECT ** 2;
  const exact = Math.sqrt((1 + information) / (1 + 2 * information));
  // The learned effects differ by a tenth, which divides the error between the two: 5%. The noise has 6 degrees of freedom in each nuisance; it is 3 on average. What is above that is left: below 2 in 19 of 20 seeds.
  const least = Math.sqrt(0.5 / (1 + 2));
  for (const k of [0, 1]) {
    assert.ok(ownSigma[k] < 0.75 * exact, `${ownSigma[k]} by the curvature`);
    assert.ok(sigma[k] > least && sigma[k] < exact * 1.05, `${sigma[k]}, exact ${exact}`);
  }
  assert.ok(correlation[0][1] < -0.95, `${correlation[0][1]}`);
  assert.ok(Math.abs(sigma[2] - 1) < 0.01, `${sigma[2]} without an effect`);
  const noise = trainingNoise.find(({ nuisance }: { nuisance: string }) => nuisance === "twin").noise;
  // Two features: a scale and a shift of each, and both of the second linear in the first; a tenth of the events is held out.
  assert.ok(Math.abs(noise / (6 / (2 * 0.9 * EVENTS)) - 1) < 1e-9, `${noise}`);
});

test.run();
