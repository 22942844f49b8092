/** `plan`: what it prints, and what it refuses. */
import { existsSync, readFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { runInProcess } from "../in-process.js";
import { at, COUNT, call, removePlanFiles, writePlanFiles } from "../plan-files.js";

test.before(writePlanFiles);
test.after(removePlanFiles);

test("the table has the jobs, and how to run the plan", async () => {
  const fitted = await call("run", COUNT, "--part", "steps", "--only", "fit.other", "--precision", "f64");
  assert.is(fitted.code, 0, fitted.error);
  const { out } = await call("plan", COUNT, "--engine", "htcondor");
  assert.match(out, /^job +state +time +memory +needs\n/);
  assert.match(out, /^fit_other +done +00:1\d:00 +\d+ MB +prepare$/m);
  assert.match(out, /^report +to do .* all$/m);
  assert.match(out, `cd '${at("out", "plan", "run").replace("'", "'\\''")}' && condor_submit_dag plan.dag`);
  assert.match(readFileSync(at("out", "plan", "run", "plan.dag"), "utf8"), /^JOB fit_other job\.sub DONE$/m);
});

test("wrong input is refused by one sentence, and nothing is written", async () => {
  const refused = async (...words: readonly string[]) => {
    const { code, error } = await runInProcess(["plan", COUNT, "--out", at("none"), ...words], {});
    assert.is(code, 2, words.join(" "));
    assert.not.ok(existsSync(at("none")));
    return error;
  };
  for (const [words, text] of [
    ["", "--engine: expected snakemake, slurm or htcondor, got nothing"],
    ["--engine pbs", "--engine: expected one of snakemake, slurm, htcondor, got pbs"],
    ["--engine slurm --toys 0-9", "--toys: expected the number of toys in all, got 0-9. --toys-per-job divides them"],
    ["--engine slurm --toys-per-job 5", "--toys-per-job: expected --toys N beside it, got none"],
    ["--engine slurm --at n=3", "--at: expected --toys N beside it, got none"],
    ["--engine slurm --toys 5 --at m=3", "--at: expected parameters (n), got m"],
    ["--engine slurm --toys 5 --mode data", "--mode: expected a measurement with simulation"],
  ] as const) {
    assert.match(await refused(...words.split(" ").filter(Boolean)), `unbinned: ${text}`);
  }
});

test.run();
