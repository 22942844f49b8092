/** The jobs of a file against its steps, and what is done of them. */
import { existsSync, readdirSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { parseArguments } from "../../../cli/command/arguments.js";
import { plannedName } from "../../../workflow/recipes/measurement-plan.js";
import { runInProcess } from "../../cli/in-process.js";
import { at, COUNT, call, type Job, planned, removePlanFiles, TOY, writePlanFiles } from "../../cli/plan-files.js";

test.before(writePlanFiles);
test.after(removePlanFiles);

const doneIn = ({ jobs }: { readonly jobs: readonly Job[] }) => jobs.flatMap(({ id, isDone }) => (isDone ? [id] : []));

for (const [name, file] of [
  ["a measurement", TOY],
  ["a composition", COUNT],
] as const) {
  test(`${name}: every step that \`steps\` names is in one job, behind those that it needs`, async () => {
    const { jobs, last } = await planned(file, "--engine", "snakemake", "--set", "scan.points=5");
    const { out } = await call("steps", file, "--json", "--set", "scan.points=5");
    const rows: { readonly name: string; readonly needs: readonly string[] }[] = JSON.parse(out).steps;
    assert.equal(
      jobs
        .slice(1)
        .flatMap(({ does }) => does)
        .sort(),
      rows.map((row) => plannedName(row.name)).sort(),
    );
    const jobOf = (step: string) => jobs.find(({ does }) => does.includes(step))!.id;
    for (const { name: step, needs } of rows) {
      const own = jobs.find(({ does }) => does.includes(plannedName(step)))!;
      for (const need of needs)
        assert.ok(jobOf(need) === own.id || own.needs.includes(jobOf(need)), `${step}: ${need}`);
    }
    for (const { words } of [...jobs, last]) {
      const { verb, operands, options } = parseArguments(words);
      assert.equal([verb, operands, options.out, options.set], ["run", [file], at("out"), ["scan.points=5"]]);
      assert.equal([options.backend, options.threads], ["cpu", 1]);
      // Those of `run`: a job that computes otherwise makes other steps.
      assert.is(options.precision, file === TOY ? "f32" : "f64");
    }
  });
}

test("replicas, scans and systematics are jobs of their own", async () => {
  const { jobs } = await planned(TOY, "--engine", "slurm");
  const count = (pattern: RegExp) => jobs.filter(({ id }) => pattern.test(id)).length;
  assert.equal([/^replica_\d$/, /^simulation_error_/, /^scans_/, /^[xy]_morph_single_/].map(count), [3, 3, 3, 4]);
  const replica = jobs.find(({ id }) => id === "replica_1")!;
  assert.equal(replica.does, ["fit.x.replica.1", "replica.1", "fit.fixed.replica.1"]);
});

test("toys of a measurement wait for the trainings alone; those of its model for the fits too", async () => {
  const sharedBy = async (...words: readonly string[]) => {
    const { jobs } = await planned(TOY, "--engine", "slurm", "--toys", "4", "--toys-per-job", "3", ...words);
    const toys = jobs.filter(({ kind }) => kind === "toys");
    assert.equal(
      toys.map(({ id }) => id),
      ["toys_0_2", "toys_3_3"],
    );
    for (const { needs } of toys) assert.equal(needs, toys[0]!.needs);
    return toys[0]!.needs;
  };
  const trainings = await sharedBy();
  assert.equal(
    trainings.filter((id) => !/^[xy]_(?:nominal|morph)/.test(id)),
    [],
  );
  assert.is(trainings.length, 6);
  const fits = await sharedBy("--mode", "data");
  for (const id of ["transport", "response", "fit_profiled", "replica_2", ...trainings])
    assert.ok(fits.includes(id), id);
});

test("a study: what is done is known, toy by toy, of every likelihood, and marked; the sum names the rest", async () => {
  const words = ["--engine", "snakemake", "--toys", "6", "--toys-per-job", "2"];
  const before = await planned(COUNT, ...words);
  assert.equal(
    before.jobs.map(({ id }) => id),
    ["prepare", "fit_fit", "fit_other", "toys_0_1", "toys_2_3", "toys_4_5"],
  );
  assert.equal(doneIn(before), []);
  assert.is(before.folder, at("out", "plan", "coverage-toys"));
  for (const id of ["fit_fit", "fit_other", "toys_0_1", "toys_4_5"]) {
    const job = before.jobs.find((own) => own.id === id)!;
    const { code, error } = await runInProcess(job.words, { judgesTrainings: true });
    assert.is(code, 0, error);
  }
  const toy = (likelihood: string, number: number) =>
    at("out", "coverage", "toys", `likelihood-${likelihood}`, `${number}.json`);
  truncateSync(toy("other", 5), 20);
  const after = await planned(COUNT, ...words);
  assert.equal(doneIn(after), ["prepare", "fit_fit", "fit_other", "toys_0_1"]);
  assert.equal(readdirSync(join(after.folder, "done")).sort(), ["fit_fit", "fit_other", "prepare", "toys_0_1"]);
  // Of other parameters there is nothing.
  assert.equal(doneIn(await planned(COUNT, ...words, "--set-parameter", "n=5")), []);
  const lacking = await runInProcess(after.last.words, { judgesTrainings: true });
  assert.is(lacking.code, 1);
  assert.match(lacking.error, "coverage: expected 6 toys, got 4; missing: 2-3. ");
  for (const job of after.jobs.filter(({ isDone }) => !isDone)) {
    assert.is((await runInProcess(job.words, { judgesTrainings: true })).code, 0);
  }
  const sum = await runInProcess(after.last.words, { judgesTrainings: true });
  assert.is(sum.code, 0, sum.error);
  assert.ok(existsSync(at("out", "coverage", "toys", "coverage.json")));
  const { jobs } = await planned(COUNT, ...words);
  assert.ok(jobs.every(({ isDone }) => isDone));
  // Measured: the fit and a toy take less than a second, and the program has its start.
  for (const { id, resources } of jobs.slice(1)) assert.ok(resources.seconds < 700, `${id}: ${resources.seconds} s`);
});

test.run();
