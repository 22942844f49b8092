/**
 * Writes the samples of this example:
 *
 *     node make-samples.mjs [FOLDER] [SEED]        FOLDER: `samples` beside this file
 *
 * A peak at a mass m of 150 GeV, 3 GeV wide, above a background that rises behind a threshold at 95 GeV and falls again: m - 95 GeV is the sum
 * of two exponential numbers of mean 22 GeV. `data` has 250 events of the peak and 6000 of the background between 100 and 220 GeV, all Poisson;
 * `control` has 40 000 events of the background alone.
 */
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { fillNormal, fillUniform, randomKey, writeNpz } from "unbinned";

const [MEAN, WIDTH, THRESHOLD, SCALE, LOW, HIGH] = [150, 3, 95, 22, 100, 220];
const [PEAK, BACKGROUND, CONTROL] = [250, 6000, 40_000];

const [, , folder = join(dirname(fileURLToPath(import.meta.url)), "samples"), seed = 1] = process.argv;

function drawn(fill, purpose, count) {
  const numbers = new Float64Array(count);
  fill(randomKey(Number(seed), purpose), 0, numbers);
  return numbers;
}

/** Of hundreds of events: a Poisson number is a rounded normal one. */
const counted = (mean, purpose) => Math.round(mean + Math.sqrt(mean) * drawn(fillNormal, purpose, 1)[0]);

/** The first `count` masses within the range. */
function background(name, count) {
  const [first, second] = [1, 2].map((k) => drawn(fillUniform, `${name}/${k}`, 2 * count));
  const masses = first.map((u, i) => THRESHOLD - SCALE * (Math.log(u) + Math.log(second[i])));
  return masses.filter((m) => m >= LOW && m <= HIGH).slice(0, count);
}

await mkdir(folder, { recursive: true });
const peak = drawn(fillNormal, "data/peak", counted(PEAK, "data/peak/events")).map((z) => MEAN + WIDTH * z);
const samples = {
  data: [...peak, ...background("data/background", counted(BACKGROUND, "data/background/events"))],
  control: background("control", CONTROL),
};
for (const [name, masses] of Object.entries(samples)) {
  await writeNpz(join(folder, `${name}.npz`), { m: { shape: [masses.length], data: Float64Array.from(masses) } });
}
