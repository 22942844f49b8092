import { dirname, join } from "node:path";
import { writeAtomic } from "../../io/index.js";
import { pullText } from "../../workflow/likelihood/constraint-pull.js";
import { degeneracyText } from "../../workflow/likelihood/covariance-summary.js";
import { requireFiniteDensities, verdictsAt } from "../../workflow/likelihood/event-checks.js";
import { describeFit } from "../../workflow/likelihood/fit-summary.js";
import { fitNuisances, fitSummary, responseNominal, summaryVerdicts } from "../../workflow/likelihood/nuisance-fit.js";
import { sealed } from "../../workflow/store/checksum.js";
import { createOutputFolder, FIT_FILE } from "../../workflow/store/output-folder.js";
import { restoreExport } from "../../workflow/store/replace-export.js";
import { requirePassed } from "../../workflow/verdicts.js";
import { fitComposition, isComposition } from "../command/composition.js";
import { likelihoodOf } from "../command/likelihood.js";
import { startOf } from "../command/point.js";
import type { VerbContext } from "../command/verb.js";

/** Minimises over ν with everything else frozen. */
export async function fit(context: VerbContext): Promise<void> {
  const { nu, out } = context.options;
  await restoreExport(dirname(context.operands[0]!));
  if (isComposition(context)) return fitComposition(context);
  if (out !== undefined) createOutputFolder(out);
  const open = await likelihoodOf(context, "f32", true);
  try {
    const start = (nu === undefined ? responseNominal(open) : undefined) ?? startOf(open.analysis, nu);
    await requireFiniteDensities(open, start, context.signal);
    const found = await fitNuisances(open, start, context.progress, context.signal);
    context.signal.throwIfAborted();
    const summary = await fitSummary(open, found);
    const verdicts = await verdictsAt(open, summary.estimate, context);
    verdicts.add(summaryVerdicts("fit", summary));
    const result = sealed({ ...summary, verdicts: verdicts.all, files: open.belongings });
    if (out !== undefined) {
      await writeAtomic(join(out, FIT_FILE), [`${JSON.stringify(result, undefined, 2)}\n`]);
    }
    context.print(describeFit(summary, open.analysis.configuration.truth));
    context.printJson(result);
    if (summary.problem !== null) context.warn(summary.problem);
    const doubt = summary.crossCheck?.doubt;
    if (doubt) context.warn(doubt);
    const degeneracy = degeneracyText(summary.names, summary);
    if (degeneracy) context.warn(degeneracy);
    const pulled = pullText(open.analysis.configuration, summary);
    if (pulled) context.warn(pulled);
    requirePassed("fit", verdicts.all);
  } finally {
    await open.close();
  }
}
