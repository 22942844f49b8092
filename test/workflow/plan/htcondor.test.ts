/** The DAG for HTCondor as text: the language of DAGMan is small. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { condorFiles } from "../../../workflow/plan/htcondor.js";
import { runJobs } from "../../../workflow/plan/jobs.js";
import { common, edges, openPlace, STEPS, sampleJobs } from "./sample-plan.js";

const place = openPlace();
test.after(() => place.remove());

function read(text: string) {
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  const of = (word: string) => lines.flatMap((line) => (line.startsWith(`${word} `) ? [line.split(" ").slice(1)] : []));
  const known = new Set(["JOB", "VARS", "RETRY", "FINAL", "PARENT"]);
  for (const line of lines) assert.ok(known.has(line.split(" ")[0]!), line);
  return { nodes: of("JOB"), variables: of("VARS"), retries: of("RETRY"), final: of("FINAL"), parents: of("PARENT") };
}

test("every job is one node behind those that it needs, and is handed its own name; the report is the final node", () => {
  for (const jobs of Object.values(sampleJobs(place.root))) {
    const { nodes, variables, retries, final, parents } = read(condorFiles(place.plan(jobs))["plan.dag"]!);
    const ids = jobs.jobs.map(({ id }) => id);
    assert.equal(
      nodes,
      ids.map((id) => [id, "job.sub"]),
    );
    assert.equal(final, [[jobs.last.id, "job.sub"]]);
    assert.equal(
      variables.map(([id, job]) => [id, job]),
      [...ids, jobs.last.id].map((id) => [id, `job="${id}"`]),
    );
    assert.equal(
      retries,
      ids.map((id) => [id, "2", "UNLESS-EXIT", "2"]),
    );
    const found = parents.map((words) => {
      const child = words.indexOf("CHILD");
      return { id: words[child + 1]!, needs: words.slice(0, child) };
    });
    assert.equal(edges(found), edges(jobs.jobs));
  }
});

test("what is done is marked; a GPU is asked for where jobs compute there", () => {
  const steps = STEPS.map((step) => ({ ...step, isDone: step.name === "x.nominal" }));
  const files = condorFiles(
    place.plan(runJobs(steps, { ...common(place.root), machine: { threads: 1, needsGpu: true } })),
  );
  const done = read(files["plan.dag"]!).nodes.flatMap(([id, , mark]) => (mark === "DONE" ? [id] : []));
  assert.equal(done, ["prepare", "x_nominal"]);
  assert.match(files["job.sub"]!, /^request_gpus = 1$/m);
  assert.match(files["job.sub"]!, /^arguments = \$\(job\)$/m);
});

test.run();
