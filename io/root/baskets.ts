/** Baskets: the entries of a branch that were written at once (ROOT's TBasket). */
import { Damage } from "../damage.js";
import type { ByteSource } from "../source.js";
import { unpackBlocks } from "./blocks.js";
import { Cursor } from "./cursor.js";
import { type Key, readKey } from "./keys.js";

/** The entries of a basket. */
export interface Basket {
  /** Number of entries. */
  readonly count: number;
  /** Their bytes, one after another. */
  readonly data: Uint8Array;
  /** Where each entry begins, and behind the last the number of bytes; undefined where the basket does not say. */
  readonly starts: readonly number[] | undefined;
}

/** A basket that was never written by itself: the tree has it. */
export type MemoryBasket = Basket & { readonly isBasket: true };

interface BasketHead {
  readonly count: number;
  /** Bytes of the entries. */
  readonly border: number;
  readonly flag: number;
}

function readBasketHead(cursor: Cursor, key: Key): BasketHead {
  cursor.skip(2 + 4);
  // A sign says that a byte of options follows.
  if (cursor.i4() < 0) cursor.skip(1);
  const count = cursor.i4();
  const border = cursor.i4() - key.headBytes;
  const flag = cursor.u1();
  if (count < 0 || border < 0)
    throw new Damage({ expected: "a number of entries and their end", got: `${count} and ${border}` });
  return { count, border, flag };
}

/** @param expected what the tree says of the basket */
export async function readBasket(
  source: ByteSource,
  expected: Pick<Key, "at" | "bytes" | "name" | "title"> & { readonly count: number },
): Promise<Basket> {
  const { at, bytes: length, name, title } = expected;
  if (at <= 0 || length <= 0 || at + length > source.size) {
    throw new Damage({ expected: "a basket within the file", got: `bytes ${at} to ${at + length}` });
  }
  const bytes = await source.read(at, length);
  const cursor = new Cursor(bytes);
  const key = readKey(cursor);
  if (
    key.className !== "TBasket" ||
    key.name !== name ||
    key.title !== title ||
    key.at !== at ||
    key.bytes !== length
  ) {
    throw new Damage({
      expected: `a basket of ${name} of ${title} at byte ${at}`,
      got: `${key.className} ${key.name} of ${key.title}`,
    });
  }
  const { count, border } = readBasketHead(cursor, key);
  if (count !== expected.count) throw new Damage({ expected: `${expected.count} entries`, got: `${count}` });
  const object = await unpackBlocks(source.name, bytes.subarray(key.headBytes), key.objectBytes);
  if (border > object.length) throw new Damage({ expected: "the end of the entries", got: `${border}` });
  const starts = border < object.length ? startsBehind(object, border, key.headBytes, count) : undefined;
  return { count, data: object.subarray(0, border), starts };
}

/** Behind the entries: how many numbers there are, where each entry begins, and one that means nothing. */
function startsBehind(object: Uint8Array, border: number, headBytes: number, count: number): number[] {
  const cursor = new Cursor(object);
  cursor.skip(border);
  const numbers = cursor.i4();
  if (numbers !== count + 1) throw new Damage({ expected: `${count + 1} positions of entries`, got: `${numbers}` });
  return readStarts(cursor, border, headBytes, count);
}

function readStarts(cursor: Cursor, border: number, headBytes: number, count: number): number[] {
  const starts = Array.from({ length: count }, () => cursor.i4() - headBytes);
  starts.push(border);
  const isOrdered = starts.every((start, i) => (i === 0 ? start === 0 : start >= starts[i - 1]!));
  if (!isOrdered) throw new Damage({ expected: "positions of entries in ascending order", got: "others" });
  return starts;
}

const NO_OFFSETS = 2;
const GENERATED = 80;

/** A basket among the members of its branch: head, positions of entries unless all have one size, then head and entries as in the file. */
export function readMemoryBasket(cursor: Cursor): MemoryBasket {
  const key = readKey(cursor);
  const { count, border, flag: given } = readBasketHead(cursor, key);
  const isGenerated = given >= GENERATED;
  const flag = isGenerated ? given - GENERATED : given;
  let starts: number[] | undefined;
  if (!isGenerated && flag !== 0 && flag % 10 !== NO_OFFSETS) {
    if (flag > 20) throw new Damage({ expected: "a basket of plain entries", got: `one of kind ${flag}` });
    const numbers = count === 0 ? 0 : cursor.i4();
    if (numbers !== count) throw new Damage({ expected: `${count} positions of entries`, got: `${numbers}` });
    starts = readStarts(cursor, border, key.headBytes, count);
  }
  const hasData = flag === 1 || flag > 10;
  if (hasData) cursor.skip(key.headBytes);
  // The rest of the tree's bytes need not be kept.
  const data = hasData ? cursor.take(border).slice() : new Uint8Array();
  if (data.length !== border) throw new Damage({ expected: `${border} bytes of entries`, got: "none" });
  return { isBasket: true, count, data, starts };
}
