/** The script of the jobs, run by a shell: words arrive as they are, and exit codes say what is done. */
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { commandText, quoted } from "../../../workflow/plan/shell.js";
import { writePlan } from "../../../workflow/plan/write-plan.js";
import { HOSTILE, openPlace, sampleJobs, sh } from "./sample-plan.js";

const place = openPlace();
test.after(() => place.remove());

test("any word comes through a shell as it is (500 words)", () => {
  // A shell has no words with NUL in them, and Node makes lone surrogates another character.
  const word = fc.string({ unit: "grapheme", maxLength: 30 }).filter((text) => !text.includes("\0"));
  const words = [HOSTILE, "", "-n", "~", "a=b", "'", "''", "\\", "\n", ...fc.sample(word, { numRuns: 500, seed: 1 })];
  const { stdout } = sh(place.root, {}, "-c", `printf '%s\\0' ${commandText(words)}`);
  assert.equal(stdout.split("\0").slice(0, -1), words);
  assert.is(quoted("run"), "run");
});

for (const engine of ["slurm", "snakemake", "htcondor"] as const) {
  test(`jobs.sh of ${engine}: a job is its command, and no other`, async () => {
    for (const jobs of Object.values(sampleJobs(place.root))) {
      await writePlan(place.plan(jobs), engine);
      for (const { id, words } of [...jobs.jobs, jobs.last]) {
        rmSync(join(place.root, "words"), { force: true });
        const { status, stderr } = sh(place.folder, {}, "jobs.sh", id);
        assert.is(status, 0, stderr);
        assert.equal(readFileSync(join(place.root, "words"), "utf8").split("\0").slice(0, -1), words);
      }
    }
    assert.not.ok(existsSync(join(place.folder, "pwned")));
  });
}

test("3 and 4 are done with a warning; other exit codes are those of the job", () => {
  for (const [code, status, said] of [
    [0, 0, ""],
    [3, 0, "jobs.sh: report: done, with a warning: a fit did not converge (exit code 3)\n"],
    [4, 0, "jobs.sh: report: done, with a warning: a check failed (exit code 4)\n"],
    [1, 1, ""],
    [2, 2, ""],
    [137, 137, ""],
  ] as const) {
    place.ends(code);
    const found = sh(place.folder, {}, "jobs.sh", "report");
    assert.equal([found.status, found.stderr], [status, said]);
  }
  place.ends(0);
  const unknown = sh(place.folder, {}, "jobs.sh", "nothing");
  assert.equal([unknown.status, unknown.stderr], [2, 'jobs.sh: expected a job, got "nothing"\n']);
});

test.run();
