import { accessSync, constants, existsSync, mkdirSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { UsageError } from "./messages.js";

/** One folder at a time: Node's recursive mkdir never returns where a file system, /proc for one, has no such folder ever. */
function makeFolders(folder: string): void {
  if (existsSync(folder) && statSync(folder).isDirectory()) return;
  if (dirname(folder) !== folder) makeFolders(dirname(folder));
  mkdirSync(folder);
}

/** Makes the folder of the results where it is missing, and finds out before any work whether it can be written. */
export function createOutputFolder(folder: string): void {
  try {
    makeFolders(folder);
    accessSync(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const reasons: Record<string, string> = { EEXIST: "a file of that name", ENOTDIR: "a file in its path" };
    throw new UsageError(folder, {
      expected: "a folder that can be written",
      got: reasons[code ?? ""] ?? `a refusal (${code})`,
      hint: "Choose another with --out, or `output` in the configuration",
    });
  }
}
