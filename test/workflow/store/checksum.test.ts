/** A flipped bit in any file that is read back is noticed, wherever it is, and the message names the file. */
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { TrainingState } from "../../../flows/training/training-state.js";
import { FileError, readSafetensors, writeSafetensors } from "../../../io/index.js";
import { sealed } from "../../../workflow/store/checksum.js";
import { REPLICAS_FILE, readReplicas, saveReplicas } from "../../../workflow/store/ensemble-files.js";
import { MODEL_FILE, readSavedModel, saveModel } from "../../../workflow/store/model-files.js";
import { openSteps } from "../../../workflow/store/step-store.js";
import { readToy, saveToy, type ToyRecord, toysIn } from "../../../workflow/store/toy-files.js";
import { torchModel } from "../../inference/torch-mixture.js";
import { randomNumbers } from "../../support/random-numbers.js";

const folder = mkdtempSync(join(tmpdir(), "unbinned-checksums-"));
const at = (...names: string[]) => join(folder, ...names);
test.after(() => rmSync(folder, { recursive: true }));

const notes: string[] = [];
const PROGRESS = { begin: () => ({ update() {}, done() {} }), note: (text: string) => void notes.push(text) };

const RESULT = { record: { loss: 0.25, text: "ν" }, arrays: { "x.w": Float64Array.of(1, -2, 1 / 3) } };

const STATE: TrainingState = {
  record: { seed: 1, purpose: "p", stepsPerEpoch: 2, step: 3, epochLossSum: 0.5, bestEpoch: 0, history: [] },
  values: { w: Float64Array.of(0.5, 1e300) },
  best: { w: Float64Array.of(0.5, 2) },
};

const open = (isForced = false) => openSteps(folder, "common", isForced, PROGRESS);

/** What the step gives, and whether its body was needed. */
async function step(name = "a.step") {
  let repeated = false;
  const found = await (await open()).run(name, { of: 1 }, async () => {
    repeated = true;
    return RESULT;
  });
  return { found, repeated };
}

/** Every single-bit change of a file, one after another, then the file as it was. */
async function forEachFlip(file: string, bits: Iterable<number>, look: (where: string) => Promise<void>) {
  const whole = readFileSync(file);
  for (const bit of bits) {
    const bytes = Buffer.from(whole);
    bytes[bit >> 3]! ^= 1 << (bit & 7);
    writeFileSync(file, bytes);
    await look(`bit ${bit & 7} of byte ${bit >> 3} of ${whole.length}`);
  }
  writeFileSync(file, whole);
}

/** One bit of every byte, now a high one, now a low one. */
const everyByte = (file: string) => Array.from(readFileSync(file), (_, byte) => 8 * byte + ((5 * byte) & 7));

/** Of the length, the header and the data each, this many bits chosen at random with a seed. */
function someBits(file: string, count: number): number[] {
  const bytes = readFileSync(file);
  const header = 8 + Number(bytes.readBigUInt64LE());
  const random = randomNumbers(3);
  const among = (from: number, to: number, many: number) =>
    Array.from({ length: many }, () => 8 * from + Math.floor(random() * 8 * (to - from)));
  return [...Array(64).keys(), ...among(8, header, count), ...among(header, bytes.length, count)];
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
  const odd = readdirSync(at("steps")).find((name) => name.startsWith("an_odd"))!;
  assert.match(odd, /^an_odd_name_of_a_nuisance~[0-9a-f]{16}\.safetensors$/);
  writeFileSync(at("steps", odd), "damaged");
  const store = await open(true);
  const left = readdirSync(at("steps")).sort();
  assert.equal(left, [odd, "dear.safetensors", "linked.safetensors", "notes.txt"].sort());
  let repeated = false;
  await store.run("an odd name / of a nuisance", { of: 1 }, async () => {
    repeated = true;
    return RESULT;
  });
  assert.ok(repeated);
  for (const name of ["dear.safetensors", "linked.safetensors", "notes.txt"]) rmSync(at("steps", name));
});

test("bits of a saved model and of replicas, in the length, the header and the data", async () => {
  const model = torchModel({ hasTransfer: true, hasRates: false });
  await saveModel(folder, model);
  await saveReplicas(folder, [{ index: 0, nu: [0.5, -0.5], transfer: model.transfer!.weights }]);
  const readers = [
    [MODEL_FILE, () => readSavedModel(folder)],
    [REPLICAS_FILE, () => readReplicas(folder, model)],
  ] as const;
  for (const [name, read] of readers) {
    await read();
    await forEachFlip(at(name), someBits(at(name), 40), async (where) => {
      const error = await read().then(
        () => undefined,
        (reason) => reason,
      );
      assert.instance(error, FileError, `${name}, ${where}: ${error}`);
      assert.ok(error.message.startsWith(`${at(name)}`), error.message);
    });
    await read();
  }
});

test("every byte of a toy: an error that names it, or no toy of this plan", async () => {
  const fit = { label: "fit", status: "converged", estimate: [1e-21], covariance: [[1]], sigma: [1] } as const;
  const record: ToyRecord = { toy: 3, key: "k".repeat(8), events: 10, fits: { fit }, warnings: [] };
  await saveToy(folder, record);
  const file = at("3.json");
  assert.equal(await readToy(folder, 3, record.key), sealed(record));
  let neutral = 0;
  await forEachFlip(file, everyByte(file), async (where) => {
    const now = await readToy(folder, 3, record.key).catch((error) => error);
    if (now instanceof Error) assert.match(now.message, /3\.json: expected a toy .* Delete it: the toy is then done/s);
    else if (now !== undefined) {
      // 1e-21 and 1E-21 are one number, and so is the end of the line to JSON.
      assert.equal(now, sealed(record), where);
      neutral++;
    }
  });
  assert.ok(neutral < 4, `${neutral}`);
});

test("a toy counts once, under its own number", async () => {
  const folder = mkdtempSync(join(tmpdir(), "unbinned-toys-"));
  const record: ToyRecord = { toy: 3, key: "k", events: 10, fits: {}, warnings: [] };
  await saveToy(folder, record);
  for (const name of ["03.json", "4.json", "1e3.json", "99999999999999999999.json"]) {
    copyFileSync(join(folder, "3.json"), join(folder, name));
  }
  assert.equal(toysIn(folder), [3, 4]);
  assert.equal(await readToy(folder, 3, "k"), sealed(record));
  const refused = (toy: number) => readToy(folder, toy, "k").catch((error) => error.message);
  assert.match(await refused(4), /4\.json: expected a toy .*it is that of toy 3.* Delete it/);
  writeFileSync(join(folder, "5.json"), "null");
  assert.match(await refused(5), /5\.json: expected a toy .*no JSON object.* Delete it/);
  rmSync(folder, { recursive: true });
});

test.run();
