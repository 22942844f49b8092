/**
 * Writes the samples of this example:
 *
 *     node make-samples.mjs [FOLDER] [SEED]        FOLDER: `samples` beside this file
 *
 * A peak at a mass m of 125 GeV, 2 GeV wide, above a background that falls by 2% per GeV between 100 and 180 GeV, in two categories of
 * events: `data` has 300 events of the peak and 5000 of the background, `other` 80 and 3000, all Poisson. A tenth of the events lies
 * outside of the range.
 */
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { fillNormal, fillUniform, randomKey, writeNpz } from "unbinned";

const CATEGORIES = { data: { peak: 300, background: 5000 }, other: { peak: 80, background: 3000 } };
const [MEAN, WIDTH, SLOPE, LOW, HIGH] = [125, 2, 0.02, 95, 185];

const [, , folder = join(dirname(fileURLToPath(import.meta.url)), "samples"), seed = 1] = process.argv;

function drawn(fill, purpose, count) {
  const numbers = new Float64Array(count);
  fill(randomKey(Number(seed), purpose), 0, numbers);
  return numbers;
}

/** Of hundreds of events: a Poisson number is a rounded normal one. */
const counted = (mean, purpose) => Math.round(mean + Math.sqrt(mean) * drawn(fillNormal, purpose, 1)[0]);

await mkdir(folder, { recursive: true });
for (const [name, { peak, background }] of Object.entries(CATEGORIES)) {
  const normals = drawn(fillNormal, `${name}/peak`, counted(peak, `${name}/peak/events`));
  // Of the background, the part from 100 to 180 has the number of events above.
  const part = (Math.exp(-SLOPE * (100 - LOW)) - Math.exp(-SLOPE * (180 - LOW))) / -Math.expm1(-SLOPE * (HIGH - LOW));
  const uniforms = drawn(fillUniform, `${name}/background`, counted(background / part, `${name}/background/events`));
  const masses = [
    ...normals.map((z) => MEAN + WIDTH * z),
    ...uniforms.map((u) => LOW - Math.log1p(u * Math.expm1(-SLOPE * (HIGH - LOW))) / SLOPE),
  ];
  await writeNpz(join(folder, `${name}.npz`), { m: { shape: [masses.length], data: Float64Array.from(masses) } });
}
