/** Finished steps in files: what is damaged, or of an earlier version, is named or repeated. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { TrainingState } from "../../../flows/training/training-state.js";
import { FileError, readSafetensors, writeSafetensors } from "../../../io/index.js";
import { openSteps } from "../../../workflow/store/step-store.js";
import { everyByte, forEachFlip } from "./flipped-bits.js";

const folder = mkdtempSync(join(tmpdir(), "unbinned-steps-"));
const at = (...names: string[]) => join(folder, ...names);
test.after(() => rmSync(folder, { recursive: true }));

const notes: string[] = [];
const PROGRESS = { begin: () => ({ update() {}, done() {} }), note: (text: string) => void notes.push(text) };
const REPORTER = { progress: PROGRESS, signal: new AbortController().signal };

const RESULT = { record: { loss: 0.25, text: "ν" }, arrays: { "x.w": Float64Array.of(1, -2, 1 / 3) } };

const STATE: TrainingState = {
  record: { seed: 1, purpose: "p", stepsPerEpoch: 2, step: 3, epochLossSum: 0.5, bestEpoch: 0, history: [] },
  values: { w: Float64Array.of(0.5, 1e300) },
  best: { w: Float64Array.of(0.5, 2) },
};

const open = (isForced = false) => openSteps(folder, "common", isForced, REPORTER);

/** What the step gives, and whether its body was needed. */
async function step(name = "a.step") {
  let repeated = false;
  const found = await (await open()).run(name, { of: 1 }, async () => {
    repeated = true;
    return RESULT;
  });
  return { found, repeated };
}

test("every byte of a step's file: an error that names it, or the step repeated", async () => {
  await step();
  const file = at("steps", "a.step.safetensors");
  assert.not.ok((await step()).repeated);
  let [refused, repeated] = [0, 0];
  await forEachFlip(file, everyByte(file), async (where) => {
    const whole = readFileSync(file);
    const now = await step().catch((error) => error);
    if (now instanceof FileError) {
      refused++;
      assert.match(
        now.message,
        /a\.step\.safetensors: expected what an earlier run left, got a file that cannot be read \(.*\)\. Delete it and only its step is repeated; --force repeats all$/s,
        where,
      );
    } else {
      repeated++;
      assert.ok(now.repeated, where);
      assert.match(notes.at(-1)!, /a\.step\.safetensors: not kept, as it has no checksum/);
      writeFileSync(file, whole);
    }
  });
  // The name of the checksum is 8 of the bytes.
  assert.ok(repeated > 0 && repeated <= 8, `${repeated}`);
  assert.ok(refused > 250, `${refused}`);
  assert.equal((await step()).found.arrays, RESULT.arrays);
});

test("every byte of the state of an unfinished training", async () => {
  const file = at("steps", "b.step.unfinished.safetensors");
  const stopped = await (await open())
    .run("b.step", {}, async (checkpoint) => {
      await checkpoint.save(STATE);
      throw new Error("stopped");
    })
    .catch((error) => error.message);
  assert.is(stopped, "stopped");
  const restored = async () => {
    let state: TrainingState | undefined;
    await (await open())
      .run("b.step", {}, async (checkpoint) => {
        state = await checkpoint.restore();
        throw new Error("stopped");
      })
      .catch((error) => {
        if (error.message !== "stopped") throw error;
      });
    return state;
  };
  assert.equal(await restored(), STATE);
  await forEachFlip(file, everyByte(file), async (where) => {
    const now = await restored().catch((error) => error);
    if (now !== undefined) assert.match(String(now), /b\.step\.unfinished\.safetensors: .* Delete it/s, where);
  });
  assert.equal(await restored(), STATE);
});

test("a step of an earlier version, without a checksum, is repeated", async () => {
  const file = at("steps", "a.step.safetensors");
  const { metadata, tensors } = await readSafetensors(file);
  const { checksum: _, ...old } = metadata;
  await writeSafetensors(file, tensors, old);
  const { repeated, found } = await step();
  assert.ok(repeated);
  assert.equal(found.record, RESULT.record);
  assert.not.ok((await step()).repeated);
});

test("--force removes steps and nothing else, also where what is there is damaged", async () => {
  await step();
  await step("an odd name / of a nuisance");
  writeFileSync(at("steps", "notes.txt"), "dear");
  await writeSafetensors(at("steps", "dear.safetensors"), { a: { shape: [1], data: new Float64Array(1) } });
  symlinkSync(at("steps", "a.step.safetensors"), at("steps", "linked.safetensors"));
  const odd = readdirSync(at("steps")).find((name) => /^an_odd.*safetensors$/.test(name))!;
  assert.match(odd, /^an_odd_name_of_a_nuisance~[0-9a-f]{16}\.safetensors$/);
  writeFileSync(at("steps", odd), "damaged");
  const store = await open(true);
  const left = readdirSync(at("steps")).sort();
  const cost = odd.replace(".safetensors", ".cost.json");
  assert.equal(left, [odd, cost, "dear.safetensors", "linked.safetensors", "notes.txt"].sort());
  let repeated = false;
  await store.run("an odd name / of a nuisance", { of: 1 }, async () => {
    repeated = true;
    return RESULT;
  });
  assert.ok(repeated);
  for (const name of ["dear.safetensors", "linked.safetensors", "notes.txt"]) rmSync(at("steps", name));
});

test.run();
