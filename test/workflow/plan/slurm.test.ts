/** Scripts for Slurm, run with an sbatch that only notes what it is given. */
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { runJobs } from "../../../workflow/plan/jobs.js";
import { slurmFiles } from "../../../workflow/plan/slurm.js";
import { writePlan } from "../../../workflow/plan/write-plan.js";
import { common, edges, openPlace, STEPS, sampleJobs, sh } from "./sample-plan.js";

const place = openPlace();
test.after(() => place.remove());

/** Notes its words, one call a line, and answers with the number of the call behind 100. */
const SBATCH = `#!/bin/sh
log="$(dirname "$0")/calls"
echo "$*" >> "$log"
echo "$((100 + $(wc -l < "$log")));cluster"
`;
const bin = join(place.root, "bin");
mkdirSync(bin);
writeFileSync(join(bin, "sbatch"), SBATCH);
chmodSync(join(bin, "sbatch"), 0o755);

interface Task {
  readonly id: string;
  readonly needs: readonly string[];
}

/** The jobs of what submit.sh submits, as Slurm would run them: each is one task of an array. */
function submitted(...options: readonly string[]): readonly (Task & { readonly how: string; readonly line: string })[] {
  rmSync(join(bin, "calls"), { force: true });
  const env = { PATH: `${bin}:${process.env.PATH}` };
  const { status, stderr } = sh("/", env, join(place.folder, "submit.sh"), ...options);
  assert.is(status, 0, stderr);
  const known = new Map<string, string>();
  return readFileSync(join(bin, "calls"), "utf8")
    .trim()
    .split("\n")
    .flatMap((line, call) => {
      const script = line.split(" ").at(-1)!;
      const text = readFileSync(join(place.folder, script), "utf8");
      const count = Number(/^#SBATCH --array=0-(\d+)$/m.exec(text)![1]) + 1;
      const [, how = "", waits = ""] = /--dependency=(\w+):(\S+)/.exec(line) ?? [];
      const needs = waits.split(":").filter(Boolean);
      const whole = (need: string) => [...known].flatMap(([task, id]) => (task.startsWith(`${need}_`) ? [id] : []));
      const ids = needs.flatMap((need) => (need.includes("_") ? [known.get(need)!] : whole(need)));
      return Array.from({ length: count }, (_, task) => {
        rmSync(join(place.root, "words"), { force: true });
        const ran = sh(place.folder, { SLURM_ARRAY_TASK_ID: `${task}`, JOBS: "1" }, "-x", script);
        assert.is(ran.status, 0, ran.stderr);
        const id = /exec sh jobs\.sh (\w+)/.exec(ran.stderr)![1]!;
        known.set(`${101 + call}_${task}`, id);
        return { id, needs: ids, how, line };
      });
    });
}

test("every job is submitted once, behind those that it needs; the last waits for all, whatever became of them", async () => {
  for (const jobs of Object.values(sampleJobs(place.root))) {
    await writePlan(place.plan(jobs), "slurm");
    const tasks = submitted();
    const last = tasks.at(-1)!;
    assert.equal(tasks.map(({ id }) => id).sort(), [...jobs.jobs, jobs.last].map(({ id }) => id).sort());
    assert.equal(edges(tasks.slice(0, -1)), edges(jobs.jobs));
    assert.equal([last.id, last.how], [jobs.last.id, "afterany"]);
    assert.equal([...last.needs].sort(), jobs.jobs.map(({ id }) => id).sort());
    for (const { how, needs } of tasks.slice(0, -1)) assert.is(how, needs.length > 0 ? "afterok" : "");
  }
});

test("options of sbatch are handed through; a job whose needs failed is cancelled", () => {
  for (const { line } of submitted("--partition=long", "--account=a b")) {
    assert.match(line, /^--parsable --kill-on-invalid-dep=yes --partition=long --account=a b /);
  }
});

test("what is done is not submitted, and not waited for; scripts of an earlier plan are gone", async () => {
  const done = new Set(["x.nominal", "x.morph.a b"]);
  const jobs = runJobs(
    STEPS.map((step) => ({ ...step, isDone: done.has(step.name) })),
    common(place.root),
  );
  writeFileSync(join(place.folder, "slurm", "old_7.sh"), "");
  await writePlan(place.plan(jobs), "slurm");
  assert.not.ok(existsSync(join(place.folder, "slurm", "old_7.sh")));
  const tasks = submitted();
  const left = jobs.jobs.filter(({ isDone }) => !isDone);
  assert.equal(
    tasks
      .slice(0, -1)
      .map(({ id }) => id)
      .sort(),
    left.map(({ id }) => id).sort(),
  );
  const isLeft = (id: string) => left.some((job) => job.id === id);
  assert.equal(edges(tasks.slice(0, -1)), edges(left.map(({ id, needs }) => ({ id, needs: needs.filter(isLeft) }))));
});

test("arrays are not longer than Slurm takes, and ask for what their jobs need", () => {
  const many = Array.from({ length: 2500 }, (_, i) => ({
    name: `simulation.replica.${i}`,
    kind: "simulation",
    needs: [],
    isDone: false,
    costs: [{ seconds: i, bytes: 2 ** 31 }],
  }));
  const machine = { threads: 3, needsGpu: true };
  const files = slurmFiles(place.plan(runJobs(many, { ...common(place.root), machine })));
  const scripts = Object.entries(files).filter(([name]) => /^slurm\/simulation_\d+\.sh$/.test(name));
  const lengths = scripts.map(([, text]) => Number(/--array=0-(\d+)/.exec(text)![1]) + 1);
  assert.equal(lengths, [1000, 1000, 500]);
  for (const line of ["--cpus-per-task=3", "--mem=3072M", "--gres=gpu:1", "--time=02:15:00"]) {
    assert.match(scripts[2]![1], `#SBATCH ${line}\n`);
  }
});

test.run();
