/** Columns as a Parquet file: plain pages with checksums, no nulls, not packed; every number keeps its type and its bits. */
import { bytesOf, type ElementType, elementType, gatherStrided, type NumberArray } from "../arrays.js";
import type { CsvColumn } from "../csv/csv.js";
import { FileError, quote } from "../errors.js";
import type { Columns, Provenance } from "../event-format.js";
import { writeAtomic } from "../write-atomic.js";
import { crc32 } from "../zip/crc32.js";
import { type Field, structBytes, type Written } from "./thrift-write.js";

/** Rows that are read without the others. */
const ROWS_PER_GROUP = 2 ** 19;
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
export async function writeParquet(path: string, columns: Columns, provenance: Provenance = {}): Promise<void> {
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
  await writeAtomic(path, fileBytes(leaves, rows, provenance));
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
  for (let i = 0; i < data.length; i++) packed[i >> 3]! |= (data[i] as number) << (i & 7);
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

function* fileBytes(leaves: readonly Leaf[], rows: number, provenance: Provenance): Generator<Uint8Array> {
  const mark = Buffer.from(MAGIC, "latin1");
  yield mark;
  let at = mark.length;
  const groups: Field[][] = [];
  for (let start = 0; start < rows; start += ROWS_PER_GROUP) {
    const end = Math.min(rows, start + ROWS_PER_GROUP);
    const chunks: WrittenChunk[] = [];
    for (const leaf of leaves) {
      const begin = at;
      for (let from = start; from < end; from += ROWS_PER_PAGE) {
        const to = Math.min(end, from + ROWS_PER_PAGE);
        const body = leaf.bytes(from, to);
        const header = pageHeader(body, to - from);
        yield header;
        yield body;
        at += header.length + body.length;
      }
      chunks.push({ start: begin, bytes: at - begin });
    }
    groups.push(rowGroup(leaves, chunks, end - start));
  }
  const footer = footerBytes(leaves, groups, rows, provenance);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(footer.length);
  yield* [footer, length, mark];
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
