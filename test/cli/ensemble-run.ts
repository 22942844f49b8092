/** A tiny analysis with an ensemble of three replicas, impacts and asymmetric errors. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { fill } from "../support/shared-folders.js";
import { runInProcess } from "./in-process.js";
import { TINY_TOY } from "./tiny-toy.js";

const folder = mkdtempSync(join(tmpdir(), "unbinned-ensemble-"));

const TOY = `
name: Tiny ensemble
seed: 3
observables: { x: { features: 2 }, y: { features: 2 } }
simulation: { generator: doi-toy, events: 20000, heldOut: 0.2 }
data: { generator: doi-toy, events: 600 }
transport: { transforms: 1, bins: 3, hidden: [4], training: { epochs: 5, batch: 100 } }
ensemble: { replicas: 3, training: { epochs: 3, batch: 100 } }
fit: { secondStart: 0, minos: true }
impacts: { groups: { both: [shift, squeeze] }, events: 300, bins: 2 }
${TINY_TOY}`;

export const file = join(folder, "toy.yaml");
export const at = (...names: string[]) => join(folder, ...names);
export const call = (...words: string[]) =>
  runInProcess([...words, "--threads", "1", "--backend", "cpu"], { isTerminal: false });

writeFileSync(file, TOY);

/** A run with all three replicas, in the folder `whole`. */
export const runWhole = (): Promise<void> =>
  fill(at("whole"), TOY, async () => {
    const { code, error } = await call("run", file, "--out", at("whole"));
    assert.is(code, 0, error);
  });

/** To be called after the tests. */
export const removeEnsemble = () => rmSync(folder, { recursive: true });
