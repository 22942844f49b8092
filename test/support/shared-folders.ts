/** Output folders that several files of tests start from: one of them makes it, the others copy it. */
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";

/** `run.ts` makes this folder and removes it at its end, so that nothing in it is of another build. A file of tests that runs alone has none. */
const shared = process.env.UNBINNED_TEST_FOLDERS;

/**
 * Fills a folder that is not there yet.
 *
 * @param from  all that the content follows from, besides the program
 * @param make  writes the folder
 */
export async function fill(folder: string, from: unknown, make: () => Promise<void>): Promise<void> {
  if (shared === undefined) return make();
  const kept = join(shared, createHash("sha256").update(JSON.stringify(from)).digest("hex"));
  if (existsSync(kept)) return cpSync(kept, folder, { recursive: true });
  await make();
  const copy = mkdtempSync(`${kept}-`);
  cpSync(folder, copy, { recursive: true });
  try {
    renameSync(copy, kept);
  } catch {
    // Another file of tests made it meanwhile.
    rmSync(copy, { recursive: true });
  }
}
