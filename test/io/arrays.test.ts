/** What all files of arrays have in common: some of many arrays, exact integers, shapes, and refusal of noise. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { elementCount, toFloat64 } from "../../io/arrays.js";
import { FileError } from "../../io/errors.js";
import { readNpy } from "../../io/numpy/npy.js";
import { listNpz, readNpz, writeNpz } from "../../io/numpy/npz.js";
import { listSafetensors, readSafetensors, writeSafetensors } from "../../io/safetensors.js";
import { assertRefused, fixture, withFolder } from "./support.js";

test("some arrays are read without the others; names are listed without data", async () => {
  assert.equal([...(await readNpz(fixture("events.npz"), ["y"])).keys()], ["y"]);
  assert.equal(await listNpz(fixture("events.npz")), ["x", "y", "label", "weight"]);
  assert.equal(
    [...(await readSafetensors(fixture("kinds.safetensors"), ["f4", "bool"])).tensors.keys()],
    ["f4", "bool"],
  );
  assert.ok((await listSafetensors(fixture("kinds.safetensors"))).includes("bool"));
  await assertRefused(
    () => readNpz(fixture("events.npz"), ["z"]),
    /events\.npz: expected an array "z", got "x", "y", "label", "weight"$/,
  );
  await assertRefused(() => readSafetensors(fixture("kinds.safetensors"), ["z"]), /expected a tensor "z", got "/);
});

test("64-bit integers become doubles exactly or not at all", async () => {
  const { data } = (await readNpz(fixture("kinds.npz"))).get("int64_edges")!;
  assert.equal([...toFloat64("x", data.subarray(0, 1))], [2 ** 53]);
  await assertRefused(
    () => toFloat64("column x", data),
    /^column x: expected integers that a double holds exactly, got 9007199254740993 at element 1\. Store the column/,
  );
});

test("an array whose shape does not fit its data is not written", () =>
  withFolder(async (folder) => {
    const record = { x: { shape: [2, 2], data: new Float32Array(3) } };
    await assertRefused(
      () => writeNpz(join(folder, "a.npz"), record),
      /a\.npz, array "x": expected 3 elements to fill the shape, got \[2, 2\]/,
    );
    await assertRefused(
      () => writeSafetensors(join(folder, "a.safetensors"), record),
      /tensor "x": expected 3 elements to fill the shape/,
    );
  }));

test("random bytes never end otherwise than in a FileError", () =>
  withFolder(async (folder) => {
    const path = join(folder, "noise");
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 200 }),
        fc.constantFrom("\x93NUMPY\x01\x00", "\x20\0\0\0\0\0\0\0{", ""),
        async (noise, start) => {
          await writeFile(path, Buffer.concat([Buffer.from(start, "latin1"), noise]));
          for (const read of [readNpz, readNpy, readSafetensors]) {
            const error = await (read(path) as Promise<unknown>).then(
              () => undefined,
              (reason) => reason,
            );
            if (error === undefined) continue;
            assert.instance(error, FileError, String(error));
            refused++;
          }
        },
      ),
      { seed: 5, numRuns: 200 },
    );
    assert.ok(refused > 0, "no file was refused");
  }));

test("elementCount says how many elements a shape holds", () => {
  assert.is(elementCount([]), 1);
  assert.is(elementCount([3, 4]), 12);
  assert.is(elementCount([2 ** 52, 0, 2 ** 52]), 0);
});

test.run();
