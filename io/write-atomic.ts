import { randomBytes } from "node:crypto";
import { rmSync } from "node:fs";
import { type FileHandle, open, readdir, rename, rm, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { checkPath } from "./arguments.js";
import { FileError, systemCode } from "./errors.js";
import { IDENTITY_PATTERN, ownIdentity, processState } from "./process-identity.js";

/** A new temporary file, or folder, in a folder: its name says whose it is, and is short whatever the file will be called. */
export const temporaryFile = (folder: string) =>
  join(folder, `.unbinned-${ownIdentity()}-${randomBytes(6).toString("hex")}.tmp`);

/** Temporary files of this process, which removes them also where it ends in the middle of writing. */
const unfinished = new Set<string>();
process.once("exit", () => {
  for (const file of unfinished) rmSync(file, { force: true });
});

const TEMPORARY_NAME = new RegExp(`^\\.unbinned-(${IDENTITY_PATTERN})-[0-9a-f]{12}\\.tmp$`);

/**
 * Removes from a folder what processes that were killed while they wrote left unfinished. What belongs to a running process
 * stays, and so does that of another machine, where nobody here can tell; folders inside are not looked at.
 */
export async function removeUnfinished(folder: string): Promise<void> {
  checkPath("removeUnfinished", folder);
  const entries = await readdir(folder, { withFileTypes: true }).catch((error) => {
    throw new FileError(folder, { expected: "a folder", got: systemCode(error) ?? String(error) });
  });
  for (const entry of entries) {
    const [, identity] = TEMPORARY_NAME.exec(entry.name) ?? [];
    if (identity === undefined || processState(identity) !== "ended") continue;
    if (entry.isFile() || entry.isDirectory()) await rm(join(folder, entry.name), { recursive: true, force: true });
  }
}

/**
 * Writes a file that is there whole or not at all: a temporary file in the same folder, flushed to disk, then renamed.
 *
 * @param chunks the file's bytes or text, in order
 */
export async function writeAtomic(
  path: string,
  chunks: Iterable<Uint8Array | string> | AsyncIterable<Uint8Array | string>,
): Promise<void> {
  checkPath("writeAtomic", path);
  if (typeof chunks !== "object" || chunks === null || !(Symbol.iterator in chunks || Symbol.asyncIterator in chunks)) {
    throw new FileError("writeAtomic", { expected: "an iterable of bytes or text", got: typeof chunks });
  }
  const temporary = temporaryFile(dirname(path));
  const handle = await open(temporary, "wx").catch((error) => {
    throw cannotWrite(path, error);
  });
  unfinished.add(temporary);
  try {
    await writeAll(path, handle, chunks);
    await rename(temporary, path).catch((error) => {
      throw cannotWrite(path, error);
    });
  } catch (error) {
    // What went wrong first is what the user has to know.
    await unlink(temporary).catch(() => {});
    throw error;
  } finally {
    unfinished.delete(temporary);
  }
  await syncFolder(dirname(path));
}

async function writeAll(
  path: string,
  handle: FileHandle,
  chunks: Iterable<Uint8Array | string> | AsyncIterable<Uint8Array | string>,
): Promise<void> {
  try {
    for await (const chunk of chunks) {
      await handle.appendFile(chunk).catch((error) => {
        throw cannotWrite(path, error);
      });
    }
    await handle.sync().catch((error) => {
      throw cannotWrite(path, error);
    });
  } finally {
    await handle.close();
  }
}

/** Makes the new name itself survive a power cut. Windows has no such call for folders and says so by an error. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

const reasons: Readonly<Record<string, { readonly got: string; readonly hint: string }>> = {
  ENOENT: { got: "no such folder", hint: "Create it first" },
  ENOTDIR: { got: "a file where a folder should be", hint: "Choose another output path" },
  EEXIST: { got: "a file where a folder should be", hint: "Choose another output path" },
  EISDIR: { got: "a folder of this name", hint: "Choose another output path" },
  EACCES: { got: "permission denied", hint: "Choose another output folder or change its permissions" },
  EPERM: { got: "permission denied", hint: "Choose another output folder or change its permissions" },
  EROFS: { got: "a read-only file system", hint: "Choose another output folder" },
  ENOSPC: { got: "a full disk", hint: "Free some space or choose another output folder; nothing was written" },
  EDQUOT: { got: "a disk quota used up", hint: "Free some space or choose another output folder; nothing was written" },
};

function cannotWrite(path: string, error: unknown): FileError {
  const code = systemCode(error) ?? String(error);
  const reason = reasons[code] ?? { got: `system error ${code}`, hint: "Choose another output folder" };
  return new FileError(path, { expected: "a place to write to", ...reason });
}
