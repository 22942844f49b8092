/** Events of a channel that is read in blocks are those of the whole file, block after block. */
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { writeTable } from "../../../io/columns.js";
import { loadComposition } from "../../../workflow/configuration/composition/load-composition.js";
import { readChannel } from "../../../workflow/events/channel-events.js";
import { isStreamed, type StreamedChannel } from "../../../workflow/events/channel-stream.js";
import { openChannel } from "../../../workflow/events/open-channel.js";
import { blocksOf } from "../../../workflow/events/row-blocks.js";
import { close } from "../../support/close.js";
import { rejects } from "../../support/rejects.js";
import { compositionFiles, type Files } from "../composition-sample.js";

const ROWS = [70, 50, 80];
let files: Files;

const numbers = (of: (row: number) => number, from: number, count: number) =>
  Float64Array.from({ length: count }, (_, i) => of(from + i));

/** Three files: rows are numbered through all of them. */
async function writeFiles(mass: (row: number) => number): Promise<void> {
  let from = 0;
  for (const [i, count] of ROWS.entries()) {
    const column = (of: (row: number) => number) => ({ shape: [count], data: numbers(of, from, count) });
    await writeTable(
      join(files.folder, `part${i}.parquet`),
      new Map([
        ["mass", column(mass)],
        ["t", column((row) => row % 4)],
        ["w", column((row) => 1 + (row % 3))],
      ]),
    );
    from += count;
  }
}

const massOf = (row: number) => (row % 11) + 0.5;

test.before(async () => {
  files = await compositionFiles();
  await writeFiles(massOf);
});
test.after(() => files.remove());

const configuration = (rows: number, weight = "w * w") => `columns: { m: { range: [0, 10] }, t: {} }
samples: { data: { file: "part*.parquet", columns: { m: mass }, where: "mass + t > 2", weight: ${weight} } }
parameters: { a: 0.1 }
densities: { e: { exponential: { x: m, c: a } } }
likelihoods: { fit: { density: e, sample: data, region: { t: [[0, 2]] } } }
memory: { rows: ${rows} }
`;

const said: string[] = [];
const read: number[] = [];
const reporter = {
  warn: (text: string) => void said.push(text),
  progress: { begin: () => ({ update: (rows: number) => void read.push(rows), done() {} }), note() {} },
};

async function both(rows: number) {
  const analysis = await loadComposition(files.write("streamed.yaml", configuration(rows)));
  const channel = analysis.likelihoods[0]!.channels[0]!;
  return {
    wanted: await readChannel(analysis, channel),
    found: await openChannel(analysis, channel, reporter),
  };
}

/** Of 200 rows, by the rule of the configuration counted here on its own. */
const LEFT = Array.from({ length: 200 }, (_, row) => row).filter(
  (row) => massOf(row) + (row % 4) > 2 && row % 4 <= 2 && massOf(row) <= 10,
).length;

async function allOf(data: StreamedChannel) {
  const found = [...data.kept!];
  for await (const piece of data.pieces()) found.push(piece);
  return found;
}

for (const rows of [1, 30, 80, LEFT - 1]) {
  test(`${LEFT} events of 200 rows where ${rows} are kept`, async () => {
    said.length = 0;
    read.length = 0;
    const { wanted, found } = await both(rows);
    assert.is(read.at(-1), 200);
    const { data } = found;
    assert.ok(isStreamed(data));
    const kept = data.kept!.reduce((sum, { count }) => sum + count, 0);
    assert.match(
      said.join(),
      new RegExp(
        `part\\*\\.parquet: its ${LEFT} events are more than memory\\.rows = ${rows}: ${LEFT - kept} of them are read again`,
      ),
    );
    assert.is(found.total, 200);
    assert.is(data.count, LEFT);
    assert.is(wanted.data.count, LEFT);
    assert.equal(found.leftOut, wanted.leftOut);
    for (let pass = 0; pass < 2; pass++) {
      const pieces = await allOf(data);
      const most = Math.max(...pieces.slice(data.kept!.length).map(({ count }) => count));
      assert.ok(kept + 2 * most <= Math.max(2, rows), `${kept} kept, ${most} in a piece`);
      for (const name of ["m", "t"])
        assert.equal(
          pieces.flatMap(({ columns }) => [...columns[name]!]),
          [...wanted.data.columns[name]!],
        );
      assert.equal(
        pieces.flatMap(({ weights }) => [...weights!]),
        [...wanted.data.weights!],
      );
    }
    const weights = [...wanted.data.weights!];
    const sum = (of: (w: number) => number) => weights.reduce((all, w) => all + of(w), 0);
    close([data.weighted!.total, data.weighted!.squares], [sum((w) => w), sum((w) => w * w)], {
      absolute: 0,
      relative: 1e-14,
    });
    // Fewer than are sampled: all of them.
    assert.equal([...data.sample.columns.m!], [...wanted.data.columns.m!]);
  });
}

test("some of the events are kept, and only the files behind them are read again", async () => {
  const { found } = await both(LEFT - 1);
  const { data } = found;
  assert.ok(isStreamed(data) && data.kept!.length > 0);
  for (const rows of [LEFT, 199]) {
    said.length = 0;
    // More rows than may be in memory, but no more events.
    const { wanted, found: all } = await both(rows);
    assert.not.ok(isStreamed(all.data));
    assert.equal(all, wanted);
    assert.equal(said, []);
  }
});

test("a file that is written again, with as many rows, is noticed at the next pass", async () => {
  const { found } = await both(30);
  assert.ok(isStreamed(found.data));
  const { data } = found;
  await allOf(data);
  await writeFiles((row) => (row === 150 ? 9.75 : massOf(row)));
  await rejects(
    () => allOf(data),
    /part0\.parquet: expected the file that was opened before, got another in its place\. The file changed while it was read/,
  );
  await writeFiles(massOf);
  const again = await both(30);
  assert.ok(isStreamed(again.found.data));
  // While it is read: at the end of the pass.
  const pass = again.found.data.pieces()[Symbol.asyncIterator]();
  await pass.next();
  await writeFiles((row) => (row === 199 ? 9.75 : massOf(row)));
  await rejects(async () => {
    for (;;) if ((await pass.next()).done) return;
  }, /got another in its place/);
  await writeFiles(massOf);
});

test("events that fit, and those of files without parts, are kept", async () => {
  const { wanted, found } = await both(200);
  assert.not.ok(isStreamed(found.data));
  assert.is(found.digest, wanted.digest);
  await files.sample("whole.npz", { mass: [1, 2, 3], t: [0, 1, 2], w: [1, 1, 1] });
  said.length = 0;
  const text = configuration(2).replace("part*.parquet", "whole.npz");
  const analysis = await loadComposition(files.write("whole.yaml", text));
  const whole = await openChannel(analysis, analysis.likelihoods[0]!.channels[0]!, reporter);
  assert.not.ok(isStreamed(whole.data));
  assert.match(
    said.join(),
    /whole\.npz: its 3 events are more than memory\.rows = 2, but are kept in memory: .* Parquet/,
  );
});

test("the digest follows from the numbers", async () => {
  const { found: before } = await both(80);
  await writeFiles((row) => (row === 150 ? 9.75 : massOf(row)));
  const { found: after } = await both(80);
  await writeFiles(massOf);
  const { found: again } = await both(80);
  assert.is.not(after.digest, before.digest);
  assert.is(again.digest, before.digest);
});

test("what is wrong with an event is said by its row in all files, in the pass that finds it", async () => {
  await writeFiles((row) => (row === 150 ? Number.NaN : massOf(row)));
  const nan = loadComposition(files.write("nan.yaml", configuration(80).replace('where: "mass + t > 2", ', "")));
  const analysis = await nan;
  await rejects(
    () => openChannel(analysis, analysis.likelihoods[0]!.channels[0]!, reporter),
    /column "mass": expected finite values, got 1 value that is not, the first NaN in row 30 \(counted from 0\) of .*part2\.parquet/,
  );
  await writeFiles(massOf);
  const negative = await loadComposition(files.write("negative.yaml", configuration(80, '"-w"')));
  await rejects(
    () => openChannel(negative, negative.likelihoods[0]!.channels[0]!, reporter),
    /expected weights with a positive finite sum, got -/,
  );
});

test("ranges stand in the cut flow in their order, whatever block they are seen in first", async () => {
  // Of the first block none is outside of the range of m.
  await writeFiles((row) => (row < 70 ? 5 : massOf(row)));
  const { wanted, found } = await both(80);
  assert.equal(found.leftOut, wanted.leftOut);
  await writeFiles(massOf);
});

test("blocks are whole pieces, as many as fit, and parts of pieces that are too large", () => {
  assert.equal(blocksOf([0, 10, 20, 30], 40, 20, 50), [0, 20, 40]);
  assert.equal(blocksOf([0, 10, 20, 30], 35, 25, 50), [0, 20, 35]);
  assert.equal(blocksOf([0, 10, 50], 60, 20, 50), [0, 10, 50, 60]);
  assert.equal(blocksOf([0], 7, 3, 7), [0, 7]);
  assert.equal(blocksOf([0, 5], 7, 100, 100), [0, 7]);
  assert.equal(blocksOf([0, 10, 50], 60, 20, 15), [0, 10, 23, 36, 50, 60]);
  assert.equal(blocksOf([0], 7, 2, 3), [0, 2, 4, 7]);
});

test.run();
