/** Events of an analysis that are looked at once, block after block: memory holds one of them, however large their files are. */
import type { ColumnData } from "../../engine/runtime/backend.js";
import type { MixtureModel } from "../../inference/model/mixture-model.js";
import { type Columns, isWords } from "../../io/columns.js";
import type { CsvColumn } from "../../io/csv/csv.js";
import { openTable } from "../../io/events/open-table.js";
import { eventFiles, listColumns, type OpenedEvents, openEvents } from "../../io/index.js";
import { NullError } from "../../io/parquet/read-column.js";
import { watchFiles } from "../../io/source.js";
import type { Analysis } from "../configuration/analysis.js";
import type { Derivation } from "../configuration/derivation.js";
import { checkHead, eventsFrom } from "./event-data.js";
import type { LeftOut, LoadedEvents } from "./loaded-events.js";
import { blocksOf, MOST_ROWS, ROWS_AT_ONCE, rowsOf } from "./row-blocks.js";
import { withoutOutside } from "./selection.js";

export interface EventBlock {
  /** Without their weights, which say nothing of single events: those of a block may have any sum. Rows are those of the file. */
  readonly events: LoadedEvents;
  /** Of each event; absent where each counts 1. */
  readonly weights: ColumnData | undefined;
  /** Rows of the file that have been read with this block. */
  readonly end: number;
  /** All columns of these events, as the file has them. */
  readonly columns: () => Promise<Columns>;
}

export interface EventBlocks {
  readonly file: string;
  /** Rows of the file that are looked at. */
  readonly total: number;
  readonly names: readonly string[];
  /** Columns that are not among `columns` of blocks. */
  readonly unread: readonly string[];
  /** From the first that has events, or the last where none has; in order, each once. */
  readonly blocks: AsyncGenerator<EventBlock>;
  /** Of the blocks that have been read. */
  readonly leftOut: readonly LeftOut[];
  readonly close: () => Promise<void>;
}

/**
 * @param file  of a format that is read in pieces
 * @param head  number of events to look at; all where undefined
 */
export async function openBlocks(
  analysis: Analysis,
  file: string,
  head: number | undefined,
  model: MixtureModel,
): Promise<EventBlocks> {
  const checkUnchanged = watchFiles(eventFiles(file));
  const found = await listColumns(file);
  const { count, pieces } = await rowsOf(file);
  checkHead(file, head, count);
  const total = head ?? count;
  const starts = blocksOf(
    pieces.filter((start) => start < total),
    total,
    ROWS_AT_ONCE,
    MOST_ROWS,
  );
  const table = await openTable(file);
  const leftOut: LeftOut[] = [];
  let open: OpenedEvents | undefined;

  async function read(from: number, to: number): Promise<EventBlock> {
    const source = {
      file,
      columns: found,
      read: async (names: readonly string[], missing: Derivation["missing"]) => {
        open ??= await openEvents(file, names, { missing });
        return open.read(from, to);
      },
      firstRow: from,
    };
    const looked = await eventsFrom(analysis, source);
    const left = withoutOutside(
      analysis,
      { ...looked, total: to - from },
      model.simulated,
      model.transport !== undefined,
    );
    leftOut.push(...(left.leftOut ?? []));
    const { weights, ...data } = left.data;
    const { rows } = left;
    const inFile = rows?.map((row) => from + row) ?? (from === 0 ? undefined : rowsFrom(from, to));
    return {
      events: { ...left, data, rows: inFile },
      weights,
      end: to,
      columns: async () => rowsOfColumns(await table.read(from, to).catch(hinted), rows),
    };
  }

  async function* blocks() {
    let isFirst = true;
    for (const [i, from] of starts.slice(0, -1).entries()) {
      const block = await read(from, starts[i + 1]!);
      if (isFirst && block.events.data.count === 0 && block.end < total) continue;
      isFirst = false;
      yield block;
    }
    checkUnchanged();
  }

  return {
    file,
    total,
    names: table.names,
    unread: [...table.unread.keys()],
    blocks: blocks(),
    leftOut,
    async close() {
      await open?.close();
      await table.close();
    },
  };
}

const rowsFrom = (from: number, to: number): Int32Array => Int32Array.from({ length: to - from }, (_, i) => from + i);

/** A null is of a column that is carried along, or its event would not have been read. */
function hinted(error: unknown): never {
  if (!(error instanceof NullError)) throw error;
  throw new NullError(error.where, error.row, "write .npz, which has no columns of the file");
}

/** Some rows of every column, in this order. @param rows  all where undefined */
export function rowsOfColumns(columns: Columns, rows: Int32Array | undefined): Columns {
  if (rows === undefined) return columns;
  return new Map(
    [...columns].map(([name, column]): [string, CsvColumn] => {
      if (isWords(column)) return [name, Array.from(rows, (row) => column[row]!)];
      const width = column.shape.slice(1).reduce((size, length) => size * length, 1);
      const Numbers = column.data.constructor as new (length: number) => Float64Array;
      const data = new Numbers(rows.length * width);
      // Of any type: those of 64 bits are no numbers.
      const values = column.data as Float64Array;
      for (const [i, row] of rows.entries())
        for (let feature = 0; feature < width; feature++) data[i * width + feature] = values[row * width + feature]!;
      return [name, { ...column, shape: [rows.length, ...column.shape.slice(1)], data }];
    }),
  );
}
