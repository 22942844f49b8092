/** A branch of a TTree from one entry to another. */
import { type ElementType, elementBytes, type NumberArray, numbersOf } from "../arrays.js";
import { Damage, decodedAsync } from "../damage.js";
import type { ColumnContents, JaggedArray } from "../event-format.js";
import type { ByteSource } from "../source.js";
import { type Basket, readBasket } from "./baskets.js";
import { BYTE_COUNT } from "./cursor.js";
import type { Column } from "./tree.js";

/** The baskets with some of the entries: the first of each, and those of its own that are wanted. */
async function forEachBasket(
  source: ByteSource,
  tree: string,
  column: Column,
  where: string,
  from: number,
  to: number,
  use: (basket: Basket, entry: number, first: number, last: number) => void,
): Promise<void> {
  const { entries, seeks, bytes, inMemory } = column.baskets;
  for (let i = 0; i + 1 < entries.length; i++) {
    const [start, end] = [entries[i]!, entries[i + 1]!];
    if (start >= to || end <= from) continue;
    await decodedAsync(`${where}, basket at entry ${start}`, async () => {
      const place = { at: seeks[i]!, bytes: bytes[i]!, name: column.branch, title: tree, count: end - start };
      const basket = i < seeks.length ? await readBasket(source, place) : inMemory[i - seeks.length]!;
      use(basket, start, Math.max(from, start) - start, Math.min(to, end) - start);
    });
  }
}

/**
 * @param tree    its name, which its baskets have, too
 * @param where   what messages call the column
 * @param counter the column that says how many elements a jagged one has, if there is one
 */
export async function readColumn(
  source: ByteSource,
  tree: string,
  column: Column,
  counter: Column | undefined,
  where: string,
  from: number,
  to: number,
): Promise<ColumnContents> {
  const { shape, width, offset, entryBytes } = column;
  if (shape === "jagged") return readJagged(source, tree, column, counter, where, from, to);
  const type = column.type!;
  const [own, count] = [width * elementBytes(type), to - from];
  const data = numbersOf(where, type, width * count);
  const target = new Uint8Array(data.buffer);
  await forEachBasket(source, tree, column, where, from, to, (basket, entry, first, last) => {
    if (basket.data.length !== basket.count * entryBytes) {
      throw new Damage({
        expected: `${basket.count} entries of ${entryBytes} bytes`,
        got: `${basket.data.length} bytes`,
      });
    }
    const at = (entry + first - from) * own;
    if (entryBytes === own) target.set(basket.data.subarray(first * own, last * own), at);
    else {
      for (let i = first; i < last; i++) {
        const begin = i * entryBytes + offset;
        target.set(basket.data.subarray(begin, begin + own), at + (i - first) * own);
      }
    }
  });
  finish(type, data);
  return {
    shape: shape === "fixed" ? [count, width] : [count],
    data,
    fortranOrder: false,
    ...(type === "b1" && { isBool: true as const }),
  };
}

/** Turns big-endian bytes over; every truth value but 0 is 1. */
function finish(type: ElementType, data: NumberArray): void {
  const bytes = Buffer.from(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength);
  const width = data.BYTES_PER_ELEMENT;
  if (width === 2) bytes.swap16();
  else if (width === 4) bytes.swap32();
  else if (width === 8) bytes.swap64();
  if (type === "b1") for (let i = 0; i < bytes.length; i++) bytes[i] = bytes[i] === 0 ? 0 : 1;
}

async function readJagged(
  source: ByteSource,
  tree: string,
  column: Column,
  counter: Column | undefined,
  where: string,
  from: number,
  to: number,
): Promise<JaggedArray> {
  const type = column.type!;
  const size = elementBytes(type);
  // Of whole baskets: what says where no entry begins is all that comes before it.
  const low = column.baskets.entries.findLast((entry) => entry <= from) ?? 0;
  const high = column.baskets.entries.find((entry) => entry >= to) ?? to;
  const sizes = counter && (await sizesOf(source, tree, counter, where, low, high));
  const starts = new Float64Array(to - from + 1);
  const parts: Uint8Array[] = [];
  let total = 0;
  await forEachBasket(source, tree, column, where, from, to, (basket, entry, first, last) => {
    const { data, count } = basket;
    const begins = basket.starts ?? startsFromSizes(data.length / size, count, sizes, entry - low);
    for (let i = first; i < last; i++) {
      const bytes =
        basket.starts === undefined
          ? (begins[i + 1]! - begins[i]!) * size
          : begins[i + 1]! - begins[i]! - column.headBytes;
      const elements = bytes / size;
      if (!Number.isInteger(elements) || elements < 0)
        throw new Damage({ expected: `elements of ${size} bytes`, got: `${bytes} bytes` });
      const expected = sizes?.[entry + i - low];
      if (expected !== undefined && expected !== elements) {
        throw new Damage({
          expected: `${expected} elements in entry ${entry + i}, as ${counter!.name} says`,
          got: `${elements}`,
        });
      }
      starts[entry + i - from] = total;
      total += elements;
      if (column.headBytes > 0) {
        const begin = begins[i]! + column.headBytes;
        checkVector(data, begins[i]!, elements, bytes);
        parts.push(data.subarray(begin, begin + bytes));
      }
    }
    if (column.headBytes === 0) {
      const scale = basket.starts === undefined ? size : 1;
      parts.push(data.subarray(begins[first]! * scale, begins[last]! * scale));
    }
  });
  starts[to - from] = total;
  const data = numbersOf(where, type, total);
  const target = new Uint8Array(data.buffer);
  let at = 0;
  for (const part of parts) {
    target.set(part, at);
    at += part.length;
  }
  finish(type, data);
  return { starts, data };
}

/** A std::vector says before its elements how many bytes follow, marked as such, its version, and how many elements it has. */
function checkVector(data: Uint8Array, begin: number, elements: number, bytes: number): void {
  const view = new DataView(data.buffer, data.byteOffset + begin);
  const [length, said] = [view.getUint32(0), view.getUint32(6)];
  if (said !== elements) throw new Damage({ expected: `${elements} elements of a vector`, got: `${said}` });
  const expected = BYTE_COUNT + 6 + bytes;
  if (length !== expected) {
    throw new Damage({
      expected: `a vector of ${6 + bytes} bytes`,
      got: length < BYTE_COUNT ? "one that does not say how many" : `one of ${length - BYTE_COUNT}`,
    });
  }
}

async function sizesOf(
  source: ByteSource,
  tree: string,
  counter: Column,
  where: string,
  from: number,
  to: number,
): Promise<number[]> {
  const contents = await readColumn(source, tree, counter, undefined, where, from, to);
  return "data" in contents ? Array.from(contents.data as Iterable<number | bigint>, Number) : [];
}

/** Where the entries of a basket begin that does not say so: as their sizes add up. */
function startsFromSizes(
  elements: number,
  count: number,
  sizes: readonly number[] | undefined,
  shift: number,
): number[] {
  if (sizes === undefined) {
    throw new Damage({ expected: "where each entry begins", got: "a basket that does not say so" });
  }
  const starts = [0];
  for (let i = 0; i < count; i++) starts.push(starts[i]! + sizes[i + shift]!);
  if (starts[count] !== elements) throw new Damage({ expected: `${starts[count]} elements`, got: `${elements}` });
  return starts;
}
