/**
 * Writes the simulated samples and the data of this example, as a user's own simulation would:
 *
 *     node make-samples.mjs [FOLDER] [EVENTS]        FOLDER: `samples` beside this file; EVENTS of every sample: 60 000
 *
 * Three processes (signal, resonance, continuum); x = mass, GeV [events, 1]; y = three dimensionless variables
 * [events, 3]; event weights w [events], some of them negative in the resonance. Nuisances, in prior standard deviations:
 *
 *     scale          energy scale, 1 % of the mass and a shift of y_1; every process, samples at +1 and -1
 *     tilt           hardness of the continuum's mass and its y_2; samples at +1 and -1
 *     modelling      width of the signal peak and the skewness of its y_3; one sample, at +1
 *     normalisation  a rate, 10 % of the continuum; no samples
 *
 * The data hold some 5 000 events at the truth below, and y moved by a smooth map that no nuisance describes.
 */
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { fillNormal, fillShuffled, fillUniform, randomKey, writeNpz } from "unbinned";

const SEED = 2026;
const NOMINAL = { scale: 0, tilt: 0, modelling: 0, normalisation: 0 };
const TRUTH = { scale: 0.6, tilt: -0.5, modelling: 0.4, normalisation: 0.7 };
const YIELDS = { signal: 1_000, resonance: 1_500, continuum: 2_500 };

const VARIATIONS = {
  signal: { "scale-up": { scale: 1 }, "scale-down": { scale: -1 }, "modelling-up": { modelling: 1 } },
  resonance: { "scale-up": { scale: 1 }, "scale-down": { scale: -1 } },
  continuum: {
    "scale-up": { scale: 1 },
    "scale-down": { scale: -1 },
    "tilt-up": { tilt: 1 },
    "tilt-down": { tilt: -1 },
  },
};

/** Mass, GeV, from a standard normal z: two peaks and a log-normal continuum. */
const mass = {
  signal: (z, nu) => 125 + 6 * Math.exp(0.15 * nu.modelling) * z,
  resonance: (z) => 91 + 8 * z,
  continuum: (z, nu) => 80 * Math.exp(0.05 * nu.tilt + 0.35 * z),
};

/** y from three standard normals, given the mass; every variable depends on those before it. */
const variables = {
  signal: (z, m, nu) => {
    const y1 = 0.8 + 0.3 * Math.tanh((m - 125) / 10) + 0.6 * z[0];
    const y2 = 0.5 * y1 - 0.3 + 0.7 * z[1];
    return [y1, y2, Math.sinh(Math.asinh(z[2]) + 0.3 + 0.15 * nu.modelling) * 0.6 + 0.2 * y2];
  },
  resonance: (z, m) => {
    const y1 = -0.2 + 0.01 * (m - 91) + 0.8 * z[0];
    const y2 = Math.sin(1.5 * y1) + 0.5 * z[1];
    return [y1, y2, 0.4 - 0.3 * y1 + 0.7 * z[2]];
  },
  continuum: (z, m, nu) => {
    const y1 = -0.6 + 0.4 * Math.log(m / 80) + 0.9 * z[0];
    const y2 = -0.5 - 0.4 * y1 + 0.1 * nu.tilt + 0.9 * z[1];
    return [y1, y2, 0.3 * y1 * y2 + 0.8 * z[2]];
  },
};

/** Events of one process: x [n, 1], y [n, 3]. */
function simulate(name, nu, count, purpose) {
  const normals = new Float64Array(4 * count);
  fillNormal(randomKey(SEED, `${purpose}/normals`), 0, normals);
  const x = new Float32Array(count);
  const y = new Float32Array(3 * count);
  for (let i = 0; i < count; i++) {
    const [zMass, ...z] = normals.subarray(4 * i, 4 * i + 4);
    const nominalMass = mass[name](zMass, nu);
    x[i] = nominalMass * (1 + 0.01 * nu.scale);
    const [y1, y2, y3] = variables[name](z, nominalMass, nu);
    y.set([y1 + 0.05 * nu.scale, y2, y3], 3 * i);
  }
  return { x, y };
}

function rows({ x, y }, events) {
  return {
    x: Float32Array.from(events, (i) => x[i]),
    y: Float32Array.from({ length: 3 * events.length }, (_, j) => y[3 * events[Math.floor(j / 3)] + (j % 3)]),
  };
}

/**
 * Weights as of a next-to-leading-order generator: the events of high mass are negative with probability up to 1/5, and
 * there are more of them, by 1/(1 - 2p), so that the weighted density is that of `simulate`.
 */
function withNegativeWeights({ x, y }, purpose) {
  const uniforms = new Float64Array(2 * x.length);
  fillUniform(randomKey(SEED, `${purpose}/weights`), 0, uniforms);
  const largest = 0.2;
  const negative = (i) => largest / (1 + Math.exp((91 - x[i]) / 4));
  const kept = [...x.keys()].filter((i) => uniforms[2 * i] < (1 - 2 * largest) / (1 - 2 * negative(i)));
  return {
    ...rows({ x, y }, kept),
    w: Float32Array.from(kept, (i) => (uniforms[2 * i + 1] < negative(i) ? -1 : 1)),
  };
}

function weighted(name, events, purpose) {
  if (name === "resonance") return withNegativeWeights(events, purpose);
  return { ...events, w: new Float32Array(events.x.length).fill(1) };
}

/** What the simulation gets wrong about y: the distribution of interest is what undoes it. */
function distort(y) {
  return y.map((value, j) => value + (j % 3 === 0 ? 0.1 * Math.tanh(value) : j % 3 === 1 ? 0.1 : -0.05 * value));
}

/** Data: a Poisson number of events of every process, in random order. */
function simulateData() {
  const parts = Object.entries(YIELDS).map(([name, nominalYield], k) => {
    const rate = name === "continuum" ? 1.1 ** TRUTH.normalisation : 1;
    const expected = nominalYield * rate;
    const fluctuation = new Float64Array(1);
    fillNormal(randomKey(SEED, "data/yields"), k, fluctuation);
    // A thousand events and more: a Poisson number is a rounded normal one.
    const count = Math.round(expected + Math.sqrt(expected) * fluctuation[0]);
    return simulate(name, TRUTH, count, `data/${name}`);
  });
  const x = parts.flatMap((part) => [...part.x]);
  const y = parts.flatMap((part) => [...distort(part.y)]);
  const order = new Int32Array(x.length);
  fillShuffled(randomKey(SEED, "data/order"), 0, x.length, 0, order);
  return rows({ x, y }, order);
}

async function write(folder, name, { x, y, w }) {
  const arrays = { x: { shape: [x.length, 1], data: x }, y: { shape: [x.length, 3], data: y } };
  if (w !== undefined) arrays.w = { shape: [x.length], data: w };
  const file = join(folder, `${name}.npz`);
  await writeNpz(file, arrays);
  console.log(`${file}: ${x.length} events`);
}

const folder = process.argv[2] ?? join(dirname(fileURLToPath(import.meta.url)), "samples");
const eventsPerSample = Number(process.argv[3] ?? 60_000);
await mkdir(folder, { recursive: true });
for (const [name, variations] of Object.entries(VARIATIONS)) {
  for (const [variation, nu] of Object.entries({ nominal: {}, ...variations })) {
    const sample = `${name}-${variation}`;
    const events = simulate(name, { ...NOMINAL, ...nu }, eventsPerSample, sample);
    await write(folder, sample, weighted(name, events, sample));
  }
}
await write(folder, "data", simulateData());
