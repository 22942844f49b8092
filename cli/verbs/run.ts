import { join } from "node:path";
import { removeUnfinished } from "../../io/index.js";
import { type Analysis, outputFolder } from "../../workflow/configuration/analysis.js";
import { checkFiles, loadAnalysis } from "../../workflow/configuration/configuration.js";
import { looksAtY, type RunContext } from "../../workflow/context.js";
import { UsageError } from "../../workflow/errors.js";
import { describeFit } from "../../workflow/likelihood/fit-summary.js";
import { checkTrainable, type OpenContext, openContext } from "../../workflow/open-context.js";
import { runChain, trainSimulation, visitSteps } from "../../workflow/recipes/distribution-of-interest.js";
import { chosenRun } from "../../workflow/recipes/measurement-steps.js";
import {
  leftOutText,
  noResultsText,
  requireDone,
  requireNoneFailed,
  stepsText,
} from "../../workflow/recipes/planned-steps.js";
import { frameOf } from "../../workflow/report/measurement/analysis.js";
import { measurementNumbers, measurementPage } from "../../workflow/report/measurement/leaves.js";
import { PICTURES_FOLDER, writeReport, writeResults } from "../../workflow/report/outcome-files.js";
import { errorsOfFit } from "../../workflow/report/simulation-text.js";
import { checkEvents, requireLikelihood } from "../../workflow/steps/check-events.js";
import { fitOneReplica, replicaTraining } from "../../workflow/steps/fits/fit-chain.js";
import { judgeTrainings } from "../../workflow/steps/trainings/training-step.js";
import { StepNotDone, watchedSteps } from "../../workflow/store/chosen-steps.js";
import { asOwner } from "../../workflow/store/folder-owner.js";
import { createInside, createOutputFolder } from "../../workflow/store/output-folder.js";
import { unconvergedText } from "../../workflow/training-verdict.js";
import { fitVerdicts, requirePassed, Verdicts, verdictLines } from "../../workflow/verdicts.js";
import { openBackend } from "../command/backend.js";
import { isComposition, runWholeComposition } from "../command/composition.js";
import { checkChoice, isAlone } from "../command/step-choice.js";
import type { VerbContext } from "../command/verb.js";

/** The whole chain of an analysis: results.json, arrays.npz, pictures, report.html and the model, in the output folder. */
export async function run(context: VerbContext): Promise<void> {
  const { options, operands } = context;
  checkChoice(options);
  if (isComposition(context)) return runWholeComposition(context);
  const analysis = loadAnalysis(operands[0]!, options);
  checkTrainable(analysis);
  checkFiles(analysis);
  const folder = outputFolder(analysis, options.out);
  createOutputFolder(folder);
  const own = () => runIn(context, analysis, folder);
  await (isAlone(options) ? asOwner(folder, context, own) : own());
}

async function runIn(context: VerbContext, analysis: Analysis, folder: string): Promise<void> {
  const { options, signal } = context;
  await removeUnfinished(folder);
  await removeUnfinished(createInside(folder, PICTURES_FOLDER));
  const backend = await openBackend(options, "f32");
  const warnings: string[] = [];
  const reporter = {
    ...context,
    warn: (text: string) => {
      warnings.push(text);
      context.warn(text);
    },
  };
  try {
    const opened = await openContext({ analysis, folder, backend, isForced: options.force }, reporter);
    if (options.replica !== undefined) return await runReplica(context, opened, options.replica);
    if (options.part === "prepare") return await prepare(context, opened);
    if (options.part === "steps") return await doSteps(context, opened);
    const { context: runContext, leftOut } = await chosenRun(opened, options);
    const outcome = await runChain(runContext, warnings);
    signal.throwIfAborted();
    if (leftOut().length > 0) runContext.warn(leftOutText(leftOut()));
    const results = await writeResults(folder, measurementNumbers(runContext, outcome));
    const page = measurementPage(runContext, outcome);
    await writeReport(folder, frameOf(runContext, outcome, leftOut()), page, runContext.warn);
    for (const [name, { label, summary }] of Object.entries(outcome.fitted.fits)) {
      // The average counts each likelihood from its own minimum.
      const nllName = name === "averaged" ? "average of -ln L above the minima of the replicas" : "-ln L";
      const doubt = unconvergedText(name, outcome.verdicts);
      const text = describeFit(
        summary,
        analysis.configuration.truth,
        nllName,
        errorsOfFit(outcome.simulationErrors, name),
      );
      context.print(`\n${label}\n${text}${doubt && `\n${doubt}`}`);
    }
    context.print(`\n${verdictLines(outcome.verdicts, leftOut())}`);
    context.print(`\nReport: ${join(folder, "report.html")}`);
    context.printJson(results);
    if (options.part === "report") requireDone(leftOut(), true);
    requirePassed(outcome.best.label, outcome.verdicts);
  } catch (error) {
    if (!(error instanceof StepNotDone)) throw error;
    context.print(`\n${noResultsText(error)}`);
    context.printJson({ missing: error.step });
    if (options.part === "report") requireDone([error.step], false);
  } finally {
    await backend.close();
  }
}

/** What is there before any step: the checks of events, and data that are generated. */
async function prepare(context: VerbContext, runContext: RunContext): Promise<void> {
  const verdicts = new Verdicts(runContext.warn);
  await checkEvents(runContext, verdicts);
  context.print(`Prepared: ${runContext.folder}`);
  context.printJson({ folder: runContext.folder, verdicts: verdicts.all });
  requirePassed("run --part prepare", verdicts.all);
}

/** Steps without results, beside other commands that do steps of the same run. */
async function doSteps(context: VerbContext, opened: OpenContext): Promise<void> {
  const { context: chosen } = await chosenRun(opened, context.options);
  const { store, failed } = watchedSteps(chosen.store);
  const { all } = await visitSteps({ ...chosen, store });
  context.signal.throwIfAborted();
  context.print(stepsText(all));
  context.printJson({ failed, verdicts: all });
  requireNoneFailed(failed);
  requirePassed("run --part steps", all);
}

/** One replica of the ensemble and what it needs, for batch systems: `run` without --replica finds its steps done. */
async function runReplica(context: VerbContext, runContext: RunContext, index: number): Promise<void> {
  const { ensemble, transport } = runContext.analysis.configuration;
  if (index >= ensemble.replicas || !looksAtY(runContext) || !transport.enabled) {
    throw new UsageError("--replica", {
      expected: `one of the ${ensemble.replicas} replicas of T (ensemble.replicas), counted from 0`,
      got: `${index}`,
    });
  }
  const verdicts = new Verdicts(runContext.warn);
  const checks = await checkEvents(runContext, verdicts);
  const { model, keys } = await trainSimulation(runContext, checks, verdicts);
  await requireLikelihood(runContext, model);
  const { replica, fit, summary } = await fitOneReplica(runContext, model, keys, index);
  const label = `replica ${index}`;
  verdicts.add([...judgeTrainings(runContext, [replicaTraining(index, summary)]), ...fitVerdicts(label, fit)]);
  context.print(`replica ${index}, ${fit.status}: nu = ${replica.nu.map((value) => value.toFixed(5)).join(", ")}`);
  context.printJson({ index, nu: replica.nu, status: fit.status });
  requirePassed(label, verdicts.all);
}
