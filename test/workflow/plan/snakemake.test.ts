/** A Snakefile against the graph, as text and by Snakemake where it is installed. */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { runJobs } from "../../../workflow/plan/jobs.js";
import { writePlan } from "../../../workflow/plan/write-plan.js";
import { common, edges, HOSTILE, openPlace, STEPS, sampleJobs } from "./sample-plan.js";

const place = openPlace();
test.after(() => place.remove());
const jobs = sampleJobs(place.root).run;
const file = join(place.folder, "Snakefile");

/** Rules with their inputs. */
const rulesOf = (text: string) =>
  text
    .split(/^rule /m)
    .slice(1)
    .map((rule) => {
      const [, id = ""] = /^(\w+):/.exec(rule) ?? [];
      const [, inputs = ""] = /^ {4}input:\n((?: {8}.*\n)+)/m.exec(rule) ?? [];
      return { id, needs: [...inputs.matchAll(/"done\/(\w+)"/g)].map(([, need]) => need!), rule };
    });

test("every job is one rule, behind those that it needs, and marks that it is done; the report is behind all", async () => {
  await writePlan(place.plan(jobs), "snakemake");
  const text = readFileSync(file, "utf8");
  const [all, ...rules] = rulesOf(text);
  assert.equal(all!.needs, [jobs.last.id]);
  assert.equal(rules.map(({ id }) => id).sort(), [...jobs.jobs, jobs.last].map(({ id }) => id).sort());
  assert.equal(edges(rules.filter(({ id }) => id !== jobs.last.id)), edges(jobs.jobs));
  assert.equal(
    rules.find(({ id }) => id === jobs.last.id)!.needs,
    jobs.jobs.map(({ id }) => id),
  );
  for (const { id, rule } of rules) {
    assert.match(rule, `touch("done/${id}")`);
    assert.match(rule, `"sh jobs.sh ${id} > logs/${id}.log 2>&1`);
    assert.match(rule, /mem_mb=4096, runtime=\d+\n/);
    assert.is(rule.includes("retries: 2"), id !== jobs.last.id);
  }
  // What Snakemake 8 took away is not there.
  assert.not.match(text, /\b(?:dynamic|subworkflow|version:)/);
});

test("markers are those of the jobs that are done, of one time", async () => {
  const marked = async (...done: readonly string[]) => {
    const steps = STEPS.map((step) => ({ ...step, isDone: done.includes(step.name) }));
    await writePlan(place.plan(runJobs(steps, common(place.root))), "snakemake");
    return readdirSync(join(place.folder, "done")).sort();
  };
  assert.equal(await marked("x.nominal", "impacts"), ["impacts", "prepare", "x_nominal"]);
  const times = ["impacts", "prepare", "x_nominal"].map((id) => statSync(join(place.folder, "done", id)).mtimeMs);
  assert.is(new Set(times).size, 1);
  assert.equal(await marked("x.nominal"), ["prepare", "x_nominal"]);
  assert.equal(await marked(), []);
});

const version = spawnSync("snakemake", ["--version"], { encoding: "utf8" }).stdout;
if (!version) {
  console.log("skip: no snakemake here: apt-get install --no-install-recommends snakemake");
} else {
  const snakemake = (...words: readonly string[]) =>
    spawnSync("snakemake", ["--snakefile", file, "--cores", "1", "--nocolor", ...words], {
      encoding: "utf8",
      cwd: "/",
    });

  const jobs = runJobs(STEPS.slice(0, 3), common(place.root));

  test(`Snakemake ${version.trim()} runs every job once; after a failure it makes the report, and then what is left`, async () => {
    await writePlan(place.plan(jobs), "snakemake");
    rmSync(join(place.root, "words"), { force: true });
    place.ends(5);
    const failed = snakemake("--keep-going");
    assert.is(failed.status, 1);
    const words = () => readFileSync(join(place.root, "words"), "utf8");
    // The first job three times, and the report.
    assert.equal([words().split("\0prepare\0").length - 1, words().split("\0report\0").length - 1], [3, 1]);
    assert.not.ok(existsSync(join(place.folder, "done", "report")));
    place.ends(4);
    rmSync(join(place.root, "words"));
    const { status, stderr } = snakemake();
    assert.is(status, 0, stderr);
    const all = [...jobs.jobs, jobs.last];
    assert.equal(words().split("\0").slice(0, -1).sort(), all.flatMap((job) => job.words).sort());
    assert.equal(readdirSync(join(place.folder, "done")).sort(), all.map(({ id }) => id).sort());
    assert.not.ok(readdirSync(place.folder).includes("pwned"));
    assert.ok(words().includes(HOSTILE));
  });

  test("a report that finds something missing makes every job look again", async () => {
    rmSync(join(place.folder, "done", "report"));
    place.ends(1);
    assert.is(snakemake().status, 1);
    // Snakemake takes empty folders away.
    assert.equal(existsSync(join(place.folder, "done")) ? readdirSync(join(place.folder, "done")) : [], []);
  });
}

test.run();
