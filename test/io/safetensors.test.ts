/** Named tensors: against a file of the safetensors package, there and back, and with headers that are damaged or hostile. */
import { join } from "node:path";
import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { readSafetensors, readSafetensorsFrom, writeSafetensors } from "../../io/safetensors.js";
import { type ByteSource, memorySource } from "../../io/source.js";
import { assertSame, named } from "./array-samples.js";
import { assertHolds, assertRefused, fixture, withFolder } from "./support.js";

test("a safetensors file holds what the safetensors package put there", async () => {
  const { tensors, metadata } = await readSafetensors(fixture("kinds.safetensors"));
  assertHolds(tensors, "safetensors", "kinds.safetensors");
  assert.equal(metadata, { architecture: "nsf", note: "ν = 0" });
});

test("safetensors: what is written is read back, metadata too", () =>
  withFolder(async (folder) => {
    const path = join(folder, "a.safetensors");
    await fc.assert(
      fc.asyncProperty(named, fc.dictionary(fc.string(), fc.string()), async (record, metadata) => {
        await writeSafetensors(path, record, metadata);
        const read = await readSafetensors(path);
        assertSame(read.tensors, record);
        assert.equal({ ...read.metadata }, { ...metadata });
      }),
      { seed: 4, numRuns: 40 },
    );
  }));

/** The bytes of a file with this header. */
function fileOf(header: unknown, data: Uint8Array = new Uint8Array()): ByteSource {
  const json = Buffer.from(typeof header === "string" ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return memorySource("a.safetensors", Buffer.concat([length, json, data]));
}

const safetensors = (header: unknown, data?: Uint8Array, names?: string[]) =>
  readSafetensorsFrom(fileOf(header, data), names);

test("damaged safetensors files are refused", async () => {
  const x = { dtype: "F32", shape: [2], data_offsets: [0, 8] };
  const data = new Uint8Array(8);
  await safetensors({ x }, data);
  await assertRefused(
    () => safetensors({ x }, data.subarray(1)),
    /^a\.safetensors: expected 8 bytes of tensor data, got 7\. The file is truncated/,
  );
  await assertRefused(() => safetensors("{'x'}"), /expected a JSON object as safetensors header, got "\{'x'\}"/);
  await assertRefused(() => safetensors([x]), /expected a JSON object/);
  await assertRefused(() => safetensors({ x: null }), /tensor "x": expected dtype, shape and data_offsets, got "null"/);
  await assertRefused(() => safetensors({ x: { ...x, shape: [-2] } }, data), /expected dtype, shape and data_offsets/);
  await assertRefused(
    () => safetensors({ x: { ...x, dtype: "F8_E4M3" } }, data, ["x"]),
    /tensor "x": expected a dtype among F16 .* BOOL, got "F8_E4M3"\. Convert the tensor/,
  );
  await assertRefused(
    () => safetensors({ x: { ...x, shape: [3] } }, data),
    /expected 12 bytes for shape \[3\] of F32, got 8/,
  );
  await assertRefused(() => safetensors({ x: { ...x, shape: [2 ** 52, 2 ** 52] } }, data), /expected Infinity bytes/);
  await assertRefused(() => safetensors({ x, y: x }, data), /tensor "y": expected data from byte 8 on, got 0/);
  await assertRefused(() => safetensors({ x, __metadata__: { a: 1 } }, data), /expected strings in __metadata__, got/);
  const nothing = memorySource("a.safetensors", new Uint8Array(5));
  await assertRefused(
    () => readSafetensorsFrom(nothing),
    /begins with the length of its header, got 5 bytes with a header of 0/,
  );
  const huge = memorySource("a.safetensors", new Uint8Array(64).fill(0xff));
  await assertRefused(() => readSafetensorsFrom(huge), /got 64 bytes with a header of 18446744073709552000/);
});

test("safetensors: tensors of types that are not read are passed over, and refused where they are asked for", async () => {
  for (const dtype of ["F8_E4M3", "F8_E5M2", "F4", "C64", "toString"]) {
    const header = {
      q: { dtype, shape: [3], data_offsets: [0, 2] },
      x: { dtype: "F32", shape: [2], data_offsets: [2, 10] },
    };
    const source = fileOf(JSON.stringify(header), new Uint8Array(10));
    assert.equal([...(await readSafetensorsFrom(source)).tensors.keys()], ["x"]);
    assert.equal((await readSafetensorsFrom(source, ["x"])).tensors.get("x")!.shape, [2]);
    await assertRefused(
      () => readSafetensorsFrom(source, ["q"]),
      new RegExp(`tensor "q": expected a dtype among F16 .*, got "${dtype}"\\. Convert the tensor`),
    );
  }
});

test("safetensors: names like __proto__ and constructor are names", async () => {
  const entry = (at: number) => `{"dtype":"F64","shape":[1],"data_offsets":[${at},${at + 8}]}`;
  const header = `{"__proto__":${entry(0)},"constructor":${entry(8)},"x":${entry(16)}}`;
  const source = fileOf(header, new Uint8Array(Float64Array.of(1, 2, 3).buffer));
  const { tensors } = await readSafetensorsFrom(source);
  assert.equal(
    [...tensors].map(([name, { data }]) => [name, data[0]]),
    [
      ["__proto__", 1],
      ["constructor", 2],
      ["x", 3],
    ],
  );
});

test("safetensors: a header that nests beyond measure, or is larger than any, is refused before it is parsed", async () => {
  const nested = /expected names, types and sizes as safetensors header, got "/;
  await assertRefused(() => readSafetensorsFrom(fileOf(`{"x":${"[".repeat(10 ** 6)}`)), nested);
  await assertRefused(() => readSafetensorsFrom(fileOf('{"x":'.repeat(10 ** 5))), nested);
  assert.is((await readSafetensorsFrom(fileOf('{"__metadata__":{"a":"[[[[\\"[[{{{{"}}'))).metadata.a, '[[[["[[{{{{');
  await assertRefused(
    () => readSafetensorsFrom(fileOf(" ".repeat(2 ** 25 + 1))),
    /begins with the length of its header, got \d+ bytes with a header of 33554433/,
  );
});

test.run();
