/** Events of streams: held out as in memory, and the others each once in the order of an epoch. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { randomKey } from "../../../engine/random/random.js";
import { type EventSample, splitSample, sumOfWeights } from "../../../flows/training/event-sample.js";
import { orderOfBlocks, StreamedEvents } from "../../../flows/training/streamed-events.js";
import { close } from "../../support/close.js";
import { rejects } from "../../support/rejects.js";
import { blocksOf, streamOf } from "./small-streams.js";

/** Numbered events, sorted; weights of both signs. */
const numbered = (count: number): EventSample => ({
  count,
  columns: {
    x: Float64Array.from({ length: count }, (_, i) => i),
    w: Float32Array.from({ length: count }, (_, i) => (i % 5) - 1),
  },
  weights: "w",
});

const SPLIT = { seed: 1, purpose: "test", validation: 0.25 };

async function heldOutOf(most: number, ...of: Parameters<typeof streamOf>) {
  const [x, starts, w]: [number[], number[], number[]] = [[], [], []];
  for await (const [sample, start] of streamOf(...of).heldOut(most)) {
    // A piece alone may have more.
    assert.ok(most === 0 || sample.count <= Math.max(most, (of[1].block ?? 7) * (of[1].perPiece ?? 3)));
    starts.push(start - x.length);
    x.push(...sample.columns.x!);
    w.push(...sample.columns.w!);
  }
  assert.ok(starts.every((difference) => difference === 0));
  return { x, w };
}

for (const [count, block, perPiece] of [
  [100, 7, 3],
  [100, 100, 1],
  [100, 1, 1],
  [101, 13, 4],
  [4, 3, 1],
] as const) {
  test(`of ${count} events in blocks of ${block}, those are held out that are in memory`, async () => {
    const sample = numbered(count);
    const { training, validation } = splitSample(sample, SPLIT);
    const options = { window: 10, block, perPiece };
    for (const most of [0, 8, 1000]) {
      const { x, w } = await heldOutOf(most, sample, options);
      assert.equal(x, [...validation.columns.x!]);
      assert.equal(w, [...validation.columns.w!]);
    }
    const stream = streamOf(sample, options);
    assert.equal(stream.counts, { training: training.count, heldOut: validation.count });
    const plain = { ...sample, weights: undefined };
    assert.equal(await streamOf(plain, options).totalWeights(), stream.counts);
    if (count < 100) return;
    const sums = await stream.totalWeights();
    close([sums.training, sums.heldOut], [training, validation].map(sumOfWeights), { absolute: 0, relative: 1e-14 });
  });
}

for (const [count, block, strata] of [
  [200, 7, 4],
  [200, 7, 29],
  [50, 60, 1],
  [333, 10, 5],
] as const) {
  test(`an epoch of ${count} events in blocks of ${block} shows each of them once, by any windows`, async () => {
    const sample = numbered(count);
    const wanted = [...splitSample(sample, SPLIT).training.columns.x!];
    const stream = streamOf(sample, { window: 64, block });
    const orders: string[] = [];
    for (const epoch of [0, 1]) {
      const seen: number[] = [];
      for (let first = 0; first < wanted.length; first += 40) {
        const last = Math.min(wanted.length, first + 40);
        const own = await stream.read(epoch, strata, first, last);
        assert.equal([own.count, own.weights], [last - first, "w"]);
        // Columns belong together.
        assert.ok(own.columns.w!.every((weight, i) => weight === (own.columns.x![i]! % 5) - 1));
        seen.push(...own.columns.x!);
      }
      orders.push(seen.join());
      assert.equal(
        seen.sort((a, b) => a - b),
        wanted,
      );
    }
    if (block < count) assert.is.not(orders[0], orders[1]);
    // Any stretch by itself, as where a training is resumed: other windows may have been read before, or none.
    const alone = await streamOf(sample, { window: 64, block }).read(1, strata, 0, Math.min(40, wanted.length));
    assert.is(orders[1]!.startsWith([...alone.columns.x!].join()), true);
  });
}

test("what is read stays as it is while the next is read", async () => {
  const stream = streamOf(numbered(200), { window: 30 });
  const first = await stream.read(0, 4, 0, 30);
  const before = [...first.columns.x!];
  await stream.read(0, 4, 30, 60);
  assert.equal([...first.columns.x!], before);
});

test("in an order of blocks every round has one of each stratum, in every epoch others", () => {
  const key = randomKey(3, "blocks");
  for (const [blocks, strata] of [
    [40, 8],
    [43, 8],
    [5, 1],
    [6, 6],
    [7, 5],
  ] as const) {
    const orders = [0, 1].map((epoch) => orderOfBlocks(key, epoch, { blocks, strata }));
    for (const order of orders) {
      assert.equal(
        [...order].sort((a, b) => a - b),
        Array.from({ length: blocks }, (_, i) => i),
      );
      const stratumOf = (block: number) => {
        const ends = Array.from({ length: strata }, (_, s) => Math.floor(((s + 1) * blocks) / strata));
        return ends.findIndex((end) => block < end);
      };
      for (let round = 0; round < Math.floor(blocks / strata); round++) {
        const own = order.slice(round * strata, (round + 1) * strata).map(stratumOf);
        assert.is(new Set(own).size, strata);
      }
    }
    if (blocks > 6) assert.not.equal(orders[0], orders[1]);
  }
});

test("blocks of sorted events are read in the order of the file, those of a window once", async () => {
  const read: number[] = [];
  const stream = streamOf(numbered(210), { window: 40, block: 7, onRead: (from) => void read.push(from) });
  await stream.read(0, 5, 0, 40);
  assert.equal(
    read,
    [...new Set(read)].sort((a, b) => a - b),
  );
  // 40 events of blocks of 7, a quarter of which is held out: 7 or 8 whole ones and a part.
  assert.ok(read.length >= 6 && read.length <= 11, `${read.length}`);
});

test("a file that changed while it was read is refused", async () => {
  const blocks = { ...blocksOf(numbered(100), {}), read: async () => numbered(3) };
  const stream = new StreamedEvents({ set: "events", blocks, window: 10, ...SPLIT });
  await rejects(async () => {
    for await (const _ of stream.heldOut());
  }, /stream of events: expected 21 events in the blocks 0 to 3, got 3\. The files changed/);
  await rejects(() => stream.read(0, 1, 0, 10), /stream of events: expected 7 events in the blocks \d+ to \d+, got 3/);
});

test.run();
