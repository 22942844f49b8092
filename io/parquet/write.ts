/** Columns as a Parquet file: plain pages with checksums, no nulls, not packed; every number keeps its type and its bits. */
import { bytesOf, type ElementType, elementType, gatherStrided, type NumberArray } from "../arrays.js";
import type { CsvColumn } from "../csv/csv.js";
import { FileError, quote } from "../errors.js";
import type { Columns, Provenance } from "../event-format.js";
import { writeAtomic } from "../write-atomic.js";
import { crc32 } from "../zip/crc32.js";
import { type Field, structBytes, type Written } from "./thrift-write.js";

/** Rows that are read without the others, at most. */
const ROWS_PER_GROUP = 2 ** 19;
/** Rows from which a group is written before more are there. */
const LEAST_PER_GROUP = 2 ** 17;
const ROWS_PER_PAGE = 2 ** 17;

const MAGIC = "PAR1";

/** How a type is stored: the number of its physical type, and of its meaning in the older field `converted_type`. */
const STORED: Readonly<Record<Exclude<ElementType, "f2" | "bf2">, readonly [physical: number, converted?: number]>> = {
  b1: [0],
  i1: [1, 15],
  i2: [1, 16],
  i4: [1],
  i8: [2],
  u1: [1, 11],
  u2: [1, 12],
  u4: [1, 13],
  u8: [2, 14],
  f4: [4],
  f8: [5],
};
const WORDS = [6, 0] as const;

/** One column of the file. */
interface Leaf {
  readonly name: string;
  readonly stored: readonly [physical: number, converted?: number];
  /** The values of some rows as PLAIN has them. */
  readonly bytes: (from: number, to: number) => Uint8Array;
}

interface WrittenChunk {
  readonly start: number;
  readonly bytes: number;
}

/** A column [rows, features] becomes `name[0]`, `name[1]`, …, as in a csv file. */
export const writeParquet = (path: string, columns: Columns, provenance?: Provenance): Promise<void> =>
  writeParquetPieces(path, [columns], provenance);

/**
 * The same of rows that are not all in memory: a row group is written as soon as its rows are there, and the file has its name when all are.
 *
 * @param pieces  one at least; all have the columns of the first. They may be empty
 */
export const writeParquetPieces = (
  path: string,
  pieces: Iterable<Columns> | AsyncIterable<Columns>,
  provenance: Provenance = {},
): Promise<void> => writeAtomic(path, fileBytes(path, pieces, provenance));

/** Some rows of the file. */
interface Piece {
  readonly leaves: readonly Leaf[];
  readonly rows: number;
}

/** Rows of a piece from one to before another. */
interface Slice extends Pick<Piece, "leaves"> {
  readonly from: number;
  readonly to: number;
}

function pieceOf(path: string, columns: Columns): Piece {
  const leaves = [...columns].flatMap(([name, column]) => leavesOf(path, name, column));
  const names = leaves.map(({ name }) => name);
  const repeated = names.find((name, i) => names.indexOf(name) < i);
  if (repeated !== undefined)
    throw new FileError(path, { expected: "columns of different names", got: `${quote(repeated)} twice` });
  const [first] = columns.values();
  const rows = first === undefined ? 0 : rowsOf(first);
  const other = [...columns].find(([, column]) => rowsOf(column) !== rows);
  if (other !== undefined) {
    throw new FileError(`${path}, column ${quote(other[0])}`, {
      expected: `${rows} rows, as in every column`,
      got: `${rowsOf(other[1])}`,
    });
  }
  return { leaves, rows };
}

/** Refuses a piece whose columns are not those of the first. */
function checkSame(path: string, first: readonly Leaf[], leaves: readonly Leaf[]): void {
  const described = (all: readonly Leaf[]) =>
    all.map(({ name, stored }) => `${name} (${stored.join(", ")})`).join("; ");
  if (described(first) === described(leaves)) return;
  throw new FileError(path, {
    expected: "the same columns, of the same types, in all pieces",
    got: `${described(first)}, then ${described(leaves)}`,
  });
}

/** The rows of each group, as slices of pieces. */
async function* groupsOf(pieces: AsyncIterable<Piece>): AsyncGenerator<readonly Slice[]> {
  let group: Slice[] = [];
  let count = 0;
  for await (const { leaves, rows } of pieces) {
    for (let from = 0; from < rows; ) {
      const to = Math.min(rows, from + ROWS_PER_GROUP - count);
      group.push({ leaves, from, to });
      count += to - from;
      from = to;
      if (count < ROWS_PER_GROUP && (from < rows || count < LEAST_PER_GROUP)) continue;
      yield group;
      [group, count] = [[], 0];
    }
  }
  if (count > 0) yield group;
}

const rowsOf = (column: CsvColumn): number => ("data" in column ? column.shape[0]! : column.length);

function leavesOf(path: string, name: string, column: CsvColumn): Leaf[] {
  if (!("data" in column)) return [{ name, stored: WORDS, bytes: (from, to) => wordBytes(column.slice(from, to)) }];
  const { shape, data } = column;
  if (shape.length > 2 || shape.length === 0) {
    throw new FileError(`${path}, column ${quote(name)}`, {
      expected: "shape [rows] or [rows, features]",
      got: `[${shape.join(", ")}]`,
    });
  }
  const type = elementType(column) as keyof typeof STORED;
  const features = shape[1] ?? 1;
  return Array.from({ length: features }, (_, i) => ({
    name: shape.length === 1 || features === 1 ? name : `${name}[${i}]`,
    stored: STORED[type],
    bytes: (from: number, to: number) =>
      plainBytes(type, gatherStrided(name, data, from * features + i, [to - from], [features])),
  }));
}

function plainBytes(type: ElementType, data: NumberArray): Uint8Array {
  if (type !== "b1") return bytesOf(data.BYTES_PER_ELEMENT < 4 ? Int32Array.from(data as Int16Array) : data);
  const packed = new Uint8Array(Math.ceil(data.length / 8));
  for (let i = 0; i < data.length; i++) packed[i >> 3]! |= (data[i] === 0 ? 0 : 1) << (i & 7);
  return packed;
}

function wordBytes(words: readonly string[]): Uint8Array {
  const parts = words.flatMap((word) => {
    const text = Buffer.from(word, "utf8");
    const length = Buffer.alloc(4);
    length.writeUInt32LE(text.length);
    return [length, text];
  });
  return Buffer.concat(parts);
}

async function* fileBytes(
  path: string,
  pieces: Iterable<Columns> | AsyncIterable<Columns>,
  provenance: Provenance,
): AsyncGenerator<Uint8Array> {
  const mark = Buffer.from(MAGIC, "latin1");
  yield mark;
  let at = mark.length;
  const groups: Field[][] = [];
  let rows = 0;
  let leaves: readonly Leaf[] | undefined;
  async function* checked() {
    for await (const columns of pieces) {
      const piece = pieceOf(path, columns);
      leaves ??= piece.leaves;
      checkSame(path, leaves, piece.leaves);
      yield piece;
    }
  }
  for await (const slices of groupsOf(checked())) {
    const chunks: WrittenChunk[] = [];
    for (const i of leaves!.keys()) {
      const begin = at;
      for (const { body, count } of pagesOf(slices, i)) {
        const header = pageHeader(body, count);
        yield header;
        yield body;
        at += header.length + body.length;
      }
      chunks.push({ start: begin, bytes: at - begin });
    }
    const count = slices.reduce((sum, { from, to }) => sum + to - from, 0);
    groups.push(rowGroup(leaves!, chunks, count));
    rows += count;
  }
  const footer = footerBytes(leaves ?? [], groups, rows, provenance);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(footer.length);
  yield* [footer, length, mark];
}

/** The pages of one column of a group. */
function* pagesOf(slices: readonly Slice[], column: number) {
  for (const { leaves, from: start, to: end } of slices) {
    for (let from = start; from < end; from += ROWS_PER_PAGE) {
      const to = Math.min(end, from + ROWS_PER_PAGE);
      yield { body: leaves[column]!.bytes(from, to), count: to - from };
    }
  }
}

const i32 = (value: number): Written => ({ i32: value });
const i64 = (value: number): Written => ({ i64: value });
const text = (value: string): Written => ({ text: value });

const [PLAIN, RLE] = [0, 3];

function pageHeader(body: Uint8Array, count: number): Uint8Array {
  const details: Field[] = [
    [1, i32(count)],
    [2, i32(PLAIN)],
    [3, i32(RLE)],
    [4, i32(RLE)],
  ];
  return structBytes([
    [1, i32(0)],
    [2, i32(body.length)],
    [3, i32(body.length)],
    [4, i32(crc32(body) | 0)],
    [5, { struct: details }],
  ]);
}

function rowGroup(leaves: readonly Leaf[], chunks: readonly WrittenChunk[], rows: number): Field[] {
  const columns = leaves.map(({ name, stored: [physical] }, i): Field[] => {
    const { start, bytes } = chunks[i]!;
    const meta: Field[] = [
      [1, i32(physical)],
      [2, { i32s: [PLAIN, RLE] }],
      [3, { texts: [name] }],
      [4, i32(0)],
      [5, i64(rows)],
      [6, i64(bytes)],
      [7, i64(bytes)],
      [9, i64(start)],
    ];
    return [
      [2, i64(start)],
      [3, { struct: meta }],
    ];
  });
  const total = chunks.reduce((sum, { bytes }) => sum + bytes, 0);
  return [
    [1, { structs: columns }],
    [2, i64(total)],
    [3, i64(rows)],
  ];
}

function footerBytes(
  leaves: readonly Leaf[],
  groups: readonly Field[][],
  rows: number,
  provenance: Provenance,
): Uint8Array {
  const root: Field[] = [
    [4, text("events")],
    [5, i32(leaves.length)],
  ];
  const columns = leaves.map(({ name, stored: [physical, converted] }): Field[] => [
    [1, i32(physical)],
    [3, i32(0)],
    [4, text(name)],
    ...(converted === undefined ? [] : [[6, i32(converted)] as Field]),
  ]);
  const texts = Object.entries(provenance).map(([key, value]): Field[] => [
    [1, text(key)],
    [2, text(value)],
  ]);
  return structBytes([
    [1, i32(1)],
    [2, { structs: [root, ...columns] }],
    [3, i64(rows)],
    [4, { structs: groups }],
    ...(texts.length === 0 ? [] : [[5, { structs: texts }] as Field]),
    [6, text("unbinned")],
  ]);
}
