/** Blocks of a file of events: what they hold, row by row. */
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { Columns } from "../../../io/columns.js";
import { writeParquetPieces } from "../../../io/parquet/write.js";
import { loadAnalysis } from "../../../workflow/configuration/configuration.js";
import { type EventBlock, openBlocks, rowsOfColumns } from "../../../workflow/events/event-blocks.js";
import { withEvents } from "../../../workflow/events/event-data.js";
import { file, folder, removeAnalyses, writeAnalyses } from "../../cli/likelihood-analyses.js";
import { torchModel } from "../../inference/torch-mixture.js";
import { writeWithHyparquet } from "../../io/parquet/parquet-samples.js";
import { refusal } from "../../support/rejects.js";

test.before(writeAnalyses);
test.after(removeAnalyses);

const PIECE = 140_000;
const events = join(folder, "pieces.parquet");
const model = torchModel({ hasTransport: true, hasRates: false });

/** Row i has x = i, y = (-i, i / 2) and weight i % 3. */
const piece = (from: number, to: number): Columns => {
  const column = (of: (row: number) => number) => ({
    shape: [to - from],
    data: Float64Array.from({ length: to - from }, (_, i) => of(from + i)),
  });
  return new Map([
    ["x", column((row) => row)],
    ["y0", column((row) => -row)],
    ["y1", column((row) => row / 2)],
    ["weight", column((row) => row % 3)],
  ]);
};

const SET = ['observables.y.columns=["y0","y1"]'];
const analysisOf = (path: string, ...set: readonly string[]) =>
  withEvents(loadAnalysis(file, { set: [...SET, ...set] }), path);

async function blocksIn(head: number | undefined, ...set: readonly string[]) {
  const blocks = await openBlocks(analysisOf(events, ...set), events, head, model);
  const found: (EventBlock & { readonly written: Columns })[] = [];
  for await (const block of blocks.blocks) found.push({ ...block, written: await block.columns() });
  await blocks.close();
  return { blocks, found };
}

test("every row is in one block, with its columns and its weight", async () => {
  await writeParquetPieces(events, [piece(0, PIECE), piece(PIECE, 2 * PIECE), piece(2 * PIECE, 2 * PIECE + 10)]);
  const { blocks, found } = await blocksIn(undefined);
  assert.equal(
    found.map(({ end, events: { data } }) => [end, data.count]),
    [
      [PIECE, PIECE],
      [2 * PIECE + 10, PIECE + 10],
    ],
  );
  assert.is(blocks.total, 2 * PIECE + 10);
  let row = 0;
  for (const { events: own, weights, written } of found) {
    const { count, x, y } = own.data;
    assert.is(own.data.weights, undefined);
    for (let i = 0; i < count; i++, row++) {
      const is = [own.rows?.[i] ?? i, x[i], y![i], y![count + i], weights![i]];
      const wanted = [row, row, -row, row / 2, row % 3];
      if (is.some((value, k) => !Object.is(value === 0 ? 0 : value, wanted[k] === 0 ? 0 : wanted[k])))
        assert.equal(is, wanted);
    }
    assert.equal([...written.keys()], ["x", "y0", "y1", "weight"]);
  }
});

test("blocks without events in front are passed over, and rows are those of the file", async () => {
  const { blocks, found } = await blocksIn(undefined, "data.where=x > 140001 && x < 140004");
  assert.is(found.length, 1);
  assert.equal([...found[0]!.events.rows!], [140_002, 140_003]);
  const x = found[0]!.written.get("x")!;
  assert.ok("data" in x);
  assert.equal([...x.data], [140_002, 140_003]);
  assert.is(
    blocks.leftOut.filter(({ isCondition }) => isCondition).reduce((sum, { count }) => sum + count, 0),
    2 * PIECE + 8,
  );
});

test("with a head, no block goes beyond it", async () => {
  const { found } = await blocksIn(PIECE + 3);
  assert.is(
    found.reduce((sum, { events: own }) => sum + own.data.count, 0),
    PIECE + 3,
  );
  assert.is(found.at(-1)!.end, PIECE + 3);
});

test("a null in a column that is only carried along is named, with what to do", async () => {
  const path = join(folder, "null.parquet");
  const data = [1, 2, 3];
  const numbers = ["x", "y0", "y1", "weight"].map((name) => ({ name, type: "DOUBLE", data }) as const);
  writeWithHyparquet(path, [...numbers, { name: "z", type: "DOUBLE", data: [1, 2, null] }]);
  const blocks = await openBlocks(analysisOf(path), path, undefined, model);
  const { value } = await blocks.blocks.next();
  assert.match(
    await refusal((value as EventBlock).columns()),
    /null\.parquet, column "z": expected a value in every row, got null in row 2 \(counted from 0\)\. .*or write \.npz/,
  );
  await blocks.close();
});

test("rows of columns keep their types and all features", () => {
  const columns: Columns = new Map<string, Parameters<Columns["set"]>[1]>([
    ["p", { shape: [3, 2], data: Int16Array.of(1, 2, 3, 4, 5, 6) }],
    ["e", { shape: [3], data: BigUint64Array.of(1n, 2n ** 64n - 1n, 3n) }],
    ["w", ["a", "b", "c"]],
  ]);
  assert.equal(
    rowsOfColumns(columns, Int32Array.of(1, 2)),
    new Map<string, unknown>([
      ["p", { shape: [2, 2], data: Int16Array.of(3, 4, 5, 6) }],
      ["e", { shape: [2], data: BigUint64Array.of(2n ** 64n - 1n, 3n) }],
      ["w", ["b", "c"]],
    ]),
  );
  assert.is(rowsOfColumns(columns, undefined), columns);
});

test.run();
