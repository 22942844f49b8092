/**
 * Which files were made together. A run replaces its files one by one and may be killed between two of them, and folders are
 * copied in parts: what was written last, results.json or fit.json, holds the sha256 of what belongs to it.
 */
import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { UsageError } from "../errors.js";
import { sha256Of } from "./checksum.js";

/** sha256 by name; null where there must be no such file. Of names that are absent nothing is known. */
export type Belongings = Readonly<Record<string, string | null>>;

/** sha256 of each of these files in a folder. */
export async function belongingsIn(folder: string, names: readonly string[]): Promise<Belongings> {
  const found: [string, string | null][] = [];
  for (const name of names) found.push([name, await sumOf(join(folder, name))]);
  return Object.fromEntries(found);
}

const sumOf = async (file: string) => (existsSync(file) ? sha256Of(file) : null);

/**
 * Throws where a file is another than the one that belongs.
 *
 * @param to     the file that says what belongs, read before the others: what is replaced meanwhile is then noticed
 * @param files  what was read
 * @param known  sums of some of them, by name, where the caller has them: a model may be large
 */
export async function checkBelonging(
  to: string,
  belongings: Belongings,
  files: readonly string[],
  known: Belongings = {},
): Promise<void> {
  for (const file of files) {
    const expected = belongings[basename(file)];
    if (expected === undefined) continue;
    const found = known[basename(file)] ?? (await sumOf(file));
    if (found === expected) continue;
    throw new UsageError(file, {
      expected:
        expected === null ? `no such file, as ${to} says` : `the file that ${to} was made with, sha256 ${expected}`,
      got: found === null ? "no such file" : `another, sha256 ${found}`,
      hint: "These are parts of different runs. Run the analysis again: steps that are finished are kept",
    });
  }
}
