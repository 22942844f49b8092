/** A step whose key is the same gives the same, whatever of the configuration is changed: its body looks at nothing that the key has not. */
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { commonOf } from "../../../workflow/common-inputs.js";
import { visitSteps } from "../../../workflow/recipes/distribution-of-interest.js";
import { changesThatShow, type Repeated, repeatedStep } from "../../support/repeated-step.js";
import { type Analyses, BASE_NAMES, type Base, contextOf, openAnalyses } from "./repeated-steps.js";
import { type Case, REPEATED } from "./repeated-table.js";

let analyses: Analyses;
test.before(async () => {
  analyses = await openAnalyses();
});
test.after(() => analyses.close());

/** Does a step again with these changes, from what the base gave before it. */
async function repeat(base: Base, of: string, changes: readonly Case[]): Promise<Repeated> {
  const out = "again";
  rmSync(join(analyses.folder, out), { recursive: true, force: true });
  mkdirSync(join(analyses.folder, out));
  const set = changes.flatMap((own) => own.set);
  const done = new AbortController();
  const context = await contextOf(analyses, base, out, set, done.signal);
  const common = commonOf(context.analysis, analyses.backend);
  const { store, found } = repeatedStep(of, analyses.steps[base], common, () => done.abort());
  try {
    await visitSteps({ ...context, store });
  } catch (error) {
    if (!done.signal.aborted) throw error;
  }
  return found();
}

/** Changes of an analysis that leave a step as it is. */
const harmless = (base: Base, step: string): Case[] =>
  Object.values(REPEATED).flatMap((cases) =>
    cases.filter(
      ({ base: own = "files", repeated }) => own === base && repeated !== "refused" && !repeated.includes(step),
    ),
  );

for (const base of BASE_NAMES) {
  test(`of the analysis ${base}, every step gives the same with every change that does not repeat it`, async () => {
    const undeclared: string[] = [];
    for (const step of analyses.steps[base].keys()) {
      const changes = harmless(base, step);
      let same = 0;
      const onSame = (own: readonly Case[]) => (same += own.length);
      const found = await changesThatShow(changes, (own) => repeat(base, step, own), onSame);
      // Some changes make others of the steps before it, without which a step is not what it is.
      assert.ok(same > 0.8 * changes.length, `${step}: ${same} of ${changes.length} changes`);
      undeclared.push(...found.map(({ set }) => `${step}: ${set.join(" ")}`));
    }
    assert.equal(undeclared, []);
  });
}

test.run();
