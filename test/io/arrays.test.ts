/** npy, npz and safetensors: against files of numpy and of the safetensors package, and there and back. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { elementCount, type NamedArray, type NumberArray, readArray, toFloat64 } from "../../io/arrays.js";
import { FileError } from "../../io/errors.js";
import { npyChunks, openNpy, readNpy, writeNpy } from "../../io/numpy/npy.js";
import { listNpz, readNpz, writeNpz } from "../../io/numpy/npz.js";
import {
  listSafetensors,
  readSafetensors,
  readSafetensorsFrom,
  type SafetensorsFile,
  writeSafetensors,
} from "../../io/safetensors.js";
import { memorySource, streamOf, withFile } from "../../io/source.js";
import { readZipDirectory } from "../../io/zip/zip.js";
import { readZipMember } from "../../io/zip/zip-member.js";
import { assertHolds, assertRefused, fixture, withFolder } from "./support.js";

/** The array in the bytes of a `.npy` file. */
const parseNpy = async (where: string, bytes: Uint8Array) =>
  readArray(await openNpy(where, streamOf(memorySource(where, bytes))));

for (const file of ["kinds.npz", "kinds_deflated.npz", "zip64.npz", "commented.npz"]) {
  test(`numpy's ${file} holds what numpy says: kinds, byte orders, memory orders`, async () => {
    assertHolds(await readNpz(fixture(file)), "numpy", file);
  });
}

for (const file of ["version2.npy", "version3.npy"]) {
  test(`numpy's ${file} holds what numpy says`, async () => {
    assertHolds(new Map([["one", await readNpy(fixture(file))]]), "numpy", file);
  });
}

test("a safetensors file holds what the safetensors package put there", async () => {
  const { tensors, metadata } = await readSafetensors(fixture("kinds.safetensors"));
  assertHolds(tensors, "safetensors", "kinds.safetensors");
  assert.equal(metadata, { architecture: "nsf", note: "ν = 0" });
});

test("element types are kept: half precision widens to f32, 64-bit integers stay exact", async () => {
  const kinds = await readNpz(fixture("kinds.npz"));
  const typeOf = (name: string) => kinds.get(name)!.data.constructor.name;
  assert.is(typeOf("little_f2"), "Float32Array");
  assert.is(typeOf("big_f8"), "Float64Array");
  assert.is(typeOf("little_i8"), "BigInt64Array");
  assert.is(typeOf("big_u2"), "Uint16Array");
  assert.is(kinds.get("bool")!.isBool, true);
  assert.is(kinds.get("little_u1")!.isBool, undefined);
});

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

test("arrays are read wherever they begin, aligned or not", async () => {
  const bytes = new Uint8Array(await readFile(fixture("version2.npy")));
  const shifted = new Uint8Array(bytes.length + 1);
  shifted.set(bytes, 1);
  const source = memorySource("a", shifted);
  assert.equal(await readArray(await openNpy("a", streamOf(source, 1))), await parseNpy("a", bytes));
});

test("npy: the very bytes that numpy writes", () =>
  withFile(fixture("kinds.npz"), async (source) => {
    const members = [...(await readZipDirectory(source)).values()];
    const native = members.filter(({ name }) => /^(little_(?!f2)|bool|scalar|empty|int64)/.test(name));
    assert.is(native.length, 14);
    for (const member of native) {
      const bytes = await readZipMember(source, member);
      assert.ok(Buffer.concat(npyChunks("a", await parseNpy("a", bytes))).equals(bytes), member.name);
    }
  }));

const kinds = [
  fc.float64Array({ maxLength: 24 }),
  fc.float32Array({ maxLength: 24 }),
  fc.int8Array({ maxLength: 24 }),
  fc.uint8Array({ maxLength: 24 }),
  fc.int16Array({ maxLength: 24 }),
  fc.uint16Array({ maxLength: 24 }),
  fc.int32Array({ maxLength: 24 }),
  fc.uint32Array({ maxLength: 24 }),
  fc.bigInt64Array({ maxLength: 24 }),
  fc.bigUint64Array({ maxLength: 24 }),
] as fc.Arbitrary<NumberArray>[];

/** Arrays of every kind, in ranks 1 to 3. */
const arrays: fc.Arbitrary<NamedArray> = fc.oneof(
  fc.tuple(fc.oneof(...kinds), fc.integer({ min: 1, max: 4 }), fc.boolean()).map(([data, width, deep]) => {
    const rows = Math.floor(data.length / width);
    return { shape: deep ? [rows, 1, width] : [rows, width], data: data.slice(0, rows * width) };
  }),
  fc.oneof(...kinds).map((data) => ({ shape: [data.length], data })),
  fc
    .array(fc.boolean())
    .map((flags) => ({ shape: [flags.length], data: Uint8Array.from(flags, Number), isBool: true as const })),
);
const named = fc.dictionary(
  fc.string({ unit: "grapheme-ascii", maxLength: 12 }).filter((name) => name !== "__metadata__"),
  arrays,
  { maxKeys: 5 },
);

function assertSame(read: ReadonlyMap<string, NamedArray>, written: Record<string, NamedArray>): void {
  assert.equal([...read.keys()].sort(), Object.keys(written).sort());
  for (const [name, array] of read) assert.equal(array, written[name], name);
}

test("npz: what is written is read back, stored and deflated", () =>
  withFolder(async (folder) => {
    const path = join(folder, "a.npz");
    await fc.assert(
      fc.asyncProperty(named, fc.boolean(), async (record, deflate) => {
        await writeNpz(path, record, { deflate });
        assertSame(await readNpz(path), record);
      }),
      { seed: 3, numRuns: 40 },
    );
  }));

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

test("npy: what is written is read back, rank 0 too", () =>
  withFolder(async (folder) => {
    const path = join(folder, "a.npy");
    for (const array of [
      { shape: [], data: Float64Array.of(2.5) },
      { shape: [2, 1], data: Int32Array.of(1, -2) },
    ]) {
      await writeNpy(path, array);
      assert.equal(await readNpy(path), array);
    }
  }));

test("equal arrays give equal bytes, whatever the day", () =>
  withFolder(async (folder) => {
    for (const name of ["a.npz", "b.npz"])
      await writeNpz(join(folder, name), new Map([["x", { shape: [2], data: Float32Array.of(1, 2) }]]));
    assert.equal(await readFile(join(folder, "a.npz")), await readFile(join(folder, "b.npz")));
  }));

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

test("npy files that are no plain numbers are refused", async () => {
  await assertRefused(
    () => readNpy(fixture("objects.npy")),
    /expected numbers of type f2 f4 .*, got Python objects \(a pickle, never read\)/,
  );
  await assertRefused(() => readNpy(fixture("structured.npy")), /got a structured array\. Save plain numeric columns/);
  await assertRefused(() => readNpy(fixture("strings.npy")), /got "<U2"/);
  await assertRefused(
    () => readNpy(fixture("make.py")),
    /expected an array in numpy's \.npy format, got \d+ bytes that are not/,
  );
});

test("damaged npy files are refused", async () => {
  const bytes = new Uint8Array(await readFile(fixture("version2.npy")));
  const edited = (from: string, to: string) =>
    Buffer.from(Buffer.from(bytes).toString("latin1").replace(from, to), "latin1");
  await assertRefused(
    () => parseNpy("a", bytes.subarray(0, -1)),
    /^a: expected 32 bytes of data for shape \[2, 2\] of f8, got 31\. The file is truncated/,
  );
  await assertRefused(
    () => parseNpy("a", bytes.subarray(0, 100)),
    /expected a header of 128 bytes, got 100 bytes in all/,
  );
  await assertRefused(() => parseNpy("a", edited("(2, 2)", "(9, 9)")), /expected 648 bytes of data for shape \[9, 9\]/);
  await assertRefused(() => parseNpy("a", edited("shape", "shade")), /expected a readable 'shape' in the npy header/);
  await assertRefused(() => parseNpy("a", edited("False", "Fa1se")), /expected a readable 'fortran_order'/);
  await assertRefused(() => parseNpy("a", edited("\x02\x00", "\x09\x00")), /expected npy version 1, 2 or 3, got 9/);
  const flags = Buffer.from(edited("<f8", "|b1").toString("latin1").replace("(2, 2)", "(32, )"), "latin1");
  await assertRefused(() => parseNpy("a", flags), /expected truth values stored as 0 or 1, got \d+ at element 0/);
});

function safetensors(header: unknown, data = new Uint8Array(), names?: string[]): Promise<SafetensorsFile> {
  const json = Buffer.from(typeof header === "string" ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return readSafetensorsFrom(memorySource("a.safetensors", Buffer.concat([length, json, data])), names);
}

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
