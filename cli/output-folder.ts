import { accessSync, constants, mkdirSync } from "node:fs";
import { UsageError } from "./messages.js";

/** Makes the folder of the results where it is missing, and finds out before any work whether it can be written. */
export function createOutputFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
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
