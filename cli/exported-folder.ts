/** Folders that `unbinned export` made: their checksums, in the format of `sha256sum`. */
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { readBytes } from "../io/index.js";
import { UsageError } from "./messages.js";

/** `sha256sum -c` checks it. */
export const CHECKSUMS_FILE = "checksums.txt";

const sha256 = (content: Uint8Array | string) => createHash("sha256").update(content).digest("hex");

/** @param files  contents by name */
export function checksumsOf(files: ReadonlyMap<string, Uint8Array | string>): string {
  return [...files].map(([name, content]) => `${sha256(content)}  ${name}\n`).join("");
}

/**
 * Whether a configuration file is that of an exported folder: its checksums list it. Throws where a file of the folder is
 * no longer what was exported.
 */
export async function checkExport(configuration: string): Promise<boolean> {
  const folder = dirname(configuration);
  const list = join(folder, CHECKSUMS_FILE);
  if (!existsSync(list)) return false;
  const entries = readFileSync(list, "utf8")
    .split("\n")
    .flatMap((line) => {
      const [, sum, name] = /^([0-9a-f]{64}) [ *](.+)$/.exec(line) ?? [];
      return name === undefined ? [] : [{ name, sum }];
    });
  // Anybody's list of anything may have this name.
  if (!entries.some(({ name }) => name === basename(configuration))) return false;
  for (const { name, sum } of entries) {
    const file = join(folder, name);
    const found = existsSync(file) ? sha256(await readBytes(file)) : undefined;
    if (found === sum) continue;
    throw new UsageError(file, {
      expected: `the file that was exported, sha256 ${sum}`,
      got: found === undefined ? "no such file" : `one that was changed since, sha256 ${found}`,
      hint: `Copy or export the folder again; settings are changed with --set. Without ${CHECKSUMS_FILE} nothing is checked`,
    });
  }
  return true;
}
