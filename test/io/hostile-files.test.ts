/** Files that are too large for one array, no plain files, pointers, or made to fill the memory: an answer each, at once. */
import { execFileSync } from "node:child_process";
import { open, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { NamedArray } from "../../io/arrays.js";
import { eventsOf, listColumns, readEvents, readTable } from "../../io/columns.js";
import { readCsv } from "../../io/csv/csv.js";
import { writeCsv } from "../../io/csv/csv-write.js";
import { requireColumn } from "../../io/event-table.js";
import { readTextFile } from "../../io/file-kinds.js";
import { allocate } from "../../io/memory.js";
import { readNpy } from "../../io/numpy/npy.js";
import { readNpz, writeNpz } from "../../io/numpy/npz.js";
import { readSafetensors, writeSafetensors } from "../../io/safetensors.js";
import { readBytes } from "../../io/source.js";
import { readTorchStateDict } from "../../io/torch/torch-state-dict.js";
import { assertRefused, fixture, withFolder } from "./support.js";
import { archive, member } from "./zip/archives.js";

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
