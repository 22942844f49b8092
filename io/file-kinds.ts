/** What is at a path where a plain file should be. */
import { readFileSync, statSync } from "node:fs";
import { FileError } from "./errors.js";
import { checkNotForeign, START_BYTES } from "./foreign-formats.js";

/** Files that are no larger than this may be pointers of Git LFS (docs/spec.md: "must be less than 1024 bytes"). */
export const POINTER_BYTES = 1024;

// The second is that of Git LFS before it had its name.
const POINTER_STARTS = ["version https://git-lfs.github.com/spec/", "version https://hawser.github.com/spec/"];

/** What `stat` tells of a path. */
export interface FileKind {
  isFile(): boolean;
  isDirectory(): boolean;
  isFIFO(): boolean;
  isSocket(): boolean;
}

/** Refuses folders, pipes, sockets and devices: they cannot be read from the start as often as it takes, or never end. */
export function checkPlainFile(path: string, stats: FileKind, what = "a file"): void {
  if (stats.isFile()) return;
  if (stats.isDirectory()) throw new FileError(path, { expected: what, got: "a folder" });
  const kind = stats.isFIFO() ? "a pipe" : stats.isSocket() ? "a socket" : "a device";
  throw new FileError(path, {
    expected: `${what} on a disk`,
    got: kind,
    hint: "Write what it gives into a file first",
  });
}

/** Refuses the few lines that Git LFS leaves in place of a file that it has not fetched. */
export function checkNoPointer(path: string, bytes: Uint8Array): void {
  const start = Buffer.from(bytes).toString("latin1");
  if (!POINTER_STARTS.some((words) => start.startsWith(words))) return;
  throw new FileError(path, {
    expected: "the file itself",
    got: "a pointer of Git LFS to it",
    hint: "Fetch the file: git lfs pull",
  });
}

/**
 * The bytes of a small file, at once. Errors of the system are thrown as they are.
 *
 * @param maxBytes what no such file exceeds
 * @param what     what should be there, for messages
 */
export function readSmallFile(path: string, maxBytes: number, what?: string): Uint8Array {
  const stats = statSync(path);
  checkPlainFile(path, stats, what);
  if (stats.size > maxBytes) {
    throw new FileError(path, {
      expected: `at most ${maxBytes} bytes`,
      got: `${stats.size}`,
      hint: "Check that this is the file you meant",
    });
  }
  const bytes = readFileSync(path);
  if (bytes.length <= POINTER_BYTES) checkNoPointer(path, bytes);
  checkNotForeign(path, bytes.subarray(0, START_BYTES));
  return bytes;
}

/** The same as text in UTF-8. */
export const readTextFile = (path: string, maxBytes: number): string =>
  new TextDecoder().decode(readSmallFile(path, maxBytes));
