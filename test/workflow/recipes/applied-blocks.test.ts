/** Events that are mapped in several blocks have the bits of the same events mapped at once. */
import { existsSync, readFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { type Columns, readTable, writeTable } from "../../../io/columns.js";
import type { NamedArray } from "../../../io/index.js";
import { writeNpz } from "../../../io/index.js";
import { apply, at, removeRun, runToy } from "../../cli/applied-run.js";
import { randomNumbers } from "../../support/random-numbers.js";

/** Rows of each file: each is a block, as two are more than one has. */
const ROWS = [150_000, 120_000, 0, 3];
const COUNT = ROWS.reduce((sum, rows) => sum + rows, 0);
/** In the second file. */
const LOST = 200_001;

const random = randomNumbers(5);
const values = (size: number) => Float32Array.from({ length: COUNT }, () => size * (random() - 0.5));
const features = new Map<string, NamedArray["data"]>([
  ["a", values(2)],
  ["b", values(2)],
  ["c", values(3)],
  ["d", values(3)],
  ["kind", Int8Array.from({ length: COUNT }, (_, i) => i % 2)],
  ["id", BigInt64Array.from({ length: COUNT }, (_, i) => 2n ** 60n + BigInt(i))],
]);

function columnsOf(from: number, to: number, ...changed: readonly (readonly [string, NamedArray["data"]])[]): Columns {
  const all = new Map([...features, ...changed]);
  return new Map([...all].map(([name, data]) => [name, { shape: [to - from], data: data.slice(from, to) }]));
}

async function writeFiles(name: string, ...changed: readonly (readonly [string, NamedArray["data"]])[]): Promise<void> {
  let from = 0;
  for (const [i, rows] of ROWS.entries()) {
    await writeTable(at(`${name}${i}.parquet`), columnsOf(from, from + rows, ...changed));
    from += rows;
  }
}

test.before(async () => {
  await runToy();
  await writeFiles("part");
  await writeNpz(at("whole.npz"), Object.fromEntries(columnsOf(0, COUNT) as Map<string, NamedArray>));
});
test.after(removeRun);

const SETTINGS = ["--set", "observables.x.columns=[a, b]", "--set", "observables.y.columns=[c, d]", "--nu", "0.5,-0.5"];
const mapped = async (events: string, out: string, ...words: readonly string[]) => {
  const ran = await apply("--events", at(events), "--out", at(out), ...SETTINGS, ...words);
  return { ...ran, events: ran.code === 0 || ran.code === 4 ? (await readTable(at(out))).columns : new Map() };
};

test("several files, block after block, with the process of each event", async () => {
  const words = ["--process-column", "kind"];
  const whole = await mapped("whole.npz", "whole-out.npz", ...words);
  const blocks = await mapped("part*.parquet", "blocks-out.parquet", ...words);
  assert.is(blocks.code, whole.code, blocks.error);
  assert.equal([...blocks.events.keys()], [...whole.events.keys()]);
  assert.ok(blocks.events.size > features.size);
  for (const [name, column] of whole.events) {
    const got = blocks.events.get(name) as NamedArray;
    assert.equal(got.shape, [COUNT], name);
    assert.equal(got.data, (column as NamedArray).data, name);
  }
});

test("rows of messages are those of all files", async () => {
  const far = (features.get("c") as Float32Array).slice();
  far[LOST] = 1e30;
  await writeFiles("lost", ["c", far]);
  const lost = await mapped("lost*.parquet", "lost-out.parquet", "--process", "A", "--precision", "f32");
  assert.is(lost.code, 4, lost.error);
  assert.match(lost.error, new RegExp(`no finite numbers for 1 of ${COUNT} events \\(row ${LOST}, counted from 0\\)`));

  const kinds = (features.get("kind") as Int8Array).slice();
  kinds[LOST] = 7;
  await writeFiles("kinds", ["kind", kinds]);
  const refused = await mapped("kinds*.parquet", "kinds-out.parquet", "--process-column", "kind");
  assert.is(refused.code, 2, refused.error);
  assert.match(refused.error, new RegExp(`expected processes from 0 to 1 \\(A, B\\), got 7 in row ${LOST} \\(`));
  assert.not.ok(existsSync(at("kinds-out.parquet")));
});

test("no file of the events is written over", async () => {
  const before = readFileSync(at("part1.parquet"));
  const ran = await mapped("part*.parquet", "part1.parquet", "--process", "A");
  assert.is(ran.code, 2, ran.error);
  assert.match(ran.error, /expected --out to be another file than --events/);
  assert.equal(readFileSync(at("part1.parquet")), before);
});

test.run();
