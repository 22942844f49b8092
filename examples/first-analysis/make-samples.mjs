/**
 * Writes the simulated samples and the data of this example, as an experiment would have them:
 *
 *     node make-samples.mjs [FOLDER] [EVENTS] [SEED]     FOLDER: `samples` beside this file; EVENTS of every nominal sample:
 *                                                        100 000; SEED: 1
 *
 * npz files with the columns pt, eta, mass, score and, in simulation, w: the weight of the event, some 10% of them negative.
 * The weights of a sample add up to the events that it predicts in the data, so that the sums follow the acceptance of the
 * trigger. The samples of `scale` are the nominal events with another scale; that of `model` has events of its own. data.npz has
 * some 6 000 events at the truth of analysis.yaml, and a mass and a score that simulation gets wrong; processes.npz says for
 * each of them of which process it is, which an experiment does not know. model.mjs has the formulas.
 */
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { fillNormal, fillShuffled, fillUniform, randomKey, writeNpz } from "unbinned";
import { acceptance, corrected, eventAt, expectedYield, isTriggered, PROCESSES, TRUTH, YIELDS } from "./model.mjs";

const folder = process.argv[2] ?? join(dirname(fileURLToPath(import.meta.url)), "samples");
const eventsPerSample = Number(process.argv[3] ?? 100_000);
const seed = Number(process.argv[4] ?? 1);

/** Events as the trigger leaves them, of so many before it. */
function simulate(name, nu, generated, purpose) {
  const uniforms = new Float64Array(4 * generated);
  fillUniform(randomKey(seed, `${purpose}/uniforms`), 0, uniforms);
  const normals = new Float64Array(2 * generated);
  fillNormal(randomKey(seed, `${purpose}/normals`), 0, normals);
  const events = [];
  for (let i = 0; i < generated; i++) {
    // Uniform numbers of f64 may be 0.
    const own = uniforms.subarray(4 * i, 4 * i + 4).map((u) => u + 2 ** -54);
    const event = eventAt(name, nu, own, normals.subarray(2 * i, 2 * i + 2));
    if (isTriggered(event)) events.push({ ...event, forSign: own[3] });
  }
  return events;
}

/**
 * Weights as of a next-to-leading-order generator: negative more often at high pt, and all of them larger by 1 / (1 - 2p), so
 * that the weighted density is that of the events.
 */
function weight({ truePt, forSign }) {
  const negative = 0.06 + (0.12 * truePt) / (truePt + 100);
  return (forSign < negative ? -1 : 1) / (1 - 2 * negative);
}

/** A Poisson number of events of every process, in random order. */
function simulateData() {
  const events = PROCESSES.flatMap((name, f) => {
    const expected = expectedYield(name, TRUTH) / acceptance(name, TRUTH);
    const fluctuation = new Float64Array(1);
    fillNormal(randomKey(seed, "data/yields"), f, fluctuation);
    // Thousands of events: a Poisson number is a rounded normal one.
    const generated = Math.round(expected + Math.sqrt(expected) * fluctuation[0]);
    return simulate(name, TRUTH, generated, `data/${name}`).map((event) => ({ ...corrected(name, event), process: f }));
  });
  const order = new Int32Array(events.length);
  fillShuffled(randomKey(seed, "data/order"), 0, events.length, 0, order);
  return Array.from(order, (i) => events[i]);
}

async function write(name, events, columns) {
  const file = join(folder, `${name}.npz`);
  const arrays = columns.map((column) => {
    const data = Float32Array.from(events, (event) => event[column]);
    return [column, { shape: [events.length], data }];
  });
  await writeNpz(file, Object.fromEntries(arrays));
  console.log(`${file}: ${events.length} events`);
}

const FEATURES = ["pt", "eta", "mass", "score"];
const VARIATIONS = {
  nominal: {},
  "scale-up": { scale: 1 },
  "scale-down": { scale: -1 },
  "model-up": { model: 1 },
};

await mkdir(folder, { recursive: true });
for (const name of PROCESSES) {
  const generated = Math.round(eventsPerSample / acceptance(name, {}));
  for (const [variation, nu] of Object.entries(VARIATIONS)) {
    if (name === "signal" && variation === "model-up") continue;
    const events = simulate(name, nu, generated, variation === "model-up" ? `${name}/model` : name);
    const weighted = events.map((event) => ({ ...event, w: (weight(event) * YIELDS[name]) / eventsPerSample }));
    await write(`${name}-${variation}`, weighted, [...FEATURES, "w"]);
  }
}
const data = simulateData();
await write("data", data, FEATURES);
await write("processes", data, ["process"]);
