/**
 * Writes the simulated samples and the data of this example, as a user's own simulation would:
 *
 *     node make-samples.mjs [FOLDER] [EVENTS]        FOLDER: `samples` beside this file; EVENTS of every sample: 100 000
 *
 * npz files with x [events, 2] and y [events, 2]. All samples of a process are the same events, varied. The data hold some
 * 10 000 events at the truth of analysis.yaml, drawn from the prior, with y distorted. model.mjs has the formulas.
 */
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { fillNormal, fillShuffled, randomKey, writeNpz } from "unbinned";
import { densityAt, distorted, expectedYield, PROCESSES, SHAPES } from "./model.mjs";
import { SEED, TRUTH } from "./truth.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const folder = process.argv[2] ?? join(here, "samples");
const eventsPerSample = Number(process.argv[3] ?? 100_000);

function simulate(name, nu, count, purpose) {
  const normals = new Float64Array(4 * count);
  fillNormal(randomKey(SEED, purpose), 0, normals);
  const density = densityAt(name, nu);
  return Array.from({ length: count }, (_, i) => {
    const event = {};
    for (const [j, { variable, mean, width }] of density.entries()) {
      event[variable] = mean(event) + width(event) * normals[4 * i + j];
    }
    return event;
  });
}

/** A Poisson number of events of every process, in random order. */
function simulateData() {
  const events = PROCESSES.flatMap((name, f) => {
    const expected = expectedYield(name, TRUTH);
    const fluctuation = new Float64Array(1);
    fillNormal(randomKey(SEED, "data/yields"), f, fluctuation);
    // Thousands of events: a Poisson number is a rounded normal one.
    const count = Math.round(expected + Math.sqrt(expected) * fluctuation[0]);
    return simulate(name, TRUTH, count, `data/${name}`).map((event) => ({ ...event, ...distorted(event) }));
  });
  const order = new Int32Array(events.length);
  fillShuffled(randomKey(SEED, "data/order"), 0, events.length, 0, order);
  return Array.from(order, (i) => events[i]);
}

async function write(name, events) {
  const column = (first, second) => ({
    shape: [events.length, 2],
    data: Float32Array.from(events.flatMap((event) => [event[first], event[second]])),
  });
  const file = join(folder, `${name}.npz`);
  await writeNpz(file, { x: column("x1", "x2"), y: column("y1", "y2") });
  console.log(`${file}: ${events.length} events`);
}

await mkdir(folder, { recursive: true });
for (const name of PROCESSES) {
  await write(`${name}-nominal`, simulate(name, {}, eventsPerSample, name));
  for (const [nuisance, { on, sides = [1, -1] }] of Object.entries(SHAPES)) {
    if (!on.includes(name)) continue;
    for (const side of sides) {
      const varied = simulate(name, { [nuisance]: side }, eventsPerSample, name);
      await write(`${name}-${nuisance}-${side > 0 ? "up" : "down"}`, varied);
    }
  }
}
await write("data", simulateData());
