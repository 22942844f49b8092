/** Rows from anywhere to anywhere, of files that h5wasm itself writes: their values are made here. */
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { openEvents, readEvents } from "../../../io/columns.js";
import { withFolder } from "../support.js";

/** What we use of h5wasm's own interface for writing. */
interface Writer {
  create_dataset(options: {
    name: string;
    data: Float32Array | Int32Array;
    shape?: number[];
    chunks?: number[];
    compression?: number;
  }): unknown;
  close(): void;
}

async function write(path: string, use: (file: Writer) => void): Promise<void> {
  const { default: h5wasm, ready } = (await import("h5wasm/node")) as unknown as {
    default: { File: new (path: string, mode: "w") => Writer };
    ready: Promise<unknown>;
  };
  await ready;
  const file = new h5wasm.File(path, "w");
  use(file);
  file.close();
}

const ROWS = 500_000;

test("more rows than are read at once, in chunks of several sizes, two axes among them", () =>
  withFolder(async (folder) => {
    const path = join(folder, "a.h5");
    const x = Float32Array.from({ length: ROWS }, (_, i) => i / 8);
    const wide = Int32Array.from({ length: 12 * ROWS }, (_, i) => i);
    await write(path, (file) => {
      file.create_dataset({ name: "flat", data: x });
      file.create_dataset({ name: "small", data: x, chunks: [777], compression: 1 });
      file.create_dataset({ name: "large", data: x, chunks: [300_000], compression: 1 });
      file.create_dataset({ name: "wide", data: wide, shape: [ROWS, 12], chunks: [10_000, 5], compression: 1 });
    });
    const names = ["flat", "small", "large", "wide"];
    const events = await openEvents(path, names);
    assert.equal([events.count, events.pieces], [ROWS, [0, 300_000]]);
    for (const [from, to] of [
      [0, ROWS],
      [299_999, 300_001],
      [123_456, 423_456],
      [ROWS - 1, ROWS],
      [9, 9],
    ] as const) {
      const { columns } = await events.read(from, to);
      for (const name of ["flat", "small", "large"]) {
        assert.ok(
          Buffer.from(x.slice(from, to).buffer).equals(Buffer.from(columns.get(name)!.data.slice().buffer)),
          name,
        );
      }
      const { data } = columns.get("wide")!;
      const isSame = data.every((value, i) => value === 12 * (from + (i % (to - from))) + Math.floor(i / (to - from)));
      assert.ok(isSame && data.length === 12 * (to - from), `wide, ${from} to ${to}`);
    }
    await events.close();
    const small = await openEvents(path, ["small"]);
    // As many chunks of 777 as have at least 2^16 rows.
    assert.equal(small.pieces.slice(0, 3), [0, 85 * 777, 2 * 85 * 777]);
    await small.close();
  }));

test("no events, and events without numbers", () =>
  withFolder(async (folder) => {
    const path = join(folder, "a.h5");
    await write(path, (file) => {
      file.create_dataset({ name: "x", data: new Float32Array(), shape: [0], chunks: [4] });
      file.create_dataset({ name: "none", data: new Float32Array(), shape: [0, 3] });
    });
    const { count, columns } = await readEvents(path);
    assert.is(count, 0);
    assert.equal(columns.get("none")!.features, ["none[0]", "none[1]", "none[2]"]);
  }));

test.run();
