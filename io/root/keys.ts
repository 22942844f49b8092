/** The records of a ROOT file and the folders that name them. */
import { Damage, decodedAsync } from "../damage.js";
import { FileError, quote } from "../errors.js";
import type { ByteSource } from "../source.js";
import { unpackBlocks } from "./blocks.js";
import { Cursor } from "./cursor.js";

/** The head of a record. */
export interface Key {
  /** Bytes of all, of the unpacked object, of the head. */
  readonly bytes: number;
  readonly objectBytes: number;
  readonly headBytes: number;
  readonly cycle: number;
  readonly at: number;
  readonly className: string;
  readonly name: string;
  readonly title: string;
}

/** Versions of records whose positions have 64 bits. */
const WIDE = 1000;
const WIDE_FILE = 1_000_000;
const LONGEST_HEAD = 2 ** 12;
const MAX_FOLDERS = 10_000;

export function readKey(cursor: Cursor): Key {
  const bytes = cursor.i4();
  const isWide = cursor.i2() > WIDE;
  const objectBytes = cursor.u4();
  cursor.skip(4);
  const headBytes = cursor.i2();
  const cycle = cursor.i2();
  const at = isWide ? cursor.i8() : cursor.i4();
  cursor.skip(isWide ? 8 : 4);
  const [className, name, title] = [cursor.text(), cursor.text(), cursor.text()];
  // A record that was never written by itself says 0.
  if (headBytes <= 0 || (bytes !== 0 && bytes < headBytes))
    throw new Damage({ expected: "a record", got: `one of ${bytes} bytes` });
  return { bytes, objectBytes, headBytes, cycle, at, className, name, title };
}

export interface FileHead {
  readonly folder: number;
  readonly infoAt: number;
}

export async function readHead(source: ByteSource): Promise<FileHead> {
  const { name, size } = source;
  const start = await source.read(0, Math.min(size, 100));
  if (size < 100 || Buffer.from(start.subarray(0, 4)).toString("latin1") !== "root") {
    throw new FileError(name, {
      expected: "a ROOT file",
      got: size < 100 ? `${size} bytes in all` : "another beginning",
    });
  }
  const cursor = new Cursor(start);
  cursor.skip(4);
  const isWide = cursor.i4() >= WIDE_FILE;
  const position = () => (isWide ? cursor.i8() : cursor.i4());
  const begin = cursor.i4();
  const end = position();
  position();
  cursor.skip(8);
  const nameBytes = cursor.i4();
  cursor.skip(5);
  const infoAt = position();
  if (end > size) {
    throw new FileError(name, {
      expected: `${end} bytes`,
      got: `${size}`,
      hint: "The file is truncated, or was not closed by what wrote it: copy or make it again",
    });
  }
  return { folder: begin + nameBytes, infoAt };
}

/** An object of the file, its record checked against what names it. */
export const readObject = async (source: ByteSource, key: Key): Promise<Cursor> =>
  objectIn(source, key, await readRecord(source, key));

/** Head and object of a record, packed. */
export const readRecord = (source: ByteSource, key: Key): Promise<Uint8Array> => source.read(key.at, key.bytes);

export async function objectIn(source: ByteSource, key: Key, record: Uint8Array): Promise<Cursor> {
  const own = readKey(new Cursor(record));
  if (own.className !== key.className || own.name !== key.name || own.objectBytes !== key.objectBytes) {
    throw new Damage({
      expected: `a ${key.className} ${quote(key.name)} at byte ${key.at}`,
      got: `${own.className} ${quote(own.name)}`,
    });
  }
  const object = await unpackBlocks(source.name, record.subarray(own.headBytes), own.objectBytes);
  return new Cursor(object, own.headBytes);
}

/** The head of the record at a position. */
export async function keyAt(source: ByteSource, at: number): Promise<Key> {
  return { ...readKey(new Cursor(await source.read(at, Math.min(LONGEST_HEAD, source.size - at)))), at };
}

export interface Entry {
  /** Names of folders and its own, with slashes. */
  readonly path: string;
  readonly key: Key;
}

/** All objects of the file, folder by folder. */
export function entriesOf(source: ByteSource, head: FileHead): Promise<Entry[]> {
  return decodedAsync(`${source.name}, its folders`, async () => {
    const found: Entry[] = [];
    const folders: { readonly path: string; readonly at: number }[] = [{ path: "", at: head.folder }];
    const visited = new Set<number>();
    for (const { path, at } of folders) {
      if (visited.has(at)) throw new Damage({ expected: "every folder in one place", got: `${quote(path)} in two` });
      visited.add(at);
      if (folders.length > MAX_FOLDERS) throw new Damage({ expected: `at most ${MAX_FOLDERS} folders`, got: "more" });
      for (const key of await keysOf(source, at)) {
        const entry = { path: `${path}${key.name}`, key };
        if (/^TDirectory(File)?$/.test(key.className))
          folders.push({ path: `${entry.path}/`, at: key.at + key.headBytes });
        else found.push(entry);
      }
    }
    return found;
  });
}

async function keysOf(source: ByteSource, at: number): Promise<Key[]> {
  const cursor = new Cursor(await source.read(at, Math.min(60, source.size - at)));
  const isWide = cursor.i2() > WIDE;
  cursor.skip(8);
  const bytes = cursor.i4();
  cursor.skip(4 + (isWide ? 16 : 8));
  const list = isWide ? cursor.i8() : cursor.i4();
  // A folder that was never written.
  if (bytes === 0) return [];
  const keys = new Cursor(await source.read(list, bytes));
  keys.skip(readKey(keys).headBytes - keys.at);
  const count = keys.i4();
  // A key takes 26 bytes at least.
  if (count < 0 || count > bytes / 26) throw new Damage({ expected: "a number of objects", got: `${count}` });
  return Array.from({ length: count }, () => readKey(keys));
}
