/** Coverage by toy experiments: run those that are missing, then say how often the intervals contained the truth. */
import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { Backend } from "../../engine/runtime/backend.js";
import { type Coverage, coverageOf } from "../../inference/statistics/toys/coverage.js";
import { removeUnfinished, writeAtomic } from "../../io/index.js";
import { nuisanceNames, outputFolder } from "../../workflow/configuration/analysis.js";
import { checkFiles, loadAnalysis } from "../../workflow/configuration/configuration.js";
import type { RunContext } from "../../workflow/context.js";
import { UsageError } from "../../workflow/errors.js";
import { requirePassed } from "../../workflow/events/data-verdicts.js";
import { checkTrainable, openContext } from "../../workflow/open-context.js";
import { trainSimulation } from "../../workflow/recipes/distribution-of-interest.js";
import { describeCoverage } from "../../workflow/report/coverage-text.js";
import { checkEvents, type RunChecks, requireLikelihood } from "../../workflow/steps/check-events.js";
import { fitModel } from "../../workflow/steps/fit-chain.js";
import { planKey, runToy, type ToyMode, type ToyPlan, truthOf } from "../../workflow/steps/toys.js";
import { createInside, createOutputFolder } from "../../workflow/store/output-folder.js";
import { readToy, saveToy, type ToyRecord, toysIn } from "../../workflow/store/toy-files.js";
import { openBackend } from "../command/backend.js";
import type { VerbContext } from "../command/verb.js";

export async function coverage(context: VerbContext): Promise<void> {
  const { options, operands, signal } = context;
  const analysis = loadAnalysis(operands[0]!, options);
  checkTrainable(analysis);
  checkFiles(analysis);
  const wanted = wantedToys(context);
  const folder = outputFolder(analysis, options.out);
  createOutputFolder(folder);
  const mode = options.mode ?? "full";
  const toyFolder = createInside(folder, "coverage", mode);
  await removeUnfinished(folder);
  await removeUnfinished(toyFolder);
  const backend = await openBackend(options, "f32");
  try {
    // The toys are what --force repeats; what they share is kept.
    const runContext = await openContext({ analysis, folder, backend, isForced: false }, context);
    const checks = await checkEvents(runContext);
    const plan = await openPlan(runContext, mode, checks);
    signal.throwIfAborted();
    const isDone = async (toy: number) => !options.force && (await readToy(toyFolder, toy, plan.key)) !== undefined;
    const missing: number[] = [];
    for (const toy of wanted) if (!(await isDone(toy))) missing.push(toy);
    await runToys(context, plan, toyFolder, missing);
    if (options.toy !== undefined)
      return context.print(`toy ${options.toy}: ${join(toyFolder, `${options.toy}.json`)}`);
    await summarise(context, plan, toyFolder);
    requirePassed("coverage", checks.verdicts);
  } finally {
    await backend.close();
  }
}

/** Numbers of the toys to have. */
function wantedToys({ options }: VerbContext): number[] {
  const { toys, toy, aggregate } = options;
  const given = [toys !== undefined, toy !== undefined, aggregate].filter(Boolean).length;
  if (given !== 1) {
    throw new UsageError("unbinned coverage", {
      expected: "one of --toys N, --toy I and --aggregate",
      got: given === 0 ? "none" : "several",
      hint: "--toys runs those that are missing and sums up; --toy runs a single one; --aggregate only sums up",
    });
  }
  if (toy !== undefined) return [toy];
  return Array.from({ length: toys ?? 0 }, (_, i) => i);
}

async function openPlan(runContext: RunContext, mode: ToyMode, checks: RunChecks): Promise<ToyPlan> {
  const { model, key } = await trainSimulation(runContext, checks);
  const isGenerated = runContext.analysis.configuration.data.generator !== undefined;
  const isMeasured = mode === "data" || !isGenerated;
  if (isMeasured) await requireLikelihood(runContext, model);
  const measured = isMeasured ? await fitModel(runContext, model, key) : undefined;
  const best = measured?.fits.profiled ?? measured?.fits.fixed ?? measured?.fits.xAlone;
  return {
    context: runContext,
    mode,
    simulated: model,
    fitted: measured?.model,
    truth: truthOf(runContext, best?.summary.estimate),
    key: planKey(runContext, mode, measured?.key ?? key),
  };
}

/** As many at once as there are threads, each on one: small toys gain nothing from several. */
async function runToys(
  { options, progress, signal }: VerbContext,
  plan: ToyPlan,
  folder: string,
  missing: readonly number[],
) {
  if (missing.length === 0) return;
  const { backend } = plan.context;
  const lanes = backend.name === "cpu" ? Math.min(missing.length, options.threads ?? availableParallelism()) : 1;
  const counter = progress.begin(`coverage, ${plan.mode} toys`, missing.length, "toys");
  const queue = [...missing];
  let done = 0;
  const lane = async (own: Backend) => {
    for (let toy = queue.shift(); toy !== undefined && !signal.aborted; toy = queue.shift()) {
      await saveToy(folder, await runToy(plan, toy, own));
      counter.update(++done);
    }
  };
  if (lanes === 1) await lane(backend);
  else {
    const backends = await Promise.all(
      Array.from({ length: lanes }, () => openBackend({ ...options, backend: "cpu", threads: 1 }, backend.precision)),
    );
    try {
      await Promise.all(backends.map(lane));
    } finally {
      for (const own of backends) await own.close();
    }
  }
  signal.throwIfAborted();
  counter.done();
}

/** coverage.json in the folder of the mode, and the table for people. */
async function summarise(context: VerbContext, plan: ToyPlan, folder: string): Promise<void> {
  const { configuration } = plan.context.analysis;
  const records: ToyRecord[] = [];
  const there = toysIn(folder);
  for (const toy of there) {
    const record = await readToy(folder, toy, plan.key);
    if (record !== undefined) records.push(record);
  }
  if (records.length < there.length) {
    const passed = there.length - records.length;
    context.warn(
      `${folder}: ${passed} of ${there.length} toys are of another configuration or without a checksum, and not counted`,
    );
  }
  if (records.length < 2) {
    throw new UsageError(folder, {
      expected: "at least two toys of this configuration",
      got: `${records.length}`,
      hint: "Run some with --toys N or --toy I",
    });
  }
  const names = nuisanceNames(configuration);
  const fits = Object.entries(records[0]!.fits).map(([name, { label }]) => {
    const own = records.map(({ fits }) => fits[name]!);
    const good = own.filter(({ status, covariance }) => status === "converged" && covariance !== null);
    const found: Coverage = coverageOf(
      names,
      plan.truth,
      good.map(({ estimate, covariance }) => ({ estimate, covariance: covariance! })),
    );
    return { name, label, withoutErrors: own.length - good.length, ...found };
  });
  const result = { analysis: configuration.name, mode: plan.mode, truth: plan.truth, nuisances: names, fits };
  const file = join(folder, "coverage.json");
  await writeAtomic(file, [`${JSON.stringify(result, undefined, 2)}\n`]);
  for (const { label, withoutErrors, ...own } of fits) context.print(describeCoverage(label, own, withoutErrors));
  context.print(file);
  context.printJson(result);
}
