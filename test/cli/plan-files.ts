/** A measurement with an ensemble and a composition of two likelihoods, small, and their plans. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { writeNpz } from "../../io/index.js";
import { runInProcess } from "./in-process.js";
import { TINY_TOY } from "./tiny-toy.js";

const folder = mkdtempSync(join(tmpdir(), "unbinned plan's "));
export const at = (...names: readonly string[]) => join(folder, ...names);
export const TOY = at("toy.yaml");
export const COUNT = at("count.yaml");
/** To be called before the tests. */
export async function writePlanFiles(): Promise<void> {
  const m = Float64Array.from({ length: 20 }, (_, i) => (i + 0.5) / 2);
  await writeNpz(at("few.npz"), new Map([["m", { shape: [20], data: m }]]));
  writeFileSync(
    TOY,
    `
name: Tiny toy
observables: { x: { features: 2 }, y: { features: 2 } }
simulation: { generator: doi-toy, events: 4000, heldOut: 0.2 }
data: { generator: doi-toy, events: 300 }
transport: { transforms: 1, bins: 3, hidden: [4], training: { epochs: 2, batch: 100 } }
ensemble: { replicas: 3, training: { epochs: 2, batch: 100 } }
${TINY_TOY}`,
  );
  writeFileSync(
    COUNT,
    `columns: { m: { range: [0, 10] } }
samples: { few: few.npz }
parameters: { n: 20 }
densities: { flat: { uniform: m }, model: { mixture: { flat: n } } }
likelihoods: { fit: { density: model, sample: few }, other: { density: model, sample: few } }
`,
  );
}

/** To be called after the tests. */
export const removePlanFiles = () => rmSync(folder, { recursive: true });

export const call = (verb: string, file: string, ...words: readonly string[]) =>
  runInProcess([verb, file, "--out", at("out"), "--backend", "cpu", ...words], { judgesTrainings: true });

export interface Job {
  readonly id: string;
  readonly kind: string;
  readonly does: readonly string[];
  readonly words: readonly string[];
  readonly needs: readonly string[];
  readonly isDone: boolean;
  readonly resources: { readonly seconds: number; readonly megabytes: number; readonly threads: number };
}

export async function planned(file: string, ...words: readonly string[]) {
  const { code, out, error } = await call("plan", file, "--json", ...words);
  assert.is(code, 0, error);
  return JSON.parse(out) as { readonly folder: string; readonly jobs: readonly Job[]; readonly last: Job };
}
