/** Random access to bytes, so that readers fetch only what they need and run on files and on memory alike. */
import { type BigIntStats, closeSync, fstatSync, openSync, readSync, statSync } from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";
import { FileError, systemCode } from "./errors.js";
import { checkNoPointer, checkPlainFile, POINTER_BYTES } from "./file-kinds.js";
import { checkNotForeign, START_BYTES } from "./foreign-formats.js";
import { allocate } from "./memory.js";

export interface ByteSource {
  /** What messages call it: the path of a file. */
  readonly name: string;
  readonly size: number;
  /** Exactly `length` bytes in a buffer of their own. */
  read(offset: number, length: number): Promise<Uint8Array>;
  /** Fills the target with the bytes from `offset` on. */
  fill(offset: number, target: Uint8Array): Promise<void>;
}

/** Bytes in their order, each of them once. */
export interface ByteStream {
  /** Bytes in all. */
  readonly size: number;
  /** Fills the target with the next bytes. */
  fill(target: Uint8Array): Promise<void>;
  skip(length: number): Promise<void>;
}

// One system call moves at most 2 GiB - 4 KiB on Linux, and Node refuses lengths beyond 2^31 - 1.
const MAX_READ = 2 ** 30;

/** Bytes already in memory, under a name for messages. */
export function memorySource(name: string, bytes: Uint8Array): ByteSource {
  return sourceOf(name, bytes.length, async (offset, target) => {
    target.set(bytes.subarray(offset, offset + target.length));
  });
}

/** Bytes of a source from `start` to `end`, one after another. */
export function streamOf(source: ByteSource, start = 0, end = source.size): ByteStream {
  let next = start;
  return {
    size: end - start,
    fill: async (target) => {
      await source.fill(next, target);
      next += target.length;
    },
    skip: async (length) => {
      next += length;
    },
  };
}

/** A file that may be let go of in between. */
export interface FileSource extends ByteSource {
  /** Closes the file, which opens again where more is read. */
  readonly release: () => Promise<void>;
}

/** Opens a file. Refuses what is no plain file, pointers of Git LFS in place of files, and formats that are not read. */
export async function openFile(path: string): Promise<FileSource> {
  let descriptor: number | undefined = openAtOnce(path);
  const release = async () => {
    if (descriptor !== undefined) closeSync(descriptor);
    descriptor = undefined;
  };
  try {
    const stats = fstatSync(descriptor, NANOSECONDS);
    const [size, stamp] = [Number(stats.size), stampOf(stats)];
    const source = sourceOf(path, size, async (offset, target) => {
      descriptor ??= openAgain(path, stamp);
      await readInto(path, descriptor, size, offset, target);
    });
    await checkStart(source);
    return { ...source, release };
  } catch (error) {
    await release();
    throw error;
  }
}

/** Of thousands of small files, calls of the system that wait for a thread take most of the time. */
function openAtOnce(path: string): number {
  try {
    // Before it is opened: opening a pipe waits for its writer.
    checkPlainFile(path, statSync(path));
    return openSync(path, "r");
  } catch (error) {
    throw unreadable(path, error);
  }
}

function openAgain(path: string, stamp: string): number {
  const descriptor = openAtOnce(path);
  if (stampOf(fstatSync(descriptor, NANOSECONDS)) === stamp) return descriptor;
  closeSync(descriptor);
  throw changed(path);
}

const NANOSECONDS = { bigint: true } as const;

/** Differs after a file was written again: milliseconds are too coarse for small ones. */
const stampOf = ({ size, mtimeNs }: BigIntStats): string => `${size} bytes of ${mtimeNs}`;

const changed = (path: string) =>
  new FileError(path, {
    expected: "the file that was opened before",
    got: "another in its place",
    hint: "The file changed while it was read",
  });

/** What files are now. @returns refuses where one of them is not what it was */
export function watchFiles(paths: readonly string[]): () => void {
  const stamp = (path: string) => {
    const stats = statSync(path, { ...NANOSECONDS, throwIfNoEntry: false });
    return stats && stampOf(stats);
  };
  const before = paths.map((path) => [path, stamp(path)] as const);
  return () => {
    for (const [path, was] of before) if (stamp(path) !== was) throw changed(path);
  };
}

// Small records lie side by side: one read of the system fetches many.
const CACHE_BYTES = 2 ** 16;

// Of thousands of files that are read one after another, each would take fresh pages from the system.
let spare: Uint8Array | undefined;

/** A file of which the bytes around those read last are kept. */
export function cachedSource(source: FileSource): FileSource {
  let start = 0;
  let length = 0;
  let bytes: Uint8Array | undefined;
  const fill = async (offset: number, target: Uint8Array) => {
    const end = offset + target.length;
    if (target.length > CACHE_BYTES / 2 || end > source.size) return source.fill(offset, target);
    if (bytes === undefined || offset < start || end > start + length) {
      // Taken while it is filled: nobody else reads half of it.
      const fresh = bytes ?? spare ?? new Uint8Array(CACHE_BYTES);
      bytes = spare = undefined;
      const size = Math.min(CACHE_BYTES, source.size - offset);
      await source.fill(offset, fresh.subarray(0, size));
      [start, length, bytes] = [offset, size, fresh];
    }
    target.set(bytes.subarray(offset - start, end - start));
  };
  const release = async () => {
    spare ??= bytes;
    bytes = undefined;
    await source.release();
  };
  return { ...sourceOf(source.name, source.size, fill), release };
}

/** Opens a file for the time of `use`; refuses what `openFile` does. */
export async function withFile<Result>(path: string, use: (source: ByteSource) => Promise<Result>): Promise<Result> {
  const handle = await openForReading(path);
  try {
    const { size } = await handle.stat();
    const source = sourceOf(path, size, (offset, target) => readInto(path, handle, size, offset, target));
    await checkStart(source);
    return await use(source);
  } finally {
    await handle.close();
  }
}

async function checkStart(source: ByteSource): Promise<void> {
  const { name, size } = source;
  if (size <= POINTER_BYTES) checkNoPointer(name, await source.read(0, size));
  checkNotForeign(name, await source.read(0, Math.min(START_BYTES, size)));
}

/** The whole of a file. */
export function readBytes(path: string): Promise<Uint8Array> {
  return withFile(path, (source) => source.read(0, source.size));
}

function sourceOf(name: string, size: number, fill: (offset: number, target: Uint8Array) => Promise<void>): ByteSource {
  return {
    name,
    size,
    fill: async (offset, target) => {
      checkRange(name, size, offset, target.length);
      await fill(offset, target);
    },
    read: async (offset, length) => {
      checkRange(name, size, offset, length);
      const bytes = allocate(name, Uint8Array, length);
      await fill(offset, bytes);
      return bytes;
    },
  };
}

async function openForReading(path: string): Promise<FileHandle> {
  try {
    checkPlainFile(path, await stat(path));
    return await open(path, "r");
  } catch (error) {
    throw unreadable(path, error);
  }
}

function unreadable(path: string, error: unknown): FileError {
  if (error instanceof FileError) return error;
  const code = systemCode(error);
  if (code === "ENOENT" || code === "ENOTDIR") {
    return new FileError(path, {
      expected: "a file",
      got: "nothing at this path",
      hint: "Check the name and the folder it is relative to",
    });
  }
  if (code === "EACCES" || code === "EPERM") {
    return new FileError(path, {
      expected: "a readable file",
      got: "permission denied",
      hint: "Check the file's permissions",
    });
  }
  return new FileError(path, { expected: "a readable file", got: `system error ${code ?? String(error)}` });
}

async function readInto(
  path: string,
  handle: FileHandle | number,
  size: number,
  offset: number,
  target: Uint8Array,
): Promise<void> {
  for (let done = 0; done < target.length; ) {
    const length = Math.min(target.length - done, MAX_READ);
    const bytesRead =
      typeof handle === "number"
        ? readSync(handle, target, done, length, offset + done)
        : (await handle.read(target, done, length, offset + done)).bytesRead;
    if (bytesRead === 0) {
      throw new FileError(path, {
        expected: `${size} bytes`,
        got: `an end after ${offset + done}`,
        hint: "The file changed while it was read",
      });
    }
    done += bytesRead;
  }
}

function checkRange(name: string, size: number, offset: number, length: number): void {
  if (offset < 0 || length < 0 || offset + length > size) {
    throw new FileError(name, {
      expected: `bytes ${offset} to ${offset + length}`,
      got: `a file of ${size} bytes`,
      hint: "The file is truncated or corrupt: copy or make it again",
    });
  }
}
