import { outputFolder } from "../../workflow/configuration/analysis.js";
import { commonOf, plannedSteps, readPlans, stepsOf } from "../../workflow/recipes/composition.js";
import { hasStep, passingSteps } from "../../workflow/store/step-store.js";
import { textTable } from "../../workflow/text-table.js";
import { openBackend } from "../command/backend.js";
import { compositionOf } from "../command/composition.js";
import type { VerbContext } from "../command/verb.js";

/** Letters of a key that tell steps apart. */
const SHOWN = 12;

/** The steps of a composition: which are done, and which `run` would do. */
export async function steps(context: VerbContext): Promise<void> {
  const { options, progress, signal, warn } = context;
  const analysis = await compositionOf(context);
  const folder = outputFolder(analysis, options.out);
  const backend = await openBackend(options, "f64");
  try {
    const common = commonOf(analysis, backend);
    const own = { analysis, store: passingSteps(common), common, backend, progress, signal, warn };
    const found: { name: string; key: string; state: "done" | "to do" }[] = [];
    for (const read of await readPlans(analysis, context)) {
      for (const { name, key } of stepsOf(plannedSteps(own, read))) {
        found.push({ name, key, state: (await hasStep(folder, name, key, progress)) ? "done" : "to do" });
      }
    }
    const rows = found.map(({ name, key, state }) => [name, state, key.slice(0, SHOWN)]);
    context.print(textTable([["step", "state", "key"], ...rows]));
    context.printJson({ folder, steps: found });
  } finally {
    await backend.close();
  }
}
