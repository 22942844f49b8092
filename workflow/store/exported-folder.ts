/** Folders that `unbinned export` made: their checksums, in the format of `sha256sum`, by which they are known and checked. */
import { existsSync, lstatSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { UsageError } from "../errors.js";
import { CHECKSUMS_FILE, listedSums, sha256, sha256Of } from "./checksum.js";

/** Name of the configuration in the folder. */
export const CONFIGURATION_FILE = "analysis.yaml";

/** What the configuration of every export begins with. */
export const EXPORT_HEADER = "# Exported by unbinned ";

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
  const { entries, isWhole } = listedSums(folder);
  const isListed = entries.some(({ name }) => name === basename(configuration));
  if (!isWhole || !isListed) {
    // Anybody's list of anything may have this name.
    if (!isExported(configuration)) return false;
    throw new UsageError(list, {
      expected: "the sums of all files that were exported",
      got: isWhole ? `none of ${basename(configuration)}` : "a line without a sum",
      hint: COPY_AGAIN,
    });
  }
  for (const { name, sum } of entries) {
    const file = join(folder, name);
    const found = existsSync(file) ? await sha256Of(file) : undefined;
    if (found === sum) continue;
    throw new UsageError(file, {
      expected: `the file that was exported, sha256 ${sum}`,
      got: found === undefined ? "no such file" : `one that was changed since, sha256 ${found}`,
      hint: COPY_AGAIN,
    });
  }
  return true;
}

const COPY_AGAIN = `Copy or export the folder again; settings are changed with --set. Without ${CHECKSUMS_FILE} nothing is checked`;

const isExported = (configuration: string) =>
  existsSync(configuration) && readFileSync(configuration, "utf8").startsWith(EXPORT_HEADER);

/**
 * Why a folder is not an export as it was made, and so not ours to replace; undefined where it is: a folder that holds the
 * files of its list, unchanged, and nothing else, with a configuration that begins as every export's does.
 */
export async function foreignIn(folder: string): Promise<string | undefined> {
  const isFolder = lstatSync(folder).isDirectory();
  if (!isFolder || !isFile(join(folder, CHECKSUMS_FILE)) || !isFile(join(folder, CONFIGURATION_FILE))) {
    return "something else";
  }
  if (!isExported(join(folder, CONFIGURATION_FILE))) return "something else";
  const sums = new Map(listedSums(folder).entries.map(({ name, sum }) => [name, sum]));
  for (const name of readdirSync(folder)) {
    if (name === CHECKSUMS_FILE) continue;
    const sum = sums.get(name);
    if (sum === undefined) return `one with a file ${name}, which was not exported`;
    const file = join(folder, name);
    if (!isFile(file) || (await sha256Of(file)) !== sum) return `one in which ${name} was changed since`;
  }
  return sums.has(CONFIGURATION_FILE) ? undefined : "something else";
}

const isFile = (path: string) => lstatSync(path, { throwIfNoEntry: false })?.isFile() === true;
