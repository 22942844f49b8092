/**
 * Writes the simulated samples and the data of this example, with systematic variations as experiments store them:
 *
 *     node make-samples.mjs [FOLDER] [SEED] [EVENTS] [SHIFT] [TILT]        FOLDER: `samples` beside this file
 *
 * Two processes and three features: ln_met, the logarithm of a missing transverse momentum (GeV), normal; logit_cos, of a cosine
 * with density (1 + c cos) / 2; asinh_t, of a Student t with 5 degrees of freedom. Nuisances, in prior standard deviations:
 *
 *     scale  multiplies met by 1 + SHIFT ν in both processes: columns ln_met_scale_up and ln_met_scale_down of the same events
 *     tilt   changes the slope c of the background by TILT ν: weights w_tilt_up and w_tilt_down of the same events
 *     norm   a rate, 8 % of the background; no samples
 *
 * Both shape nuisances move the data by less than the simulation fluctuates.
 */
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { fillNormal, fillShuffled, fillUniform, randomKey, writeNpz } from "unbinned";

const PROCESSES = {
  signal: { yield: 9000, mean: 4.1, width: 0.6, slope: -0.4, location: 1.2, scale: 0.9, isTilted: 0 },
  background: { yield: 15000, mean: 3.5, width: 0.8, slope: 0.35, location: 0, scale: 1.1, isTilted: 1 },
};
const DEGREES_OF_FREEDOM = 5;
const KAPPA = 0.08;
const TRUTH = { scale: 0.6, tilt: -0.7, norm: 0.5 };

const [, , folder = join(dirname(fileURLToPath(import.meta.url)), "samples"), ...numbers] = process.argv;
const [seed = 1, events = 100_000, shift = 0.02, tilt = 0.08] = numbers.map(Number);

/** The features of `count` events, and the cosines that weights follow from. */
function simulate(name, count, nu, purpose) {
  const { mean, width, slope, location, scale, isTilted } = PROCESSES[name];
  const perEvent = DEGREES_OF_FREEDOM + 2;
  const [normals, uniforms] = [new Float64Array(perEvent * count), new Float64Array(count)];
  fillNormal(randomKey(seed, `${purpose}/normals`), 0, normals);
  fillUniform(randomKey(seed, `${purpose}/uniforms`), 0, uniforms);
  const c = slope + isTilted * tilt * nu.tilt;
  // The inverse of the distribution function ((1 + cos) + c (cos² - 1) / 2) / 2.
  const cos = uniforms.map((u) => (-1 + Math.sqrt((1 - c) ** 2 + 4 * c * u)) / c);
  const met = Float64Array.from(cos, (_, i) => mean + width * normals[perEvent * i] + Math.log1p(shift * nu.scale));
  const t = Float64Array.from(cos, (_, i) => {
    const [normal, ...others] = normals.subarray(perEvent * i + 1, perEvent * (i + 1));
    return location + scale * (normal / Math.sqrt(others.reduce((sum, z) => sum + z * z, 0) / DEGREES_OF_FREEDOM));
  });
  const logit_cos = cos.map((value) => Math.log((1 + value) / (1 - value)));
  return { cos, columns: { ln_met: met, logit_cos, asinh_t: t.map(Math.asinh) } };
}

/** The same events at +1 and -1 of each nuisance. */
function variations(name, { cos, columns }) {
  const { slope, isTilted } = PROCESSES[name];
  const sides = { up: 1, down: -1 };
  return Object.fromEntries(
    Object.entries(sides).flatMap(([side, nu]) => [
      [`ln_met_scale_${side}`, columns.ln_met.map((value) => value + Math.log1p(shift * nu))],
      [`w_tilt_${side}`, cos.map((value) => (1 + (slope + isTilted * tilt * nu) * value) / (1 + slope * value))],
    ]),
  );
}

async function write(name, columns) {
  const arrays = Object.entries(columns).map(([column, data]) => [column, { shape: [data.length], data }]);
  await writeNpz(join(folder, `${name}.npz`), Object.fromEntries(arrays));
}

await mkdir(folder, { recursive: true });
for (const name of Object.keys(PROCESSES)) {
  const nominal = simulate(name, events, { scale: 0, tilt: 0 }, name);
  await write(name, { ...nominal.columns, ...variations(name, nominal) });
}
const parts = Object.keys(PROCESSES).map((name, k) => {
  const expected = PROCESSES[name].yield * (name === "background" ? (1 + KAPPA) ** TRUTH.norm : 1);
  const fluctuation = new Float64Array(1);
  fillNormal(randomKey(seed, "data/yields"), k, fluctuation);
  // Of thousands of events: a Poisson number is a rounded normal one.
  return simulate(name, Math.round(expected + Math.sqrt(expected) * fluctuation[0]), TRUTH, `data/${name}`).columns;
});
const order = new Int32Array(parts.reduce((sum, { ln_met }) => sum + ln_met.length, 0));
fillShuffled(randomKey(seed, "data/order"), 0, order.length, 0, order);
const joined = (column) => {
  const values = parts.flatMap((part) => [...part[column]]);
  return Float64Array.from(order, (i) => values[i]);
};
await write("data", Object.fromEntries(Object.keys(parts[0]).map((column) => [column, joined(column)])));
