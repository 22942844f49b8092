import { join } from "node:path";
import { writeAtomic } from "../../io/index.js";
import { describeFit, fitNuisances, fitSummary, responseCentre } from "../nuisance-fit.js";
import { openLikelihood, pointOf } from "../open-likelihood.js";
import { createOutputFolder } from "../output-folder.js";
import type { VerbContext } from "../verb.js";

/** Minimises over ν with everything else frozen. */
export async function fit(context: VerbContext): Promise<void> {
  const { nu, out } = context.options;
  if (out !== undefined) createOutputFolder(out);
  const open = await openLikelihood(context, "f32", true);
  try {
    const start = (nu === undefined ? responseCentre(open) : undefined) ?? pointOf(open.analysis, nu);
    const summary = await fitSummary(open, await fitNuisances(open, start, context.progress, context.signal));
    if (out !== undefined) {
      await writeAtomic(join(out, "fit.json"), [`${JSON.stringify(summary, undefined, 2)}\n`]);
    }
    if (summary.status !== "converged") context.warn(summary.reason);
    context.print(describeFit(summary, open.analysis.configuration.truth));
    context.printJson(summary);
  } finally {
    await open.close();
  }
}
