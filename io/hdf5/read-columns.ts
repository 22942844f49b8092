/** Columns of one dataset, from one row to another: a few MiB at a time. */
import { type ElementType, elementBytes, halfToFloat32, type NumberArray, numbersOf } from "../arrays.js";
import { Damage, decoded } from "../damage.js";
import { FileError } from "../errors.js";
import type { ColumnContents } from "../event-format.js";
import { allocate } from "../memory.js";
import type { Hdf5File } from "./file.js";
import type { EventDataset, Hdf5Column } from "./layout.js";
import type { Hdf5Library } from "./library.js";

/** What the library gives at once, where chunks are no larger. */
const BYTES_AT_ONCE = 2 ** 23;
/** A chunk up to this is given as a whole: of one that is larger, parts are, and each unpacks all of it. */
const MOST_BYTES = 2 ** 26;

/** Takes bytes of records, row after row. */
interface Collector {
  /** @param heap  where lists and words are that records point to */
  add(bytes: Uint8Array, rows: number, heap: Uint8Array): void;
  finish(): ColumnContents;
}

/** The columns, in their order; all are of the dataset. */
export function readColumns(
  file: Hdf5File,
  dataset: EventDataset,
  columns: readonly Hdf5Column[],
  from: number,
  to: number,
  whereOf: (column: Hdf5Column) => string,
): ColumnContents[] {
  const collectors = columns.map((column) => collectorOf(whereOf(column), column, to - from));
  const isPointing = columns.some(({ field }) => field.isList || field.form.kind === "words");
  forEachSlice(file, dataset, whereOf(columns[0]!), isPointing, from, to, (bytes, rows, heap) => {
    for (const [i, collector] of collectors.entries()) {
      decoded(whereOf(columns[i]!), () => collector.add(bytes, rows, heap));
    }
  });
  return collectors.map((collector, i) => decoded(whereOf(columns[i]!), () => collector.finish()));
}

function forEachSlice(
  file: Hdf5File,
  { path, rowBytes, axes, chunkRows }: EventDataset,
  where: string,
  isPointing: boolean,
  from: number,
  to: number,
  use: (bytes: Uint8Array, rows: number, heap: Uint8Array) => void,
): void {
  const most = rowsAtOnce(rowBytes, chunkRows);
  if (from === to || rowBytes === 0) return;
  const bytes = Math.min(most, to - from) * rowBytes;
  const pointer = file.call(where, (library) => library._malloc(bytes));
  if (pointer === 0) throw noRoom(where, bytes);
  try {
    for (let row = from; row < to; ) {
      // Up to the end of a chunk, so that none is unpacked twice.
      const end = Math.min(to, (Math.floor(row / most) + 1) * most);
      const shape = [end - row, ...axes];
      const count = shape.map(BigInt);
      const offset = [BigInt(row), ...axes.map(() => 0n)];
      const steps = shape.map(() => 1n);
      const read = (library: Hdf5Library, id: bigint) =>
        library.get_dataset_data(id, path, count, offset, steps, BigInt(pointer));
      file.call(`${where}, rows ${row} to ${end - 1}`, read, (status) => status >= 0);
      // Another array whenever the memory has grown.
      const heap = file.call(where, (library) => library.HEAPU8);
      use(heap.subarray(pointer, pointer + (end - row) * rowBytes), end - row, heap);
      if (isPointing) {
        file.call(where, (library, id) => library.reclaim_vlen_memory_count(id, path, "", BigInt(pointer), count));
      }
      row = end;
    }
  } finally {
    file.call(where, (library) => library._free(pointer));
  }
}

function rowsAtOnce(rowBytes: number, chunkRows: number | undefined): number {
  const rows = Math.max(1, Math.floor(BYTES_AT_ONCE / Math.max(1, rowBytes)));
  if (chunkRows === undefined) return rows;
  if (chunkRows <= rows) return Math.floor(rows / chunkRows) * chunkRows;
  return chunkRows * rowBytes <= MOST_BYTES ? chunkRows : rows;
}

const noRoom = (where: string, bytes: number) =>
  new FileError(where, {
    expected: "rows that fit into the memory of the HDF5 library, 2 GiB",
    got: `${bytes} bytes`,
    hint: "Write the dataset with smaller chunks",
  });

function collectorOf(where: string, { dataset, field, index, shape }: Hdf5Column, rows: number): Collector {
  const { rowBytes } = dataset;
  const { form, offset, bytes } = field;
  if (form.kind === "words") return wordsByPointer(rowBytes, offset);
  if (form.kind === "fixed words") return fixedWords(rowBytes, offset + (index ?? 0) * bytes, bytes, form.pad);
  // `select` has refused the others.
  if (form.kind === "other") throw new Error(`internal: ${where} has no form`);
  if (field.isList) return lists(where, form.type, form.swap, rowBytes, offset, rows);
  const width = shape.slice(1).reduce((product, length) => product * length, 1);
  const collected = storedNumbers(where, form.type, rows * width);
  const target = new Uint8Array(collected.buffer);
  const own = width * bytes;
  const begin = offset + (index ?? 0) * bytes;
  let at = 0;
  return {
    add(records, count) {
      if (own === rowBytes) target.set(records, at);
      else for (let row = 0; row < count; row++) copy(records, row * rowBytes + begin, own, target, at + row * own);
      at += count * own;
    },
    finish: () => ({
      shape: [rows, ...shape.slice(1)],
      data: finished(form.type, collected, form.swap),
      fortranOrder: false,
      ...(form.type === "b1" && { isBool: true as const }),
    }),
  };
}

/** A view of a few bytes costs more than they do. */
function copy(source: Uint8Array, from: number, length: number, target: Uint8Array, to: number): void {
  for (let i = 0; i < length; i++) target[to + i] = source[from + i]!;
}

/** Room for numbers as they are stored: float16 is two bytes. */
const storedNumbers = (where: string, type: ElementType, length: number): NumberArray =>
  type === "f2" ? allocate(where, Uint16Array, length) : numbersOf(where, type, length);

function finished(type: ElementType, stored: NumberArray, swap: boolean): NumberArray {
  if (swap) {
    const buffer = Buffer.from(stored.buffer as ArrayBuffer, stored.byteOffset, stored.byteLength);
    if (stored.BYTES_PER_ELEMENT === 2) buffer.swap16();
    else if (stored.BYTES_PER_ELEMENT === 4) buffer.swap32();
    else buffer.swap64();
  }
  if (type === "b1") {
    const bad = (stored as Uint8Array).findIndex((value) => value > 1);
    if (bad >= 0) throw new Damage({ expected: "truth values stored as 0 or 1", got: `${stored[bad]}` });
  }
  return type === "f2" ? halfToFloat32(stored as Uint16Array) : stored;
}

function fixedWords(rowBytes: number, offset: number, bytes: number, pad: number): Collector {
  const found: string[] = [];
  return {
    add(records, rows) {
      for (let row = 0; row < rows; row++) {
        const begin = row * rowBytes + offset;
        found.push(decodedWord(trimmed(records.subarray(begin, begin + bytes), pad)));
      }
    },
    finish: () => found,
  };
}

/** H5T_STR_NULLTERM ends at a zero byte; H5T_STR_NULLPAD and H5T_STR_SPACEPAD are filled up to their length. */
function trimmed(word: Uint8Array, pad: number): Uint8Array {
  if (pad === 0) return word.subarray(0, lengthOf(word, 0));
  const filling = pad === 1 ? 0 : 0x20;
  let length = word.length;
  while (length > 0 && word[length - 1] === filling) length--;
  return word.subarray(0, length);
}

function lengthOf(bytes: Uint8Array, from: number): number {
  const end = bytes.indexOf(0, from);
  return (end < 0 ? bytes.length : end) - from;
}

const DECODER = new TextDecoder("utf-8", { fatal: true });

function decodedWord(bytes: Uint8Array): string {
  try {
    return DECODER.decode(bytes);
  } catch {
    throw new Damage({
      expected: "words in UTF-8",
      got: `the bytes ${Buffer.from(bytes.subarray(0, 16)).toString("hex")}`,
    });
  }
}

function wordsByPointer(rowBytes: number, offset: number): Collector {
  const found: string[] = [];
  return {
    add(records, rows, heap) {
      const view = new DataView(records.buffer, records.byteOffset, records.byteLength);
      for (let row = 0; row < rows; row++) {
        const pointer = view.getUint32(row * rowBytes + offset, true);
        // A word that was never written.
        found.push(pointer === 0 ? "" : decodedWord(heap.subarray(pointer, pointer + lengthOf(heap, pointer))));
      }
    },
    finish: () => found,
  };
}

/** A list is its number of elements, and where they are. */
function lists(
  where: string,
  type: ElementType,
  swap: boolean,
  rowBytes: number,
  offset: number,
  events: number,
): Collector {
  const size = elementBytes(type);
  const starts = new Float64Array(events + 1);
  const parts: Uint8Array[] = [];
  let [event, total] = [0, 0];
  return {
    add(records, rows, heap) {
      const view = new DataView(records.buffer, records.byteOffset, records.byteLength);
      for (let row = 0; row < rows; row++) {
        const length = view.getUint32(row * rowBytes + offset, true);
        const pointer = view.getUint32(row * rowBytes + offset + 4, true);
        parts.push(heap.slice(pointer, pointer + length * size));
        total += length;
        starts[++event] = total;
      }
    },
    finish() {
      const stored = storedNumbers(where, type, total);
      const target = new Uint8Array(stored.buffer);
      let at = 0;
      for (const part of parts) {
        target.set(part, at);
        at += part.length;
      }
      return { starts, data: finished(type, stored, swap) };
    },
  };
}
