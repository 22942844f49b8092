import { join } from "node:path";
import { writeNpz } from "../../io/index.js";
import { outputFolder } from "../../workflow/configuration/analysis.js";
import { NotConverged } from "../../workflow/errors.js";
import { requireFiniteDensities, verdictsAt } from "../../workflow/likelihood/event-checks.js";
import { describeFit } from "../../workflow/likelihood/fit-summary.js";
import { leveled } from "../../workflow/likelihood/level.js";
import {
  fitNuisances,
  fitSummary,
  objectiveOf,
  responseNominal,
  summaryVerdicts,
} from "../../workflow/likelihood/nuisance-fit.js";
import {
  hasEveryError,
  NO_SCANS,
  scanArrays,
  scanLabel,
  scanPlan,
  scanProblems,
  scans,
} from "../../workflow/likelihood/nuisance-scan.js";
import { scanPictures } from "../../workflow/report/scan-pictures.js";
import { drawAll, writePictures } from "../../workflow/store/drawings.js";
import { createOutputFolder } from "../../workflow/store/output-folder.js";
import { requirePassed } from "../../workflow/verdicts.js";
import { likelihoodOf } from "../command/likelihood.js";
import { startOf } from "../command/point.js";
import type { VerbContext } from "../command/verb.js";

/** Scans -2ΔlnL around the best fit: an npz file with the numbers, a picture of each scan. */
export async function scan(context: VerbContext): Promise<void> {
  const open = await likelihoodOf(context, "f32", true);
  try {
    const { configuration } = open.analysis;
    const folder = outputFolder(open.analysis, context.options.out ?? context.options.run);
    createOutputFolder(folder);
    const start = responseNominal(open) ?? startOf(open.analysis, undefined);
    await requireFiniteDensities(open, start, context.signal);
    const fit = await fitNuisances(open, start, context.progress, context.signal);
    context.signal.throwIfAborted();
    const summary = await fitSummary(open, fit);
    context.print(describeFit(summary, configuration.truth));
    const verdicts = await verdictsAt(open, summary.estimate, context);
    verdicts.add(summaryVerdicts("fit", summary));
    if (!hasEveryError(fit)) {
      context.warn(NO_SCANS);
      context.printJson({ fit: summary, single: [], pairs: [], verdicts: verdicts.all, files: [] });
      throw new NotConverged("fit", summary);
    }
    const plan = scanPlan(open, fit, summary);
    const raw = await scans(open, objectiveOf(open), fit, plan, context.progress, context.signal);
    const found = leveled(raw, summary, fit.covariance);
    context.signal.throwIfAborted();
    for (const problem of scanProblems(found)) context.warn(problem);
    verdicts.add(found.verdicts);
    await writeNpz(join(folder, "scan.npz"), scanArrays(found));
    const scanned = { name: "fit", label: scanLabel(summary), summary, found };
    const drawings = () => scanPictures(open.analysis, open.events.data.count, [scanned]);
    const pictures = drawAll([{ name: "scan", drawings }], context.warn);
    const files = [join(folder, "scan.npz"), ...(await writePictures(folder, pictures))];
    context.print(files.join("\n"));
    context.printJson({ fit: summary, ...found, verdicts: verdicts.all, files });
    requirePassed("scan", verdicts.all);
  } finally {
    await open.close();
  }
}
