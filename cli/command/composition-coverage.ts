/** `coverage` of a composition: a file with `likelihoods`. */
import { removeUnfinished } from "../../io/index.js";
import { commonOf } from "../../workflow/common-inputs.js";
import { outputFolder } from "../../workflow/configuration/analysis.js";
import {
  compositionToyFolder,
  runCompositionToys,
  summariseCompositionToys,
} from "../../workflow/recipes/composition-coverage.js";
import { describeCoverage } from "../../workflow/report/coverage-text.js";
import { COVERAGE_FOLDER, createInside, createOutputFolder } from "../../workflow/store/output-folder.js";
import { openSteps } from "../../workflow/store/step-store.js";
import { requirePassed } from "../../workflow/verdicts.js";
import { openBackend, threadsBeside } from "./backend.js";
import { compositionOf } from "./composition.js";
import { toyPoint } from "./parameter-changes.js";
import { doneText, requireToys, type ToysToDo, toyStore, withoutSteps } from "./toys-to-do.js";
import type { VerbContext } from "./verb.js";
import { wantsWide } from "./wide.js";

/** Of so many parameters the pairs are printed; coverage.json has them all. */
const MOST_PAIRED = 4;

export async function coverComposition(context: VerbContext, { wanted, expected }: ToysToDo): Promise<void> {
  const { options, progress, signal, warn } = context;
  const analysis = await compositionOf(context);
  const at = toyPoint(options);
  const folder = outputFolder(analysis, options.out);
  createOutputFolder(folder);
  const toyFolder = createInside(folder, COVERAGE_FOLDER, compositionToyFolder(options.at));
  await removeUnfinished(folder);
  const backend = await openBackend(options, "f64");
  try {
    const common = commonOf(analysis, backend);
    // The toys are what --force repeats; the fit of the data is kept.
    const store = await openSteps(folder, common, false, context);
    const own = { analysis, store: toyStore(store, options), common, backend, progress, signal, warn };
    const { all, verdicts } = await runCompositionToys(own, {
      at,
      folder: toyFolder,
      wanted,
      isForced: options.force,
      threads: threadsBeside(backend, options),
      wide: wantsWide(),
    });
    if (expected === undefined) {
      for (const { folder: own } of all) context.print(doneText(own, wanted));
      return;
    }
    const { result, file } = await summariseCompositionToys(own, all, toyFolder, verdicts, expected);
    for (const { name, withoutErrors, missing, ...coverage } of result.likelihoods) {
      const pairs = coverage.nuisances.length > MOST_PAIRED ? [] : coverage.pairs;
      context.print(describeCoverage(`likelihood ${name}`, { ...coverage, pairs }, withoutErrors, missing));
    }
    context.print(file);
    context.printJson(result);
    for (const { missing } of result.likelihoods) requireToys(expected, missing);
    requirePassed("coverage", result.verdicts);
  } catch (error) {
    throw withoutSteps(error);
  } finally {
    await backend.close();
  }
}
