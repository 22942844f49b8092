/** Random access to bytes, so that readers fetch only what they need and run on files and on memory alike. */
import { type FileHandle, open } from "node:fs/promises";
import { FileError, systemCode } from "./errors.js";

export interface ByteSource {
  /** What messages call it: the path of a file. */
  readonly name: string;
  readonly size: number;
  /** Exactly `length` bytes in a buffer of their own. */
  read(offset: number, length: number): Promise<Uint8Array>;
}

// One system call moves at most 2 GiB - 4 KiB on Linux, and Node refuses lengths beyond 2^31 - 1.
const MAX_READ = 2 ** 30;

/** Bytes already in memory, under a name for messages. */
export function memorySource(name: string, bytes: Uint8Array): ByteSource {
  return {
    name,
    size: bytes.length,
    read: async (offset, length) => {
      checkRange(name, bytes.length, offset, length);
      return new Uint8Array(bytes.subarray(offset, offset + length));
    },
  };
}

/** Opens a file for the time of `use`. */
export async function withFile<Result>(path: string, use: (source: ByteSource) => Promise<Result>): Promise<Result> {
  const handle = await openForReading(path);
  try {
    const stat = await handle.stat();
    if (stat.isDirectory()) throw new FileError(path, { expected: "a file", got: "a folder" });
    return await use({
      name: path,
      size: stat.size,
      read: (offset, length) => readExactly(path, handle, stat.size, offset, length),
    });
  } finally {
    await handle.close();
  }
}

/** The whole of a file. */
export function readBytes(path: string): Promise<Uint8Array> {
  return withFile(path, (source) => source.read(0, source.size));
}

async function openForReading(path: string): Promise<FileHandle> {
  try {
    return await open(path, "r");
  } catch (error) {
    const code = systemCode(error);
    if (code === "ENOENT" || code === "ENOTDIR") {
      throw new FileError(path, {
        expected: "a file",
        got: "nothing at this path",
        hint: "Check the name and the folder it is relative to",
      });
    }
    if (code === "EACCES" || code === "EPERM") {
      throw new FileError(path, {
        expected: "a readable file",
        got: "permission denied",
        hint: "Check the file's permissions",
      });
    }
    throw new FileError(path, { expected: "a readable file", got: `system error ${code ?? String(error)}` });
  }
}

async function readExactly(
  path: string,
  handle: FileHandle,
  size: number,
  offset: number,
  length: number,
): Promise<Uint8Array> {
  checkRange(path, size, offset, length);
  const bytes = new Uint8Array(length);
  for (let done = 0; done < length; ) {
    const { bytesRead } = await handle.read(bytes, done, Math.min(length - done, MAX_READ), offset + done);
    if (bytesRead === 0) {
      throw new FileError(path, {
        expected: `${size} bytes`,
        got: `an end after ${offset + done}`,
        hint: "The file changed while it was read",
      });
    }
    done += bytesRead;
  }
  return bytes;
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
