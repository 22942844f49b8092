/** Columns come to tiles, and outputs from there to columns, event by event; blocks hold the same numbers as rows. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { gather, put, type TileEvents } from "../../../engine/cpu/tile-columns.js";
import { BLOCK, BlockedColumn } from "../../../engine/runtime/blocked-column.js";

const [ROWS, COUNT] = [3, 2 * BLOCK + 7];
const plain = Float64Array.from({ length: ROWS * COUNT }, (_, i) => i + 0.5);
const blocked = new BlockedColumn(ROWS, COUNT, "f64");
blocked.write(0, plain);

/** Whole tiles, tails, and tiles that begin within a block; in order or by an index. */
const tiles: Readonly<Record<string, TileEvents>> = {
  "a whole tile at the start": { events: { start: 0, length: COUNT, index: undefined }, first: 0, n: BLOCK },
  "the tail": { events: { start: 0, length: COUNT, index: undefined }, first: 2 * BLOCK, n: 7 },
  "one event": { events: { start: COUNT - 1, length: 1, index: undefined }, first: 0, n: 1 },
  "a tile across two blocks": { events: { start: 5, length: BLOCK, index: undefined }, first: 0, n: BLOCK },
  "few events across two blocks": { events: { start: BLOCK - 2, length: 4, index: undefined }, first: 0, n: 4 },
  "events by an index": {
    events: { start: 1, length: 4, index: Int32Array.of(9, COUNT - 1, 0, BLOCK, 63, 3) },
    first: 1,
    n: 3,
  },
};

const eventAt = ({ events: { start, index }, first }: TileEvents, e: number) =>
  index === undefined ? start + first + e : (index[start + first + e] as number);

for (const [name, tile] of Object.entries(tiles)) {
  for (const [kind, source] of [
    ["rows", plain],
    ["blocks", { blocks: blocked.numbers }],
  ] as const) {
    test(`${name}, from ${kind}: each row, and its last event to the end of the tile`, () => {
      const [before, to] = [4, 8];
      const target = new Float64Array(to + ROWS * BLOCK + before).fill(Number.NaN);
      gather(source, ROWS, target, { at: to, stride: BLOCK }, tile);
      const wanted = Array.from({ length: ROWS * BLOCK }, (_, at) => {
        const event = eventAt(tile, Math.min(at % BLOCK, tile.n - 1));
        return plain[Math.floor(at / BLOCK) * COUNT + event];
      });
      assert.equal([...target.subarray(to, to + ROWS * BLOCK)], wanted);
      assert.ok(target.subarray(0, to).every(Number.isNaN), "what lies before is left alone");
    });
  }
}

test("what is put to rows and to blocks comes back", () => {
  const events = { start: 3, length: COUNT - 5, index: undefined };
  const rows = new Float64Array(ROWS * events.length);
  const column = new BlockedColumn(ROWS, COUNT, "f64");
  // Rows of the tile in another order than those of the output.
  const from = Int32Array.of(2 * BLOCK, 0, BLOCK);
  for (let first = 0; first < events.length; first += BLOCK) {
    const tile = { events, first, n: Math.min(BLOCK, events.length - first) };
    const numbers = Float64Array.from(
      { length: 3 * BLOCK },
      (_, i) => 1000 * Math.floor(i / BLOCK) + first + (i % BLOCK),
    );
    put(numbers, from, rows, tile);
    put(numbers, from, { blocks: column.numbers }, tile);
  }
  const wanted = [2000, 0, 1000].flatMap((start) => Array.from({ length: events.length }, (_, e) => start + e));
  assert.equal([...rows], wanted);
  const all = column.toArray();
  const written = [0, 1, 2].flatMap((r) => [...all.subarray(r * COUNT + 3, r * COUNT + 3 + events.length)]);
  assert.equal(written, wanted);
  for (const r of [0, 1, 2]) assert.equal([...all.subarray(r * COUNT, r * COUNT + 3)], [0, 0, 0]);
});

test.run();
