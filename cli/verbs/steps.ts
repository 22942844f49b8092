import { outputFolder } from "../../workflow/configuration/analysis.js";
import { commonOf, plannedSteps, readPlans, stepsOf } from "../../workflow/recipes/composition.js";
import { withKeys } from "../../workflow/recipes/composition-trainings.js";
import { plannedTrainings } from "../../workflow/steps/composition/trainings.js";
import type { LazyStep } from "../../workflow/store/lazy-step.js";
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
    const trainings = await plannedTrainings(own);
    const found: { name: string; key: string; state: "done" | "to do" }[] = [];
    const add = async (steps: readonly Pick<LazyStep<unknown>, "name" | "key">[]) => {
      for (const { name, key } of steps) {
        found.push({ name, key, state: (await hasStep(folder, name, key, progress)) ? "done" : "to do" });
      }
    };
    await add(trainings);
    for (const read of await readPlans(analysis, context)) {
      await add(stepsOf(plannedSteps(withKeys(own, trainings), read)));
    }
    const rows = found.map(({ name, key, state }) => [name, state, key.slice(0, SHOWN)]);
    context.print(textTable([["step", "state", "key"], ...rows]));
    context.printJson({ folder, steps: found });
  } finally {
    await backend.close();
  }
}
