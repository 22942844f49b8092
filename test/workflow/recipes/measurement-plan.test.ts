/** The plan of a measurement against what its runs do: on an analysis of files, with an ensemble, and on one of the toy. */
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { loadAnalysis } from "../../../workflow/configuration/configuration.js";
import { openContext } from "../../../workflow/open-context.js";
import { measurementPlan, plannedName } from "../../../workflow/recipes/measurement-plan.js";
import { withFollowers } from "../../../workflow/recipes/planned-steps.js";
import { type Analyses, type Base, openAnalyses, stepsBehind } from "../steps/repeated-steps.js";

let analyses: Analyses;
test.before(async () => {
  analyses = await openAnalyses();
});
test.after(() => analyses.close());

async function planOf(base: Base, ...set: readonly string[]) {
  const { folder, backend } = analyses;
  const progress = { begin: () => ({ update() {}, done() {} }), note() {} };
  const reporter = { progress, warn() {}, signal: new AbortController().signal };
  const analysis = loadAnalysis(join(folder, `${base}.yaml`), { set });
  return measurementPlan(
    await openContext({ analysis, folder: join(folder, base), backend, isForced: false }, reporter),
  );
}

for (const base of ["files", "toy"] as const) {
  test(`${base}: the plan has the steps that a run does, and each behind those that it needs`, async () => {
    const plan = await planOf(base);
    const names = plan.map(({ name }) => name);
    const done = [...new Set([...analyses.steps[base].keys()].map(plannedName))];
    assert.equal([...names].sort(), done.sort());
    for (const [i, { name, needs }] of plan.entries()) {
      for (const need of needs) assert.ok(names.indexOf(need) < i && names.includes(need), `${name} needs ${need}`);
    }
  });
}

test("whatever morph the samples decide on is that of the stage", () => {
  const kinds = ["simple", "simple-quadratic", "simple-spline", "residual", "residual-quadratic", "residual-spline"];
  for (const kind of [...kinds, "quadratic", "quadratic-part"]) {
    assert.is(plannedName(`x.morph.${kind}.a`), "x.morph.single.a", kind);
  }
});

test("what a step's numbers and key change is planned behind it", async () => {
  const plan = await planOf("files");
  const all = [...analyses.steps.files.keys()];
  let found = 0;
  for (const name of all.filter((own) => !/(simple|residual)/.test(own))) {
    const planned = withFollowers(plan, [plannedName(name)]);
    const behind = (await stepsBehind(analyses, "files", name)).map(plannedName);
    assert.equal(
      behind.filter((own) => !planned.has(own)),
      [],
      name,
    );
    found += behind.length;
  }
  assert.ok(found > 100, `${found} steps behind others`);
});

test("what is not asked for is not planned", async () => {
  const names = async (...set: readonly string[]) => (await planOf("files", ...set)).map(({ name }) => name);
  const ofX = await names("likelihood.observables=[x]", "impacts.enabled=false");
  assert.equal(
    ofX.filter((name) => !name.startsWith("x.")),
    ["closure", "fit.x", "simulation.error.xAlone", "closure.x", "projections", "scans.xAlone", "bands", "sensitivity"],
  );
  const conditional = await names("likelihood.form=conditional", "ensemble.replicas=0", "response.enabled=false");
  assert.equal(
    conditional.filter((name) => /^(fit|transport|response|replica|scans|closure)/.test(name)),
    ["closure", "transport", "fit.fixed", "closure.y", "scans.fixed"],
  );
  const withoutT = await names("transport.enabled=false");
  assert.equal(
    withoutT.filter((name) => /^(fit|transport|response|displacements|closure|scans)/.test(name)),
    ["closure", "fit.x", "fit.fixed", "closure.y", "scans.fixed"],
  );
  const replicas = await names("simulation.replicas=2");
  assert.equal(
    replicas.filter((name) => name.startsWith("simulation")),
    ["simulation.replica.0", "simulation.replica.1"],
  );
});

test.run();
