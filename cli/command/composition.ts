/** Verbs on a composition: a file with `likelihoods`. */
import { join } from "node:path";
import { removeUnfinished, writeAtomic } from "../../io/index.js";
import { commonOf } from "../../workflow/common-inputs.js";
import { outputFolder } from "../../workflow/configuration/analysis.js";
import type { CompositionAnalysis } from "../../workflow/configuration/composition/composition-file.js";
import { loadComposition } from "../../workflow/configuration/composition/load-composition.js";
import { kindOfFile } from "../../workflow/configuration/kinds-of-file.js";
import { UsageError } from "../../workflow/errors.js";
import { sampleYields } from "../../workflow/events/sample-yields.js";
import { type Extent, readPlans, runComposition } from "../../workflow/recipes/composition.js";
import { chosenComposition } from "../../workflow/recipes/composition-steps.js";
import {
  leftOutText,
  noResultsText,
  requireDone,
  requireNoneFailed,
  stepsText,
} from "../../workflow/recipes/planned-steps.js";
import { compositionFrame, compositionPage } from "../../workflow/report/composition-page.js";
import { compositionNumbers, compositionResults } from "../../workflow/report/composition-results.js";
import { describeLikelihood } from "../../workflow/report/composition-text.js";
import { writeReport, writeResults } from "../../workflow/report/outcome-files.js";
import type { CompositionContext } from "../../workflow/steps/composition/context.js";
import { readTrainingSamples } from "../../workflow/steps/composition/training-samples.js";
import { sealed } from "../../workflow/store/checksum.js";
import { StepNotDone, watchedSteps } from "../../workflow/store/chosen-steps.js";
import { asOwner } from "../../workflow/store/folder-owner.js";
import { createOutputFolder, FIT_FILE } from "../../workflow/store/output-folder.js";
import { openSteps, passingSteps } from "../../workflow/store/step-store.js";
import { requirePassed, Verdicts, verdictLines } from "../../workflow/verdicts.js";
import type { OptionName, Options } from "./arguments.js";
import { openBackend } from "./backend.js";
import { parameterChanges } from "./parameter-changes.js";
import { isAlone } from "./step-choice.js";
import type { VerbContext } from "./verb.js";

/** Options that one kind of file has a use for, and whether they are given. */
const isGiven = {
  measurement: {
    nu: ({ nu }) => nu !== undefined,
    events: ({ events }) => events !== undefined,
    run: ({ run }) => run !== undefined,
    head: ({ head }) => head !== undefined,
    replica: ({ replica }) => replica !== undefined,
    mode: ({ mode }) => mode !== undefined,
    "toys-from": ({ toysFrom }) => toysFrom !== undefined,
  },
  composition: {
    fix: ({ fix }) => fix.length > 0,
    free: ({ free }) => free.length > 0,
    "set-parameter": ({ setParameter }) => setParameter.length > 0,
    limit: ({ limit }) => limit.length > 0,
    hs3: ({ hs3 }) => hs3,
  },
} as const satisfies Readonly<Record<string, Readonly<Partial<Record<OptionName, (options: Options) => boolean>>>>>;

const WHAT = {
  measurement: "a measurement with simulation",
  composition: "a composition (a file with `likelihoods`)",
} as const;

/** Whether the verb's file is one; options that are of the other kind of file are refused. */
export function isComposition({ operands, options }: VerbContext): boolean {
  const kind = kindOfFile(operands[0]!);
  const other = kind === "composition" ? "measurement" : "composition";
  const found = Object.entries(isGiven[other]).find(([, given]) => given(options))?.[0];
  if (found === undefined) return kind === "composition";
  const hint = hintOf(found, other);
  throw new UsageError(`--${found}`, { expected: WHAT[other], got: WHAT[kind], hint });
}

function hintOf(option: string, of: keyof typeof isGiven): string {
  if (option === "hs3") return "HS3 has formulas alone, and no flows";
  if (of === "composition") return "Use --set";
  if (option === "mode" || option === "toys-from") return "Leave it out: toys are drawn at the estimates, or at --at";
  return "Parameters take --set-parameter, --fix, --free and --limit";
}

/** The composition of the verb's file and options. */
export const compositionOf = ({ operands, options }: VerbContext): Promise<CompositionAnalysis> =>
  loadComposition(operands[0]!, { ...options, parameters: parameterChanges(options), yields: sampleYields });

/** Everything: results.json, arrays.npz, pictures and report.html in the output folder. */
export async function runWholeComposition(context: VerbContext): Promise<void> {
  const { options } = context;
  const analysis = await compositionOf(context);
  const folder = outputFolder(analysis, options.out);
  createOutputFolder(folder);
  if (options.part === "prepare") return prepare(context, analysis, folder);
  const own = async () => {
    await removeUnfinished(folder);
    await withResults(context, analysis, "whole", folder);
  };
  await (isAlone(options) ? asOwner(folder, context, own) : own());
}

/** Whether all that is read can be read. */
async function prepare(context: VerbContext, analysis: CompositionAnalysis, folder: string): Promise<void> {
  await readPlans(analysis, context);
  await readTrainingSamples(analysis, context);
  context.print(`Prepared: ${folder}`);
  context.printJson({ folder });
}

/** The fits alone, without a folder; --out keeps their results in fit.json. */
export async function fitComposition(context: VerbContext): Promise<void> {
  const { out } = context.options;
  const analysis = await compositionOf(context);
  if (out !== undefined) createOutputFolder(out);
  await withResults(context, analysis, "fit", out);
}

async function withResults(
  context: VerbContext,
  analysis: CompositionAnalysis,
  extent: Extent,
  folder: string | undefined,
): Promise<void> {
  const { options, progress, signal } = context;
  const backend = await openBackend(options, "f64");
  const warnings: string[] = [];
  const warn = (text: string) => {
    warnings.push(text);
    context.warn(text);
  };
  try {
    const common = commonOf(analysis, backend);
    const isKept = extent === "whole" && folder !== undefined;
    const { store, leftOut } = isKept
      ? await chosenComposition(
          await openSteps(folder, common, options.force, context),
          { analysis, backend },
          options,
          context,
        )
      : { store: passingSteps(common), leftOut: () => [] };
    const own = { analysis, store, common, backend, progress, signal, warn };
    if (options.part === "steps") return await doSteps(context, own);
    const outcome = await runComposition(own, extent, new Verdicts(warn));
    signal.throwIfAborted();
    if (leftOut().length > 0) warn(leftOutText(leftOut()));
    const results = isKept
      ? await writeResults(folder, compositionNumbers(analysis, backend, outcome, warnings))
      : sealed(compositionResults(analysis, backend, outcome, warnings));
    if (isKept) {
      const frame = compositionFrame(analysis, outcome, warnings, leftOut());
      await writeReport(folder, frame, compositionPage(analysis, outcome), warn);
    }
    if (!isKept && folder !== undefined) {
      await writeAtomic(join(folder, FIT_FILE), [`${JSON.stringify(results, undefined, 2)}\n`]);
    }
    for (const likelihood of outcome.likelihoods) context.print(`\n${describeLikelihood(likelihood)}`);
    context.print(`\n${verdictLines(outcome.verdicts, leftOut())}`);
    if (isKept) context.print(`\nReport: ${join(folder, "report.html")}`);
    context.printJson(results);
    if (options.part === "report") requireDone(leftOut(), true);
    requirePassed(analysis.configuration.name, outcome.verdicts);
  } catch (error) {
    if (!(error instanceof StepNotDone)) throw error;
    context.print(`\n${noResultsText(error)}`);
    context.printJson({ missing: error.step });
    if (options.part === "report") requireDone([error.step], false);
  } finally {
    await backend.close();
  }
}

/** Steps without results, beside other commands that do steps of the same run. */
async function doSteps(context: VerbContext, own: CompositionContext): Promise<void> {
  const verdicts = new Verdicts(own.warn);
  const { store, failed } = watchedSteps(own.store);
  try {
    await runComposition({ ...own, store }, "whole", verdicts);
  } catch (error) {
    // The likelihoods of others.
    if (!(error instanceof StepNotDone)) throw error;
  }
  context.signal.throwIfAborted();
  context.print(stepsText(verdicts.all));
  context.printJson({ failed, verdicts: verdicts.all });
  requireNoneFailed(failed);
  requirePassed("run --part steps", verdicts.all);
}
