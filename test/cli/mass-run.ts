/** A run of one feature, a mass, whose width and rate are the nuisances; and files of masses for the verbs that follow it. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { writeNpz } from "../../io/index.js";
import { randomNumbers } from "../support/random-numbers.js";
import { fill } from "../support/shared-folders.js";
import { runInProcess } from "./in-process.js";

export const folder = mkdtempSync(join(tmpdir(), "unbinned-mass-"));
export const file = join(folder, "analysis.yaml");
export const out = join(folder, "out");

export const COUNT = 2000;
const random = randomNumbers(29);
const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
/** A normal distribution, a fifth wider per unit of ν. */
export const draw = (nu: number) => Float64Array.from({ length: COUNT }, () => 50 + 10 * normal() * 1.2 ** nu);

export const YAML = `
output: out
observables: { x: { features: 1, columns: [mass] } }
likelihood: { observables: [x] }
processes:
  only: { yield: ${COUNT}, samples: [{ file: nominal.npz }, { file: up.npz, at: { width: 1 } }, { file: down.npz, at: { width: -1 } }] }
nuisances: { width: , rate: { kind: rate, kappa: 0.1 } }
data: { file: data.npz }
flows: { x: { kind: affine, transforms: 1, hidden: [2], training: { epochs: 4, batch: 200 } } }
morph: { x: { kind: affine, hidden: [2], training: { epochs: 12, batch: 200, learningRate: 0.02 } } }
fit: { minos: false }
scan: { points: 3, grid: 3, range: 1 }
impacts: { enabled: false }
report: { bins: 8 }
`;

export const write = (name: string, mass: Float64Array, others: Record<string, Float64Array> = {}) =>
  writeNpz(
    join(folder, name),
    new Map(Object.entries({ mass, ...others }).map(([key, data]) => [key, { shape: [data.length], data }])),
  );

export const clean = draw(0);

/** The data with some events replaced. */
export function withEvents(values: readonly number[], first = 5): Float64Array {
  const mass = clean.slice();
  mass.set(values, first);
  return mass;
}

export const run = (...words: string[]) => runInProcess([words[0]!, file, ...words.slice(1)]);

/** Verdicts of checks of the events: those on the model are left out, as its trainings are too short to converge. */
export const ofEvents = <V extends { readonly about: string }>(verdicts: readonly V[]) =>
  verdicts.filter(({ about }) => about === "data" || about === "simulation");

export async function jsonOf(...words: string[]) {
  const { out: text, error, code } = await run(...words, "--json");
  const result = text === "" ? undefined : JSON.parse(text);
  if (result?.verdicts !== undefined) result.verdicts = ofEvents(result.verdicts);
  return { result, error, code };
}

/** To be called before the tests: the run, on clean data. */
export async function runMass(): Promise<void> {
  writeFileSync(file, YAML);
  await write("nominal.npz", draw(0));
  await write("up.npz", draw(1));
  await write("down.npz", draw(-1));
  await write("data.npz", clean);
  await fill(out, [YAML, COUNT], async () => {
    const { code, error } = await run("run");
    assert.is(code, 0, error);
  });
}

/** To be called after them. */
export const removeMass = () => rmSync(folder, { recursive: true });
