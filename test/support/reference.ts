/** The published weights and float64 answers, which are not part of the project: a user's clone has none. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "uvu";

const projectRoot = fileURLToPath(new URL("../../../", import.meta.url));
const root = process.env.UNBINNED_REFERENCE ?? join(projectRoot, "..", "shared", "reference");

export const hasReference = existsSync(join(root, "doi-toy", "golden.npz"));

/** Path of a reference file, e.g. `doi-toy/golden.npz`. */
export function referenceFile(name: string): string {
  return join(root, name);
}

/** A test that needs the reference data: skipped aloud without it, failed without it where REQUIRE_REFERENCE=1. */
export function referenceTest(name: string, body: () => Promise<void> | void): void {
  if (hasReference) test(name, body);
  else if (process.env.REQUIRE_REFERENCE === "1") {
    test(name, () => {
      throw new Error(`reference data expected at ${root} (REQUIRE_REFERENCE=1), found none; set UNBINNED_REFERENCE`);
    });
  } else {
    console.log(`skip: ${name} (no reference data at ${root})`);
    test.skip(name, body);
  }
}
