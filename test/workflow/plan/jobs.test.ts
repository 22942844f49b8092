/** Jobs against the graph of the steps: every step once, every need kept, every command one of ours. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { parseArguments } from "../../../cli/command/arguments.js";
import { VERBS } from "../../../cli/command/verb-table.js";
import type { Job } from "../../../workflow/plan/job.js";
import { option, type PlanStep, runJobs, toyJobs } from "../../../workflow/plan/jobs.js";
import { common, edges, HOSTILE, MACHINE, STEPS, sampleJobs, TOYS } from "./sample-plan.js";

const FOLDER = "/a place";
const { run, toys } = sampleJobs(FOLDER);

/** Steps by the ids of their jobs. */
const jobOf = (jobs: readonly Job[], step: string) => jobs.find(({ does }) => does.includes(step))!.id;

test("every step is in one job, and a job needs the jobs of what its steps need, and no others", () => {
  const steps = run.jobs.slice(1).flatMap(({ does }) => does);
  assert.equal([...steps].sort(), STEPS.map(({ name }) => name).sort());
  const expected = STEPS.flatMap(({ name, needs }) => {
    const own = jobOf(run.jobs, name);
    const others = needs.map((need) => jobOf(run.jobs, need)).filter((need) => need !== own);
    const before = STEPS.filter((one) => jobOf(run.jobs, one.name) === own).every(({ needs: all }) => all.length === 0);
    return (before ? ["prepare"] : others).map((need) => `${need} > ${own}`);
  });
  assert.equal(edges(run.jobs), [...new Set(expected)].sort());
  assert.equal(
    run.jobs.filter(({ kind }) => kind === "replica").map(({ does }) => does.length),
    [3, 3, 3],
  );
});

test("each job stands behind those that it needs; ids are names everywhere, and differ by more than case", () => {
  for (const { jobs, last } of [run, toys]) {
    const seen = new Set<string>();
    for (const { id, needs } of [...jobs, last]) {
      assert.match(id, /^[A-Za-z]\w{0,50}$/);
      for (const need of needs) assert.ok(seen.has(need), `${id} needs ${need}`);
      assert.not.ok(seen.has(id));
      seen.add(id);
    }
    assert.is(new Set([...seen].map((id) => id.toLowerCase())).size, jobs.length + 1);
  }
});

test("every command is one that the program takes, and says what it should", () => {
  for (const { jobs, last } of [run, toys]) {
    for (const { words, does, kind } of [...jobs, last]) {
      const { verb, operands, options, given } = parseArguments(words);
      assert.equal(operands, [common(FOLDER).file]);
      for (const name of given) assert.ok(VERBS[verb!]!.options.includes(name), `${verb} --${name}`);
      assert.equal([options.out, options.seed, options.set], ["/a place/out", 3, [`output=${HOSTILE}`]]);
      if (kind === "toys" || verb === "coverage") assert.is(options.at, "-1");
      else if (kind === "prepare" || kind === "report") assert.is(options.part, kind);
      else {
        assert.is(options.part, "steps");
        // Names have no commas: the program divides them there.
        assert.equal(
          options.only,
          does
            .join(",")
            .split(",")
            .map((name) => name.trim()),
        );
      }
    }
  }
  assert.equal(parseArguments(["run", ...option("only", "--force")]).options.only, ["--force"]);
});

test("toys are in one job each, and all wait for every step that they share", () => {
  const numbers = toys.jobs
    .filter(({ kind }) => kind === "toys")
    .flatMap(({ words, needs }) => {
      assert.equal(
        [...needs].sort(),
        STEPS.slice(0, 4)
          .map(({ name }) => jobOf(toys.jobs, name))
          .sort(),
      );
      const { first, last } = parseArguments(words).options.toys!;
      return Array.from({ length: last - first + 1 }, (_, i) => first + i);
    });
  assert.equal(
    numbers,
    Array.from({ length: TOYS }, (_, i) => i),
  );
  const { aggregate, toys: all } = parseArguments(toys.last.words).options;
  assert.equal([aggregate, all], [true, { first: 0, last: TOYS - 1, isPart: false }]);
  const alone = toyJobs([], common(FOLDER), { toys: 3, perJob: 2, origin: [], missing: new Set([2]), cost: undefined });
  assert.equal(edges(alone.jobs), ["prepare > toys_0_1", "prepare > toys_2_2"]);
  assert.equal(
    alone.jobs.map(({ isDone }) => isDone),
    [false, true, false],
  );
});

test("what is done is known: a job where all of it is", () => {
  const done = new Set(["x.nominal", "replica.0", "fit.x.replica.0", "fit.x.replica.1", "fit.fixed.replica.0"]);
  const steps = STEPS.map((step): PlanStep => ({ ...step, isDone: done.has(step.name) }));
  const found = runJobs(steps, common(FOLDER)).jobs.flatMap(({ id, isDone }) => (isDone ? [id] : []));
  assert.equal(found, ["prepare", "x_nominal", "replica_0"]);
});

test("time and memory follow what was measured, and toys fill jobs of a quarter of an hour", () => {
  const cost = { seconds: 1000, bytes: 8 * 2 ** 30 };
  const measured = runJobs(
    STEPS.map((step) => ({ ...step, costs: [cost] })),
    common(FOLDER),
  );
  const of = (id: string) => measured.jobs.find((job) => job.id === id)!.resources;
  assert.equal(of("x_nominal"), { ...MACHINE, seconds: 3600, megabytes: 12_288 });
  // Three steps one after another.
  assert.equal(of("replica_0"), { ...MACHINE, seconds: 9600, megabytes: 12_288 });
  assert.is(measured.last.resources.megabytes, 12_288);
  const none = new Set<number>();
  const sizes = (seconds: number | undefined, all: number) =>
    toyJobs([], common(FOLDER), {
      toys: all,
      perJob: undefined,
      origin: [],
      missing: none,
      cost: seconds === undefined ? undefined : { seconds, bytes: 0 },
    }).jobs.length - 1;
  assert.equal([sizes(9, 1000), sizes(900, 30), sizes(undefined, 95), sizes(900, 100_000)], [10, 30, 10, 500]);
});

test.run();
