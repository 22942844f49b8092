/** One tiny run with two replicas beside it, and simulation to apply its T to. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as assert from "uvu/assert";
import type { Replica } from "../../inference/measurements/distribution-of-interest/ensemble.js";
import { type NamedArray, writeNpz } from "../../io/index.js";
import { belongingsIn } from "../../workflow/store/belonging.js";
import { sealed } from "../../workflow/store/checksum.js";
import { REPLICAS_FILE, saveReplicas } from "../../workflow/store/ensemble-files.js";
import { readSavedModel } from "../../workflow/store/model-files.js";
import { randomNumbers } from "../support/random-numbers.js";
import { fill } from "../support/shared-folders.js";
import { type Ran, runInProcess } from "./in-process.js";
import { TINY_TOY } from "./tiny-toy.js";

export const folder = mkdtempSync(join(tmpdir(), "unbinned-apply-"));
export const at = (name: string) => join(folder, name);
export const file = at("toy.yaml");

const TOY = `
name: Tiny toy
output: out
observables: { x: { features: 2 }, y: { features: 2 } }
simulation: { generator: doi-toy, events: 4000, heldOut: 0.2 }
data: { generator: doi-toy, events: 400 }
transport: { transforms: 2, bins: 3, hidden: [4], training: { epochs: 3, batch: 100 } }
fit: { secondStart: 0 }
${TINY_TOY}`;

export const command = (words: readonly string[]): Promise<Ran> => runInProcess([...words, "--threads", "1"]);
export const apply = (...words: readonly string[]) => command(["apply", file, ...words]);

export async function good(words: readonly string[]): Promise<Ran> {
  const ran = await runInProcess(words);
  assert.is(ran.code, 0, ran.error);
  return ran;
}

export const simulation = at("simulation.npz");
export const COUNT = 120;
export const numbers = (columns: ReadonlyMap<string, NamedArray>, name: string): Float64Array => {
  const found = columns.get(name);
  assert.ok(found, `${name} among ${[...columns.keys()].join(", ")}`);
  return Float64Array.from(found.data as Float64Array);
};

/** To be called before the tests: the run, two replicas beside it, and a file of simulation. */
export async function runToy(): Promise<void> {
  writeFileSync(file, TOY);
  await fill(at("out"), TOY, async () => {
    await good(["run", file, "--threads", "1"]);
  });
  const model = await readSavedModel(at("out"));
  const replica = (index: number): Replica => ({
    index,
    nu: [0, 0],
    transport: new Map(
      [...model.transport!.weights].map(([name, { shape, data }]) => [
        name,
        { shape, data: data.map((weight, i) => weight + 0.05 * (index + 1) * Math.sin(i)) },
      ]),
    ),
  });
  await saveReplicas(at("out"), [replica(0), replica(1)]);
  // As a run leaves them: its results say which files belong to them.
  const { checksum: _, ...found } = JSON.parse(readFileSync(at("out/results.json"), "utf8"));
  const files = { ...found.files, ...(await belongingsIn(at("out"), [REPLICAS_FILE])) };
  writeFileSync(at("out/results.json"), JSON.stringify(sealed({ ...found, files }), undefined, 2));
  const random = randomNumbers(4);
  const pairs = (size: number) => Float64Array.from({ length: 2 * COUNT }, () => size * (random() - 0.5));
  await writeNpz(simulation, {
    x: { shape: [COUNT, 2], data: pairs(2) },
    y: { shape: [COUNT, 2], data: pairs(3) },
    process: { shape: [COUNT], data: Int8Array.from({ length: COUNT }, (_, i) => i % 2) },
    id: { shape: [COUNT], data: BigInt64Array.from({ length: COUNT }, (_, i) => 2n ** 60n + BigInt(i)) },
    title: { shape: [3], data: Uint8Array.of(1, 2, 3) },
  });
}

/** To be called after them. */
export const removeRun = () => rmSync(folder, { recursive: true });

/** What stands in the test's folder. */
export const listed = () => readdirSync(folder).sort();
