/** Coverage by toy experiments: run those that are missing, then say how often the intervals contained the truth. */
import { removeUnfinished } from "../../io/index.js";
import { outputFolder } from "../../workflow/configuration/analysis.js";
import { checkFiles, loadAnalysis } from "../../workflow/configuration/configuration.js";
import { checkTrainable, openContext } from "../../workflow/open-context.js";
import { runToys, summariseToys, toyFolderName, toySource } from "../../workflow/recipes/coverage.js";
import { describeCoverage, describePoints, describeSamples } from "../../workflow/report/coverage-text.js";
import { COVERAGE_FOLDER, createInside, createOutputFolder } from "../../workflow/store/output-folder.js";
import { requirePassed } from "../../workflow/verdicts.js";
import { lanesBeside, openBackend } from "../command/backend.js";
import { isComposition } from "../command/composition.js";
import { coverComposition } from "../command/composition-coverage.js";
import { drawnAt } from "../command/point.js";
import { doneText, requireToys, toyStore, toysToDo, withoutSteps } from "../command/toys-to-do.js";
import type { VerbContext } from "../command/verb.js";

export async function coverage(context: VerbContext): Promise<void> {
  const { options, operands } = context;
  if (isComposition(context)) return coverComposition(context, toysToDo(context));
  const analysis = loadAnalysis(operands[0]!, options);
  checkTrainable(analysis);
  checkFiles(analysis);
  const { wanted, expected } = toysToDo(context);
  const folder = outputFolder(analysis, options.out);
  createOutputFolder(folder);
  const mode = options.mode ?? "full";
  const at = drawnAt(analysis, options.at);
  const source = toySource(analysis, { mode, wanted: options.toysFrom, at });
  const toyFolder = createInside(folder, COVERAGE_FOLDER, toyFolderName(mode, source, options.at));
  await removeUnfinished(folder);
  await removeUnfinished(toyFolder);
  const backend = await openBackend(options, "f32");
  try {
    // The toys are what --force repeats; what they share is kept.
    const opened = await openContext({ analysis, folder, backend, isForced: false }, context);
    const runContext = { ...opened, store: toyStore(opened.store, options) };
    const { plan, verdicts } = await runToys(runContext, {
      mode,
      source,
      at,
      folder: toyFolder,
      wanted,
      isForced: options.force,
      ...lanesBeside(backend, options),
    });
    if (expected === undefined) return context.print(doneText(toyFolder, wanted));
    const { result, file } = await summariseToys(plan, toyFolder, verdicts, expected);
    for (const { label, withoutErrors, ...own } of result.fits) {
      context.print(describeCoverage(label, own, withoutErrors, result.missing) + describePoints(own));
    }
    if (source === "samples") context.print(describeSamples(plan.points));
    context.print(file);
    context.printJson(result);
    requireToys(expected, result.missing);
    requirePassed("coverage", verdicts.all);
  } catch (error) {
    throw withoutSteps(error);
  } finally {
    await backend.close();
  }
}
