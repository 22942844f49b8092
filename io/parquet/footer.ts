/** What stands at the end of a Parquet file: github.com/apache/parquet-format, README.md and parquet.thrift. */
import { Damage, decoded } from "../damage.js";
import { FileError } from "../errors.js";
import type { ByteSource } from "../source.js";
import { type Leaf, leavesOf } from "./schema.js";
import { ByteReader, listAt, numberAt, readStruct, type Struct, structAt, structsAt, textAt } from "./thrift.js";

export interface Chunk {
  /** Where its first page begins, and bytes of all pages. */
  readonly start: number;
  readonly bytes: number;
  /** Values and nulls of all pages. */
  readonly values: number;
  readonly codec: number;
  readonly isEncrypted: boolean;
}

export interface RowGroup {
  readonly start: number;
  readonly rows: number;
  /** One for each leaf. */
  readonly chunks: readonly Chunk[];
}

export interface Footer {
  readonly rows: number;
  readonly leaves: readonly Leaf[];
  readonly groups: readonly RowGroup[];
  readonly texts: ReadonlyMap<string, string>;
}

const MAGIC = "PAR1";
const TAIL_BYTES = 8;
// Files of 10 000 columns and 1000 row groups have less.
const MAX_FOOTER_BYTES = 2 ** 30;

export async function readFooter(source: ByteSource): Promise<Footer> {
  const { name, size } = source;
  const tail =
    size < TAIL_BYTES + MAGIC.length ? new Uint8Array(TAIL_BYTES) : await source.read(size - TAIL_BYTES, TAIL_BYTES);
  const mark = Buffer.from(tail.subarray(4)).toString("latin1");
  if (mark === "PARE") {
    throw new FileError(name, {
      expected: "a Parquet file that can be read without a key",
      got: "an encrypted one",
      hint: "Write it without encryption",
    });
  }
  if (mark !== MAGIC) {
    throw new FileError(name, {
      expected: `${MAGIC} at the end of a Parquet file`,
      got: size < TAIL_BYTES + MAGIC.length ? `${size} bytes in all` : JSON.stringify(mark),
      hint: "The file is truncated or corrupt: copy or make it again",
    });
  }
  const bytes = new DataView(tail.buffer, tail.byteOffset).getUint32(0, true);
  if (bytes > Math.min(MAX_FOOTER_BYTES, size - TAIL_BYTES - MAGIC.length)) {
    throw new FileError(name, {
      expected: "a footer that fits into the file",
      got: `one of ${bytes} bytes`,
      hint: "The file is truncated or corrupt: copy or make it again",
    });
  }
  const footer = await source.read(size - TAIL_BYTES - bytes, bytes);
  return decoded(`${name}, footer`, () => parseFooter(footer, size - TAIL_BYTES - bytes));
}

function parseFooter(bytes: Uint8Array, end: number): Footer {
  const footer = readStruct(new ByteReader(bytes));
  const leaves = leavesOf(structsAt(footer, 2));
  let start = 0;
  const groups = structsAt(footer, 4).map((group) => {
    const rows = countAt(group, 3);
    const columns = structsAt(group, 1);
    if (columns.length !== leaves.length) {
      throw new Damage({ expected: `${leaves.length} columns in a row group`, got: `${columns.length}` });
    }
    const chunks = columns.map((column, i) => chunkOf(column, leaves[i]!, rows, end));
    start += rows;
    return { start: start - rows, rows, chunks };
  });
  const rows = countAt(footer, 3);
  if (start !== rows) throw new Damage({ expected: `${rows} rows in all row groups`, got: `${start}` });
  const texts = structsAt(footer, 5).map((pair) => [textAt(pair, 1) ?? "", textAt(pair, 2) ?? ""] as const);
  return { rows, leaves, groups, texts: new Map(texts) };
}

function countAt(struct: Struct, id: number): number {
  const count = numberAt(struct, id);
  if (count !== undefined && Number.isSafeInteger(count) && count >= 0) return count;
  throw new Damage({ expected: "a number of rows or bytes", got: `${count}` });
}

function chunkOf(column: Struct, leaf: Leaf, rows: number, end: number): Chunk {
  const meta = structAt(column, 3);
  if (meta === undefined || column.has(8)) {
    return { start: 0, bytes: 0, values: 0, codec: 0, isEncrypted: true };
  }
  const physical = numberAt(meta, 1);
  const path = listAt(meta, 3).map((part) => (part instanceof Uint8Array ? new TextDecoder().decode(part) : ""));
  const own = leaf.name.split(".").at(-1);
  if (textAt(column, 1))
    throw new Damage({ expected: "columns in the file itself", got: `one in ${textAt(column, 1)}` });
  if (leaf.maxRepetition === 0 && path.join(".") !== leaf.name) {
    throw new Damage({ expected: `column ${leaf.name} in its place`, got: path.join(".") });
  }
  if (PHYSICAL_NUMBERS[leaf.physical] !== physical) {
    throw new Damage({ expected: `${leaf.physical} in column ${own}`, got: `physical type ${physical}` });
  }
  const data = countAt(meta, 9);
  const dictionary = numberAt(meta, 11) ?? 0;
  const start = dictionary > 0 && dictionary < data ? dictionary : data;
  const bytes = countAt(meta, 7);
  const values = countAt(meta, 5);
  if (start + bytes > end)
    throw new Damage({ expected: "pages within the file", got: `bytes ${start} to ${start + bytes}` });
  if (leaf.maxRepetition === 0 && values !== rows) {
    throw new Damage({ expected: `${rows} values in column ${leaf.name}`, got: `${values}` });
  }
  return { start, bytes, values, codec: numberAt(meta, 4) ?? -1, isEncrypted: false };
}

const PHYSICAL_NUMBERS: Readonly<Record<Leaf["physical"], number>> = {
  BOOLEAN: 0,
  INT32: 1,
  INT64: 2,
  INT96: 3,
  FLOAT: 4,
  DOUBLE: 5,
  BYTE_ARRAY: 6,
  FIXED_LEN_BYTE_ARRAY: 7,
};
