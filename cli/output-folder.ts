import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { UsageError } from "./messages.js";

/** One folder at a time: Node's recursive mkdir never returns where a file system, /proc for one, has no such folder ever. */
function makeFolders(folder: string): void {
  if (existsSync(folder) && statSync(folder).isDirectory()) return;
  if (dirname(folder) !== folder) makeFolders(dirname(folder));
  mkdirSync(folder);
}

const REASONS: Readonly<Record<string, string>> = {
  EEXIST: "a file of that name",
  ENOTDIR: "a file in its path",
  EACCES: "permission denied",
  EPERM: "permission denied",
  EROFS: "a read-only file system",
  ENOSPC: "a full disk",
  EDQUOT: "a disk quota used up",
};

/** Makes the folder of the results where it is missing, and finds out before any work whether it can be written. */
export function createOutputFolder(folder: string): void {
  try {
    makeFolders(folder);
    const probe = join(folder, `.write-test.${randomBytes(6).toString("hex")}.tmp`);
    writeFileSync(probe, "", { flag: "wx" });
    rmSync(probe);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new UsageError(folder, {
      expected: "a folder that can be written",
      got: REASONS[code ?? ""] ?? `a refusal (${code})`,
      hint: "Choose another with --out, or `output` in the configuration",
    });
  }
}

/** Makes the folder of a file of results, and refuses before any work what cannot be written. */
export function checkOutputFile(file: string): void {
  createOutputFolder(dirname(file));
  if (!existsSync(file) || !statSync(file).isDirectory()) return;
  throw new UsageError(file, {
    expected: "a file to write",
    got: "a folder of that name",
    hint: "Choose another --out",
  });
}
