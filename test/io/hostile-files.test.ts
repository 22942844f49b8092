/** Files that are too large for one array, no plain files, pointers, or made to fill the memory: an answer each, at once. */
import { execFileSync } from "node:child_process";
import { open, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { NamedArray } from "../../io/arrays.js";
import { eventsOf, listColumns, readEvents, readTable, requireColumn } from "../../io/columns.js";
import { readCsv } from "../../io/csv/csv.js";
import { writeCsv } from "../../io/csv/csv-write.js";
import { readTextFile } from "../../io/file-kinds.js";
import { allocate } from "../../io/memory.js";
import { npyChunks, readNpy } from "../../io/numpy/npy.js";
import { readNpz, writeNpz } from "../../io/numpy/npz.js";
import { readSafetensors, readSafetensorsFrom, writeSafetensors } from "../../io/safetensors.js";
import { memorySource, readBytes } from "../../io/source.js";
import { readTorchStateDict, readTorchStateDictFrom } from "../../io/torch/torch-state-dict.js";
import { readZipDirectory } from "../../io/zip/zip.js";
import type { ZipEntry } from "../../io/zip/zip-write.js";
import { assertRefused, fixture, withFolder } from "./support.js";
import { dict, int, str, tensor, tuple } from "./torch/pickle-writer.js";
import { archive, member } from "./zip/npz-writer.js";

const readers: Readonly<Record<string, (path: string) => Promise<unknown>>> = {
  ".npy": readNpy,
  ".npz": readNpz,
  ".csv": readCsv,
  ".safetensors": readSafetensors,
  ".pt": readTorchStateDict,
  ".yaml": async (path) => readTextFile(path, 1000),
  ".bin": readBytes,
};

test("pointers of Git LFS are recognised for every kind of file", () =>
  withFolder(async (folder) => {
    for (const [kind, read] of Object.entries(readers)) {
      const path = join(folder, `a${kind}`);
      for (const version of ["https://git-lfs.github.com/spec/v1", "https://hawser.github.com/spec/v1"]) {
        await writeFile(path, `version ${version}\noid sha256:${"a".repeat(64)}\nsize 123456\n`);
        await assertRefused(
          () => read(path),
          /: expected the file itself, got a pointer of Git LFS to it\. Fetch the file: git lfs pull$/,
        );
      }
    }
    const events = join(folder, "a.csv");
    for (const read of [listColumns, readTable, readEvents]) await assertRefused(() => read(events), /Git LFS/);
  }));

test("pipes, devices, sockets and folders are refused at once, behind links too", () =>
  withFolder(async (folder) => {
    const socket = createServer();
    await new Promise<void>((resolve) => socket.listen(join(folder, "socket"), resolve));
    execFileSync("mkfifo", [join(folder, "pipe")]);
    const kinds = { "a pipe": "pipe", "a socket": "socket", "a device": "/dev/zero", "a folder": "." };
    for (const [kind, read] of Object.entries(readers)) {
      for (const [found, target] of Object.entries(kinds)) {
        const path = join(folder, `${found}${kind}`);
        await symlink(target, path);
        await assertRefused(() => read(path), new RegExp(`: expected a file.*, got ${found}`));
      }
    }
    await new Promise((resolve) => socket.close(resolve));
  }));

test("text beyond what such a file ever holds is refused", () =>
  withFolder(async (folder) => {
    const path = join(folder, "a.yaml");
    await writeFile(path, "a".repeat(1001));
    await assertRefused(() => readTextFile(path, 1000), /a\.yaml: expected at most 1000 bytes, got 1001\. Check/);
  }));

/** A file that takes no room on the disk: its beginning, then zeros. */
async function sparse(path: string, start: Uint8Array, size: number): Promise<void> {
  const file = await open(path, "w");
  await file.write(start);
  await file.truncate(size);
  await file.close();
}

// 5.6 GB: beyond 2^32 bytes.
const ROWS = 350_000_000;

test("of a file of more than 4 GiB the first events are read, and nothing else", () =>
  withFolder(async (folder) => {
    const path = join(folder, "big.safetensors");
    const bytes = 8 * 2 * ROWS;
    const header = JSON.stringify({
      y: { dtype: "F64", shape: [ROWS], data_offsets: [0, bytes / 2] },
      x: { dtype: "F64", shape: [ROWS], data_offsets: [bytes / 2, bytes] },
    });
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(header.length));
    await sparse(path, Buffer.concat([length, Buffer.from(header)]), 8 + header.length + bytes);
    const file = await open(path, "r+");
    await file.write(new Uint8Array(Float64Array.of(1, 2, 3).buffer), 0, 24, 8 + header.length + bytes / 2);
    await file.close();
    const table = await readEvents(path, ["x", "y"], { head: 3 });
    assert.equal([table.count, table.total], [3, ROWS]);
    assert.equal(requireColumn(table, "x").data, Float64Array.of(1, 2, 3));
    assert.equal(requireColumn(table, "y").data, new Float64Array(3));
  }));

test("an array for which there is no room is refused by name, with what to do", () =>
  withFolder(async (folder) => {
    const path = join(folder, "huge.npy");
    // 16 TB, more than any machine has.
    const elements = 2 * 10 ** 12;
    const [start] = member("huge", "'<f8'", `(${elements},)`).chunks;
    await sparse(path, start!, start!.length + 8 * elements);
    await assertRefused(
      () => readNpy(path),
      /huge\.npy: expected an array that fits into memory, got one of 15258789 MiB \(\d+ MiB are free\)\. Read fewer events/,
    );
    await assertRefused(() => readBytes(path), /huge\.npy: expected an array that fits into memory/);
    // Node 20 makes no array of more than 2^32 elements, others none of more than 2^53.
    await assertRefused(
      () => allocate("a", Uint8Array, -1),
      /a: expected an array that fits.*this Node says: Invalid typed/,
    );
  }));

const matrix: NamedArray = { shape: [4, 2], data: Float64Array.of(1, 2, 3, 4, 5, 6, 7, 8) };

test("the first events are those of all, from both memory orders and every kind of file", () =>
  withFolder(async (folder) => {
    const wide = { a: matrix, b: { shape: [4], data: Int16Array.of(9, 8, 7, 6) } };
    await writeNpz(join(folder, "a.npz"), wide, { deflate: true });
    await writeSafetensors(join(folder, "a.safetensors"), wide);
    for (const path of [join(folder, "a.npz"), join(folder, "a.safetensors")]) {
      const { columns, count, total } = await readEvents(path, ["a", "b"], { head: 3 });
      assert.equal([count, total], [3, 4]);
      assert.equal(columns.get("a"), { features: ["a[0]", "a[1]"], data: Float64Array.of(1, 3, 5, 2, 4, 6) });
      assert.equal(columns.get("b"), { features: ["b"], data: Float32Array.of(9, 8, 7) });
    }
    for (const name of ["x", "y"]) {
      const all = (await readEvents(fixture("events.npz"), [name])).columns.get(name)!;
      const some = (await readEvents(fixture("events.npz"), [name], { head: 2 })).columns.get(name)!;
      const rows = all.features.flatMap((_, i) => [...all.data.subarray(7 * i, 7 * i + 2)]);
      assert.equal([...some.data], rows, name);
    }
  }));

test("the checksum of all is checked where only the first events are read", () =>
  withFolder(async (folder) => {
    const path = join(folder, "a.npz");
    await writeNpz(path, { a: matrix });
    const bytes = Buffer.from(await readBytes(path));
    bytes.writeDoubleLE(9, bytes.indexOf(new Uint8Array(Float64Array.of(8).buffer)));
    await writeFile(path, bytes);
    await assertRefused(() => readEvents(path, ["a"], { head: 1 }), /expected checksum .* got/);
  }));

const OTHER_TYPES: readonly (readonly [descr: string, message: RegExp])[] = [
  ["'|O'", /got Python objects \(a pickle, never read\)\. Save plain numeric columns: a\.astype/],
  ["'|O8'", /got Python objects \(a pickle, never read\)/],
  ["'<U14'", /got "<U14" \(words\)\. Save plain numeric columns: numbers in their place, or words in a csv file/],
  ["'|S3'", /got "\|S3" \(words\)/],
  ["'<c16'", /got "<c16" \(complex numbers\)\. Save plain numeric columns: a\.real and a\.imag/],
  ["'<M8[ns]'", /got "<M8\[ns\]" \(dates\)\. .*: a\.astype\("i8"\)/],
  ["'<m8[s]'", /got "<m8\[s\]" \(spans of time\)/],
  ["'<f16'", /got "<f16" \(floats of extended precision\)/],
  ["'|V8'", /got "\|V8" \(raw bytes\)/],
  ["[('a', '<f8'), ('b', '<i4')]", /got a structured array\. Save plain numeric columns: one array for each/],
  ["'<q9'", /got "<q9"\. Save plain numeric columns$/],
];

for (const [descr, message] of OTHER_TYPES) {
  test(`npz: an array of ${descr} is passed over, and refused by name where it is asked for`, () =>
    withFolder(async (folder) => {
      const path = join(folder, "a.npz");
      const numbers = { name: "x.npy", chunks: npyChunks("x", { shape: [2], data: Float64Array.of(1.5, 3.5) }) };
      await writeFile(path, await archive([member("other", descr), numbers]));
      assert.equal([...(await readNpz(path)).keys()], ["x"]);
      assert.equal(await listColumns(path), ["other", "x"]);
      assert.equal([...(await readEvents(path)).columns.keys()], ["x"]);
      const contents = await readTable(path);
      assert.equal([[...contents.columns.keys()], [...contents.unread.keys()]], [["x"], ["other"]]);
      assert.is(eventsOf(path, contents, ["x"]).count, 2);
      for (const ask of [() => readNpz(path, ["other"]), () => readEvents(path, ["x", "other"])]) {
        await assertRefused(ask, message);
      }
      await assertRefused(() => eventsOf(path, contents, ["other"]), /a\.npz, array "other": expected numbers of type/);
    }));
}

const safetensors = (header: string, data = new Uint8Array()) => {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(Buffer.byteLength(header)));
  return memorySource("a.safetensors", Buffer.concat([length, Buffer.from(header), data]));
};

test("safetensors: tensors of types that are not read are passed over, and refused where they are asked for", async () => {
  for (const dtype of ["F8_E4M3", "F8_E5M2", "F4", "C64", "toString"]) {
    const header = {
      q: { dtype, shape: [3], data_offsets: [0, 2] },
      x: { dtype: "F32", shape: [2], data_offsets: [2, 10] },
    };
    const source = safetensors(JSON.stringify(header), new Uint8Array(10));
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
  const source = safetensors(header, new Uint8Array(Float64Array.of(1, 2, 3).buffer));
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
  await assertRefused(() => readSafetensorsFrom(safetensors(`{"x":${"[".repeat(10 ** 6)}`)), nested);
  await assertRefused(() => readSafetensorsFrom(safetensors('{"x":'.repeat(10 ** 5))), nested);
  assert.is(
    (await readSafetensorsFrom(safetensors('{"__metadata__":{"a":"[[[[\\"[[{{{{"}}'))).metadata.a,
    '[[[["[[{{{{',
  );
  await assertRefused(
    () => readSafetensorsFrom(safetensors(" ".repeat(2 ** 25 + 1))),
    /begins with the length of its header, got \d+ bytes with a header of 33554433/,
  );
});

test("zip bombs of many members are refused by what they hold together, where that is asked for", () =>
  withFolder(async (folder) => {
    const path = join(folder, "a.npz");
    const zeros = { name: "x.npy", chunks: npyChunks("x", { shape: [2 ** 23], data: new Float32Array(2 ** 23) }) };
    const others = Array.from({ length: 8 }, (_, i) => ({ ...zeros, name: `x${i}.npy` }));
    await writeFile(path, await archive([zeros, ...others], true));
    assert.is((await readEvents(path, ["x"])).count, 2 ** 23);
    const message =
      /a\.npz: expected at most 268435456 bytes out of \d+, got a claim of 301991040\. A corrupt archive or/;
    await assertRefused(() => readNpz(path), message);
    await assertRefused(() => readTable(path), message);
  }));

test("a .pt of many storages is bounded as a whole, and so are copies of what it holds", async () => {
  const elements = 2 ** 23;
  const weights = Array.from({ length: 9 }, (_, i) => [str(`w${i}`), tensor({ key: `${i}`, elements: int(elements) })]);
  const zeros = new Uint8Array(4 * elements);
  const storages = (count: number) =>
    Array.from({ length: count }, (_, i) => ({ name: `a/data/${i}`, chunks: [zeros] }));
  const file = async (pickle: string, entries: readonly ZipEntry[]) =>
    memorySource(
      "model.pt",
      await archive([{ name: "a/data.pkl", chunks: [Buffer.from(pickle, "latin1")] }, ...entries], true),
    );
  const bomb = await file(dict(...weights.flat()), storages(9));
  await assertRefused(
    () => readTorchStateDictFrom(bomb),
    /model\.pt: expected at most 268435456 bytes out of \d+, got a claim of 301989888/,
  );
  // Columns of one storage: copies of 2^23 elements each, out of 32 kB.
  const [shape, strides] = [tuple(int(elements / 2), int(2)), tuple(int(1), int(elements / 2))];
  const transposed = tensor({ elements: int(elements), shape, strides });
  const copies = await file(dict(str("a"), transposed, str("b"), transposed), storages(1));
  await assertRefused(
    () => readTorchStateDictFrom(copies),
    /expected at most \d+ elements out of \d+ stored ones, got/,
  );
});

test("members that lie inside one another are refused", async () => {
  const bytes = await archive([
    { name: "a", chunks: [new Uint8Array(100)] },
    { name: "b", chunks: [new Uint8Array(1)] },
  ]);
  // The offset of the second member's header, in its entry of the directory.
  bytes.writeUInt32LE(20, bytes.lastIndexOf(Buffer.from([0x50, 0x4b, 1, 2])) + 42);
  await assertRefused(
    () => readZipDirectory(memorySource("a.zip", bytes)),
    /member "b": expected its own bytes, from byte 130 on, got byte 20, inside another member/,
  );
});

test("a large deflated member is read in pieces, and refused where it is damaged", () =>
  withFolder(async (folder) => {
    const path = join(folder, "a.npz");
    const data = Float64Array.from({ length: 400_000 }, (_, i) => Math.sqrt(i));
    await writeNpz(path, { x: { shape: [data.length], data } }, { deflate: true });
    assert.equal((await readNpz(path)).get("x")!.data, data);
    assert.equal((await readEvents(path, ["x"], { head: 5 })).columns.get("x")!.data, data.slice(0, 5));
    const bytes = Buffer.from(await readBytes(path));
    bytes.fill(0xff, 500_000, 500_100);
    await writeFile(path, bytes);
    await assertRefused(() => readNpz(path), /member "x\.npy": expected (deflated data|checksum|3200128 bytes)/);
    await assertRefused(() => readEvents(path, ["x"], { head: 5 }), /member "x\.npy": expected/);
  }));

test("shapes of few events and endless features are refused, and cost nothing", () =>
  withFolder(async (folder) => {
    const path = join(folder, "a.npz");
    for (const [shape, bytes] of [
      ["(0, 1000000000000000)", 0],
      ["(1, 70000)", 70000],
    ] as const) {
      for (const order of ["False", "True"]) {
        const fields = `{'descr': '|u1', 'fortran_order': ${order}, 'shape': ${shape}, }`.padEnd(117);
        const start = Buffer.from(`\x93NUMPY\x01\x00\x76\x00${fields}\n`, "latin1");
        await writeFile(path, await archive([{ name: "x.npy", chunks: [start, new Uint8Array(bytes)] }]));
        await assertRefused(() => readEvents(path, ["x"]), /column "x": expected at most 65536 features, got shape \[/);
        const contents = await readTable(path);
        await assertRefused(() => eventsOf(path, contents, ["x"]), /expected at most 65536 features/);
      }
    }
    const wide = { shape: [0, 2 ** 40], data: new Float32Array() };
    await assertRefused(
      () => writeCsv(join(folder, "a.csv"), new Map([["x", wide]])),
      /column "x": expected 0 rows, .* at most 262144 features, got shape \[0, 1099511627776\]/,
    );
  }));

test("no events are columns of none, where the caller takes them", () =>
  withFolder(async (folder) => {
    const none = { x: { shape: [0, 2], data: new Float32Array() }, y: { shape: [0], data: new Float64Array() } };
    await writeNpz(join(folder, "a.npz"), none);
    await writeSafetensors(join(folder, "a.safetensors"), none);
    for (const file of ["a.npz", "a.safetensors"]) {
      const table = await readEvents(join(folder, file));
      assert.is(table.count, 0);
      assert.equal(requireColumn(table, "x", { features: 2, events: "any" }), {
        features: ["x[0]", "x[1]"],
        data: new Float32Array(),
      });
      await assertRefused(() => requireColumn(table, "y"), /column "y": expected at least one event, got none/);
      await assertRefused(() => requireColumn(table, "x", { features: 1, events: "any" }), /expected 1 feature/);
      const contents = await readTable(join(folder, file));
      assert.is(eventsOf(file, contents, ["x", "y"]).count, 0);
    }
  }));

test.run();
