/** The folder of the results: made, or refused before any work. */
import { existsSync, lstatSync, mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { systemCode } from "../../io/errors.js";
import { temporaryFile } from "../../io/write-atomic.js";
import { UsageError } from "../errors.js";

/** Name of generated data in the output folder. */
export const DATA_FILE = "data.npz";

/** Name of the file of `run`, whose entry `result` is the label of the fit that counts. */
export const RESULTS_FILE = "results.json";

/** Name of the larger arrays beside them. */
export const ARRAYS_FILE = "arrays.npz";

/** Name of the folder of toys in it. */
export const COVERAGE_FOLDER = "coverage";

/** Name of the folder of plans for batch systems in it. */
export const PLAN_FOLDER = "plan";

/** Name of the file of `fit --out` and of an exported folder: the summary itself. */
export const FIT_FILE = "fit.json";

/** One folder at a time: Node's recursive mkdir never returns where a file system, /proc for one, has no such folder ever. */
function makeFolders(folder: string): void {
  const isThere = () => existsSync(folder) && statSync(folder).isDirectory();
  if (isThere()) return;
  if (dirname(folder) !== folder) makeFolders(dirname(folder));
  try {
    mkdirSync(folder);
  } catch (error) {
    // Another process was faster.
    if (systemCode(error) !== "EEXIST" || !isThere()) throw error;
  }
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
    const probe = temporaryFile(folder);
    writeFileSync(probe, "", { flag: "wx" });
    rmSync(probe);
  } catch (error) {
    throw notWritable(folder, error);
  }
}

/** What a folder is met with that the system does not let us write to; any other error as it is. */
export function notWritable(folder: string, error: unknown): unknown {
  const code = systemCode(error);
  if (code === undefined) return error;
  return new UsageError(folder, {
    expected: "a folder that can be written",
    got: REASONS[code] ?? `a refusal (${code})`,
    hint: "Choose another with --out, or `output` in the configuration",
  });
}

/**
 * Makes a folder in that of the results. `folder` itself may be a link, by which the user says where it is; a link in it would
 * lead to what is not ours.
 */
export function createInside(folder: string, ...names: readonly string[]): string {
  let inside = folder;
  for (const name of names) {
    inside = join(inside, name);
    refuseLink(inside);
    createOutputFolder(inside);
  }
  return inside;
}

/** Of a place in the folder of the results where a folder of ours is to be. */
export function refuseLink(path: string): void {
  if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() !== true) return;
  throw new UsageError(path, {
    expected: "a folder of its own for what `unbinned` writes",
    got: "a link",
    hint: "Remove the link, or choose another --out",
  });
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

/** Whether both are there and are one, behind links too. What cannot be looked at, such as a link to itself, is not there. */
export function isSameFile(a: string, b: string): boolean {
  const [one, other] = [a, b].map((path) => (existsSync(path) ? statSync(path, { bigint: true }) : undefined));
  return one !== undefined && other !== undefined && one.dev === other.dev && one.ino === other.ino;
}
