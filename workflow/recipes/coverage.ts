/** Coverage by toy experiments: what all toys share, the toys that are missing, and the sum over those that are there. */
import { join } from "node:path";
import type { Backend } from "../../engine/runtime/backend.js";
import { type Coverage, coverageOf } from "../../inference/statistics/toys/coverage.js";
import { writeAtomic } from "../../io/index.js";
import { nuisanceNames } from "../configuration/analysis.js";
import type { RunContext } from "../context.js";
import { UsageError } from "../errors.js";
import { checkEvents, type RunChecks, requireLikelihood } from "../steps/check-events.js";
import { fitModel } from "../steps/fits/fit-chain.js";
import { readToy, saveToy, type ToyRecord, toysIn } from "../steps/toy-files.js";
import { planKey, runToy, type ToyMode, type ToyPlan, truthOf } from "../steps/toys.js";
import { judgeTrainings } from "../steps/trainings/training-step.js";
import { Verdicts } from "../verdicts.js";
import { trainSimulation } from "./distribution-of-interest.js";

export interface ToysRequest {
  readonly mode: ToyMode;
  /** Of the files of the toys. */
  readonly folder: string;
  /** Numbers of the toys to have. */
  readonly wanted: readonly number[];
  /** Also those that are there. */
  readonly isForced: boolean;
  /** Toys at once, at most: small toys gain nothing from several threads each. */
  readonly lanes: number;
  /** Opens a backend with one thread, for one toy at a time. */
  readonly openLane: () => Promise<Backend>;
}

/** Runs the wanted toys that are missing. */
export async function runToys(
  context: RunContext,
  request: ToysRequest,
): Promise<{ readonly plan: ToyPlan; readonly verdicts: Verdicts }> {
  const { mode, folder, wanted, isForced } = request;
  const verdicts = new Verdicts(context.warn);
  const plan = await openPlan(context, mode, await checkEvents(context, verdicts), verdicts);
  context.signal.throwIfAborted();
  const isDone = async (toy: number) => !isForced && (await readToy(folder, toy, plan.key)) !== undefined;
  const missing: number[] = [];
  for (const toy of wanted) if (!(await isDone(toy))) missing.push(toy);
  if (missing.length > 0) await runMissing(plan, missing, request);
  return { plan, verdicts };
}

async function openPlan(context: RunContext, mode: ToyMode, checks: RunChecks, verdicts: Verdicts): Promise<ToyPlan> {
  const { model, keys } = await trainSimulation(context, checks, verdicts);
  const isGenerated = context.analysis.configuration.data.generator !== undefined;
  const isMeasured = mode === "data" || !isGenerated;
  if (isMeasured) await requireLikelihood(context, model);
  const measured = isMeasured ? await fitModel(context, model, keys) : undefined;
  const best = measured?.fits.profiled ?? measured?.fits.fixed ?? measured?.fits.xAlone;
  const truth = truthOf(context, best?.summary.estimate);
  const key = planKey(context, mode, { trained: measured?.key ?? keys.whole, truth });
  verdicts.add(judgeTrainings(context, measured?.trainings ?? []));
  return { context, mode, simulated: model, fitted: measured?.model, truth, key };
}

async function runMissing(plan: ToyPlan, missing: readonly number[], request: ToysRequest): Promise<void> {
  const { mode, folder, openLane } = request;
  const { backend, progress, signal } = plan.context;
  const lanes = Math.min(missing.length, request.lanes);
  const counter = progress.begin(`coverage, ${mode} toys`, missing.length, "toys");
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
    const backends = await Promise.all(Array.from({ length: lanes }, openLane));
    try {
      await Promise.all(backends.map(lane));
    } finally {
      for (const own of backends) await own.close();
    }
  }
  signal.throwIfAborted();
  counter.done();
}

/** Pulls and coverage over the toys of a plan that are there: coverage.json in their folder. */
export async function summariseToys(plan: ToyPlan, folder: string) {
  const { analysis, warn } = plan.context;
  const { configuration } = analysis;
  const records: ToyRecord[] = [];
  const there = toysIn(folder);
  for (const toy of there) {
    const record = await readToy(folder, toy, plan.key);
    if (record !== undefined) records.push(record);
  }
  if (records.length < there.length) {
    const passed = there.length - records.length;
    warn(
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
    const own = records.map((record) => record.fits[name]!);
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
  return { result, file };
}
