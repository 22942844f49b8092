/** Rows that a training shares out: within what is to be in memory, and the events of every block those of the whole file. */
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { writeTable } from "../../../io/columns.js";
import { loadComposition } from "../../../workflow/configuration/composition/load-composition.js";
import { readChannel } from "../../../workflow/events/channel-events.js";
import { isStreamed } from "../../../workflow/events/channel-stream.js";
import { openPieces } from "../../../workflow/events/open-channel.js";
import { openTrainingBlocks, sharedRows } from "../../../workflow/events/training-blocks.js";
import { compositionFiles } from "../composition-sample.js";

const sizes = (starts: readonly number[]) => starts.slice(1).map((end, i) => end - starts[i]!);

for (const [count, perPiece, most] of [
  [10_000_000, 500_000, 1_000_000],
  [10_000_000, 3000, 1_000_000],
  [100_000_000, 2 ** 19, 20_000_000],
  [20_000_001, 20_000_001, 20_000_000],
  [1_000_000, 1000, 100_000],
  [800, 300, 100],
  [3, 3, 2],
  [2, 1, 1],
] as const) {
  test(`${count} rows in pieces of ${perPiece}, of which ${most} are in memory`, () => {
    const pieces = Array.from({ length: Math.ceil(count / perPiece) }, (_, i) => i * perPiece);
    const { starts, pieces: first, window } = sharedRows({ count, pieces }, most);
    assert.equal([starts[0], starts.at(-1), first[0]], [0, count, 0]);
    const blocks = sizes(starts);
    assert.ok(blocks.every((size) => size > 0));
    const largest = Math.max(...sizes([...first, blocks.length].map((block) => starts[block]!)));
    // The window, the next, two pieces; a single row has no parts.
    if (most > 10) assert.ok(2 * window + 2 * largest <= most, `${window} and ${largest}`);
    assert.ok(largest <= 2 ** 18);
    const inWindow = window / Math.max(...blocks);
    if (most >= 1_000_000) assert.ok(inWindow >= 256, `${inWindow} blocks`);
    else if (most > 10) assert.ok(inWindow >= 16, `${inWindow} blocks`);
    // Of a block at most a page is unpacked in vain.
    if (most >= 1_000_000 && perPiece > 5000) assert.ok(Math.min(...blocks) > 800, `${Math.min(...blocks)}`);
  });
}

test("conditions, ranges and weights leave of every block what they leave of the whole file", async () => {
  const files = await compositionFiles();
  for (const [part, from, to] of [
    [0, 0, 70],
    [1, 70, 200],
  ] as const) {
    const numbers = (of: (row: number) => number) => Float64Array.from({ length: to - from }, (_, i) => of(from + i));
    await writeTable(
      join(files.folder, `part${part}.parquet`),
      new Map(
        Object.entries({
          mass: (row: number) => row,
          t: (row: number) => row % 7,
          w: (row: number) => 1 + (row % 3),
        }).map(([name, of]) => [name, { shape: [to - from], data: numbers(of) }]),
      ),
    );
  }
  const text = `columns: { m: { range: [0, 180], expression: "mass + 1" }, t: {} }
samples: { data: { file: "part*.parquet", where: "t > 1 || mass > 150", weight: "w * w" } }
parameters: { a: 0.1 }
densities: { e: { exponential: { x: m, c: a } } }
likelihoods: { fit: { density: e, sample: data, region: { t: [[0, 5]] } } }
`;
  const analysis = await loadComposition(files.write("blocks.yaml", text));
  const channel = analysis.likelihoods[0]!.channels[0]!;
  const progress = { begin: () => ({ update() {}, done() {} }), note() {} };
  const { data: wanted } = await readChannel(analysis, channel);
  const { data } = await openPieces(analysis, channel, progress, 100, "nothing");
  assert.ok(isStreamed(data));
  assert.equal(data.ranges.m, [Math.min(...wanted.columns.m!), Math.max(...wanted.columns.m!)]);
  const shared = sharedRows(data.rows, 100);
  const blocks = await openTrainingBlocks(analysis, channel, data, shared);
  assert.is(blocks.isWeighted, true);
  assert.is(
    blocks.counts.reduce((sum, own) => sum + own, 0),
    wanted.count,
  );
  // Two at a time, backwards, and each alone: readers do not get in each other's way.
  const backwards = blocks.counts.map((_, block) => blocks.counts.length - 1 - block);
  const read = (await Promise.all(backwards.map((block) => blocks.read(block, block + 1)))).reverse();
  assert.equal(
    read.map(({ count }) => count),
    [...blocks.counts],
  );
  const joined = (name: string) => read.flatMap(({ columns }) => [...columns[name]!]);
  assert.equal(joined("m"), [...wanted.columns.m!]);
  assert.equal(joined(read[0]!.weights!), [...wanted.weights!]);
  const [first, last] = [shared.pieces[1]!, shared.pieces[2]!];
  const piece = await blocks.read(first, last);
  assert.is(
    piece.count,
    blocks.counts.slice(first, last).reduce((sum, own) => sum + own, 0),
  );
  assert.ok(blocks.bytes() > 0);
  await blocks.close();
  files.remove();
});

test.run();
