import { outputFolder } from "../../workflow/configuration/analysis.js";
import { checkFiles, loadAnalysis } from "../../workflow/configuration/configuration.js";
import { checkTrainable } from "../../workflow/open-context.js";
import { compositionSteps } from "../../workflow/recipes/composition-steps.js";
import { measurementSteps } from "../../workflow/recipes/measurement-steps.js";
import { textTable } from "../../workflow/text-table.js";
import { openBackend } from "../command/backend.js";
import { compositionOf, isComposition } from "../command/composition.js";
import type { VerbContext } from "../command/verb.js";

/** Letters of a key that tell steps apart. */
const SHOWN = 12;

/** The steps of an analysis: which are done, and which `run` would do. */
export async function steps(context: VerbContext): Promise<void> {
  const { folder, rows } = await stepsOf(context);
  const shown = rows.map(({ name, kind, state, key }) => [name, kind, state, key?.slice(0, SHOWN) ?? ""]);
  context.print(textTable([["step", "kind", "state", "key"], ...shown]));
  context.printJson({ folder, steps: rows });
}

async function stepsOf(context: VerbContext) {
  const { options, operands } = context;
  const isOfParts = isComposition(context);
  const backend = await openBackend(options, isOfParts ? "f64" : "f32");
  try {
    if (isOfParts) {
      const analysis = await compositionOf(context);
      const folder = outputFolder(analysis, options.out);
      return { folder, rows: await compositionSteps({ analysis, folder, backend }, context) };
    }
    const analysis = loadAnalysis(operands[0]!, options);
    checkTrainable(analysis);
    checkFiles(analysis);
    const folder = outputFolder(analysis, options.out);
    return { folder, rows: await measurementSteps({ analysis, folder, backend }, context) };
  } finally {
    await backend.close();
  }
}
