import { test } from "uvu";
import * as assert from "uvu/assert";
import { readColumn } from "../../../io/root/read-column.js";
import type { Column } from "../../../io/root/tree.js";
import { memorySource } from "../../../io/source.js";
import { assertRefused } from "../support.js";

const bigEndian = (width: number, values: readonly number[]) => {
  const bytes = new Uint8Array(width * values.length);
  const view = new DataView(bytes.buffer);
  for (const [i, value] of values.entries()) {
    if (width === 4) view.setFloat32(4 * i, value);
    else view.setInt16(2 * i, value);
  }
  return bytes;
};

/** A column whose baskets came with the tree. */
function column(
  more: Partial<Column>,
  ...baskets: { count: number; data: Uint8Array; starts?: readonly number[] }[]
): Column {
  let total = 0;
  const entries = [0, ...baskets.map(({ count }) => (total += count))];
  return {
    ...{
      name: "x",
      branch: "x",
      type: "f4",
      what: "",
      shape: "one",
      width: 1,
      offset: 0,
      entryBytes: 4,
      headBytes: 0,
      counter: undefined,
    },
    baskets: {
      entries,
      seeks: [],
      bytes: [],
      inMemory: baskets.map((basket) => ({ starts: undefined, ...basket, isBasket: true })),
    },
    ...more,
  };
}

const source = memorySource("a.root", new Uint8Array());
const read = (one: Column, from: number, to: number, counter?: Column) =>
  readColumn(source, "t", one, counter, "x", from, to);

test("flat entries of several baskets, big-endian, in any rows", async () => {
  const flat = column({}, { count: 2, data: bigEndian(4, [1, 2]) }, { count: 3, data: bigEndian(4, [3, 4, 5]) });
  for (const [from, to] of [
    [0, 5],
    [1, 3],
    [2, 2],
    [4, 5],
  ] as const) {
    assert.equal(await read(flat, from, to), {
      shape: [to - from],
      data: Float32Array.of(1, 2, 3, 4, 5).slice(from, to),
      fortranOrder: false,
    });
  }
  const pairs = column(
    { shape: "fixed", width: 2, type: "i2", entryBytes: 4 },
    { count: 2, data: bigEndian(2, [1, -2, 3, -4]) },
  );
  assert.equal(await read(pairs, 1, 2), { shape: [1, 2], data: Int16Array.of(3, -4), fortranOrder: false });
  const leaf = column({ type: "i2", offset: 2, entryBytes: 4 }, { count: 2, data: bigEndian(2, [1, -2, 3, -4]) });
  assert.equal(await read(leaf, 0, 2), { shape: [2], data: Int16Array.of(-2, -4), fortranOrder: false });
  const truth = column({ type: "b1", entryBytes: 1 }, { count: 3, data: Uint8Array.of(0, 7, 1) });
  assert.equal(await read(truth, 0, 3), {
    shape: [3],
    data: Uint8Array.of(0, 1, 1),
    fortranOrder: false,
    isBool: true,
  });
  await assertRefused(
    () => read(column({}, { count: 3, data: bigEndian(4, [1, 2]) }), 0, 3),
    /x, basket at entry 0: expected 3 entries of 4 bytes, got 8 bytes/,
  );
});

const counts = column(
  { name: "n", branch: "n", type: "i2", entryBytes: 2 },
  { count: 5, data: bigEndian(2, [2, 0, 1, 1, 2]) },
);

test("jagged entries whose baskets say where each begins, or whose counter does", async () => {
  const [first, second] = [bigEndian(4, [1, 2]), bigEndian(4, [3, 4, 5, 6])];
  const said = column(
    { shape: "jagged" },
    { count: 2, data: first, starts: [0, 8, 8] },
    { count: 3, data: second, starts: [0, 4, 8, 16] },
  );
  const unsaid = column({ shape: "jagged" }, { count: 2, data: first }, { count: 3, data: second });
  for (const [one, counter] of [
    [said, undefined],
    [said, counts],
    [unsaid, counts],
  ] as const) {
    assert.equal(await read(one, 0, 5, counter), {
      starts: Float64Array.of(0, 2, 2, 3, 4, 6),
      data: Float32Array.of(1, 2, 3, 4, 5, 6),
    });
    assert.equal(await read(one, 1, 4, counter), { starts: Float64Array.of(0, 0, 1, 2), data: Float32Array.of(3, 4) });
    assert.equal(await read(one, 3, 3, counter), { starts: Float64Array.of(0), data: new Float32Array() });
  }
  await assertRefused(() => read(unsaid, 0, 5), /expected where each entry begins, got a basket that does not say so/);
  const { baskets } = column({}, { count: 5, data: bigEndian(2, [2, 0, 2, 0, 2]) });
  await assertRefused(
    () => read(said, 0, 5, { ...counts, baskets }),
    /basket at entry 2: expected 2 elements in entry 2, as n says, got 1/,
  );
});

test("vectors say how many elements they have before them", async () => {
  const vector = (...values: number[]) => [
    0x40,
    0,
    0,
    6 + 4 * values.length,
    0,
    9,
    0,
    0,
    0,
    values.length,
    ...bigEndian(4, values),
  ];
  const data = Uint8Array.from([...vector(1, 2), ...vector(), ...vector(3)]);
  const vectors = column({ shape: "jagged", headBytes: 10 }, { count: 3, data, starts: [0, 18, 28, 42] });
  assert.equal(await read(vectors, 0, 3), { starts: Float64Array.of(0, 2, 2, 3), data: Float32Array.of(1, 2, 3) });
  assert.equal(await read(vectors, 1, 3), { starts: Float64Array.of(0, 0, 1), data: Float32Array.of(3) });
  data[9] = 1;
  await assertRefused(() => read(vectors, 0, 3), /expected 2 elements of a vector, got 1/);
  data[9] = 2;
  data[3] = 13;
  await assertRefused(() => read(vectors, 0, 3), /expected a vector of 14 bytes, got one of 13/);
  // The mark of a number of bytes is missing.
  data.set([0, 14], 2);
  data[0] = 0;
  await assertRefused(() => read(vectors, 0, 3), /expected a vector of 14 bytes, got one that does not say how many/);
});

test.run();
