import { join } from "node:path";
import { writeAtomic } from "../../io/index.js";
import { sealed } from "../checksum.js";
import { NotConverged } from "../messages.js";
import { describeFit, fitNuisances, fitSummary, responseCentre } from "../nuisance-fit.js";
import { openLikelihood, pointOf } from "../open-likelihood.js";
import { createOutputFolder } from "../output-folder.js";
import { FIT_FILE } from "../saved-fit.js";
import type { VerbContext } from "../verb.js";

/** Minimises over ν with everything else frozen. */
export async function fit(context: VerbContext): Promise<void> {
  const { nu, out } = context.options;
  if (out !== undefined) createOutputFolder(out);
  const open = await openLikelihood(context, "f32", true);
  try {
    const start = (nu === undefined ? responseCentre(open) : undefined) ?? pointOf(open.analysis, nu);
    const found = await fitNuisances(open, start, context.progress, context.signal);
    context.signal.throwIfAborted();
    const summary = sealed({ ...(await fitSummary(open, found)), files: open.belongings });
    if (out !== undefined) {
      await writeAtomic(join(out, FIT_FILE), [`${JSON.stringify(summary, undefined, 2)}\n`]);
    }
    context.print(describeFit(summary, open.analysis.configuration.truth));
    context.printJson(summary);
    if (summary.status !== "converged") throw new NotConverged("fit", summary);
    if (summary.problem !== null) context.warn(summary.problem);
    const doubt = summary.crossCheck?.doubt;
    if (doubt) context.warn(doubt);
  } finally {
    await open.close();
  }
}
