/** The jobs of an analysis for a batch system: those of its run, or of a coverage study. */
import { join } from "node:path";
import type { ParameterPoint } from "../../inference/model/parameters/parameter.js";
import { commonOf } from "../common-inputs.js";
import type { CompositionAnalysis } from "../configuration/composition/composition-file.js";
import type { ContextRequest } from "../open-context.js";
import { type CommonWords, type Jobs, option, type PlanStep, runJobs, type ToyStudy, toyJobs } from "../plan/jobs.js";
import type { Reporter } from "../reporter.js";
import { toyCost } from "../steps/toy-files.js";
import { seenSteps } from "../store/chosen-steps.js";
import { readCost } from "../store/costs.js";
import { COVERAGE_FOLDER } from "../store/output-folder.js";
import { STEPS_FOLDER } from "../store/step-store.js";
import { compositionToyFolder, compositionToysLeft, likelihoodFolders } from "./composition-coverage.js";
import { compositionSteps } from "./composition-steps.js";
import { isBehindToys, type ToyOrigin, toyFolderName, toysLeft } from "./coverage.js";
import { plannedName } from "./measurement-plan.js";
import { lookedAt, looking, rowsOf } from "./measurement-steps.js";
import type { StepRow } from "./step-rows.js";

/** How many toys, and how many in a job. */
type Size = Pick<ToyStudy, "toys" | "perJob">;

/** Toys on the command line. @param at  as the user wrote it */
export type Study<O> = Size & { readonly origin: O; readonly at: string | undefined };

/** Steps by their names in the plan: what the samples decide is a part of one. */
function planSteps(rows: readonly StepRow[], folder: string, planned: (name: string) => string): PlanStep[] {
  const names = [...new Set(rows.map(({ name }) => planned(name)))];
  return names.map((name) => {
    const own = rows.filter((row) => planned(row.name) === name);
    return {
      name,
      kind: own[0]!.kind,
      needs: own[0]!.needs,
      isDone: own.every(({ state }) => state === "done" || state === "not needed"),
      costs: own.map((row) => readCost(join(folder, STEPS_FOLDER), row.name)),
    };
  });
}

const numbers = (toys: number) => Array.from({ length: toys }, (_, toy) => toy);

/** Options of `coverage` as they were given. */
const originWords = (options: Readonly<Record<string, string | undefined>>): string[] =>
  Object.entries(options).flatMap(([name, value]) => (value === undefined ? [] : option(name, value)));

/** @param study  undefined: the jobs of a run */
export async function measurementJobs(
  { folder, ...request }: Omit<ContextRequest, "isForced">,
  common: CommonWords,
  study: Study<ToyOrigin & { readonly toysFrom: string | undefined }> | undefined,
  reporter: Pick<Reporter, "progress" | "signal" | "warn">,
): Promise<Jobs> {
  return looking(request, reporter, async (context) => {
    const steps = planSteps(await rowsOf(context, folder), folder, plannedName);
    if (study === undefined) return runJobs(steps, common);
    const { toys, perJob, origin, at } = study;
    const toyFolder = join(folder, COVERAGE_FOLDER, toyFolderName(origin.mode, origin.source, at));
    const looked = { ...context, store: lookedAt(context, folder), warn: reporter.warn };
    const missing = await toysLeft(looked, origin, toyFolder, numbers(toys));
    return toyJobs(
      steps.filter((step) => isBehindToys(origin, step)),
      common,
      {
        toys,
        perJob,
        origin: originWords({ mode: origin.mode, "toys-from": origin.toysFrom, at }),
        missing: new Set(missing),
        cost: toyCost(toyFolder),
      },
    );
  });
}

/** @param study  undefined: the jobs of a run */
export async function compositionJobs(
  {
    analysis,
    folder,
    backend,
  }: Omit<ContextRequest, "isForced" | "analysis"> & { readonly analysis: CompositionAnalysis },
  common: CommonWords,
  study: Study<ParameterPoint> | undefined,
  reporter: Reporter,
): Promise<Jobs> {
  const quiet = { progress: { begin: reporter.progress.begin, note() {} }, signal: reporter.signal, warn() {} };
  const rows = await compositionSteps({ analysis, folder, backend }, quiet);
  const steps = planSteps(rows, folder, (name) => name);
  if (study === undefined) return runJobs(steps, common);
  const { toys, perJob, origin, at } = study;
  const inputs = commonOf(analysis, backend);
  const store = seenSteps(folder, inputs, quiet.progress, () => {});
  const context = { ...quiet, analysis, store, common: inputs, backend, warn: reporter.warn };
  const toyFolder = join(folder, COVERAGE_FOLDER, compositionToyFolder(at));
  const missing = await compositionToysLeft(context, origin, toyFolder, numbers(toys));
  const costs = likelihoodFolders(analysis, toyFolder).map(toyCost);
  const seconds = costs.reduce((sum, cost) => sum + (cost?.seconds ?? 0), 0);
  const bytes = Math.max(...costs.map((cost) => cost?.bytes ?? 0));
  return toyJobs(
    steps.filter(({ kind }) => kind === "train" || kind === "fit"),
    common,
    {
      toys,
      perJob,
      origin: originWords({ at }),
      missing: new Set(missing),
      cost: costs.every((cost) => cost !== undefined) ? { seconds, bytes } : undefined,
    },
  );
}
