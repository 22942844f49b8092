/** Coverage by toy experiments: what all toys share, the toys that are missing, and the sum over those that are there. */
import { join } from "node:path";
import type { Backend } from "../../engine/runtime/backend.js";
import { coverageOf, type ToyFit } from "../../inference/statistics/toys/coverage.js";
import { writeAtomic } from "../../io/index.js";
import { type Analysis, nuisanceNames, willMoveY } from "../configuration/analysis.js";
import { looksAtY, type RunContext } from "../context.js";
import { UsageError } from "../errors.js";
import { checkEvents, type RunChecks, requireLikelihood } from "../steps/check-events.js";
import { fitModel } from "../steps/fits/fit-chain.js";
import { keptToys, missingToys, saveToy, saveToyCost } from "../steps/toy-files.js";
import { type SampledPoint, sampledPoints } from "../steps/toy-samples.js";
import { knownCoverage, selectionVerdicts, toyVerdicts } from "../steps/toy-verdicts.js";
import { planKey, runToy, type ToyMode, type ToyPlan, type ToySource, truthOf } from "../steps/toys.js";
import { judgeTrainings } from "../steps/trainings/training-step.js";
import { StepNotDone } from "../store/chosen-steps.js";
import { measured } from "../store/costs.js";
import { fileName } from "../store/file-names.js";
import { Verdicts } from "../verdicts.js";
import { trainSimulation } from "./distribution-of-interest.js";
import { inLanes } from "./lanes.js";
import type { PlannedStep } from "./planned-steps.js";

/** Where toys come from, and where they are true. */
export interface ToyOrigin {
  readonly mode: ToyMode;
  readonly source: ToySource;
  /** Of toys of the samples the only point, [K]; absent: every point that was simulated, in turn. */
  readonly at: readonly number[] | undefined;
}

/**
 * What toys come from: what the user asked for; else the generator of the data; else the samples, which show whether densities are right;
 * else the model: the T of the data says what data look like, and samples have none.
 */
export function toySource(
  { file, configuration }: Analysis,
  { mode, wanted, at }: { mode: ToyMode; wanted: "samples" | "model" | undefined; at: readonly number[] | undefined },
): ToySource {
  const { data, simulation } = configuration;
  const keepsT = mode === "data" && willMoveY(configuration);
  const hasSamples = simulation.generator === undefined;
  if (wanted === "samples" || at !== undefined) {
    if (wanted === "model") {
      throw new UsageError("--at", {
        expected: "toys of the samples",
        got: "--toys-from model",
        hint: "Leave one out",
      });
    }
    if (!hasSamples) {
      const hint = "Toys come from the generator, at `truth`";
      throw new UsageError(file, { expected: "samples in files, to draw toys from", got: "a generator", hint });
    }
    if (keepsT) {
      throw new UsageError("--mode", {
        expected: "full, as simulated samples have no T that could be kept",
        got: mode,
        hint: "Leave --mode out, or take --toys-from model",
      });
    }
    return "samples";
  }
  if (wanted === "model") return "model";
  if (data.generator !== undefined) return "generator";
  return hasSamples && !keepsT ? "samples" : "model";
}

export interface ToysRequest extends ToyOrigin {
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
  const { folder, wanted, isForced } = request;
  const verdicts = new Verdicts(context.warn);
  const plan = await openPlan(context, request, await checkEvents(context, verdicts), verdicts);
  context.signal.throwIfAborted();
  const missing = isForced ? wanted : await missingToys(folder, wanted, plan.key, context.warn);
  if (missing.length > 0) await runMissing(plan, missing, request);
  return { plan, verdicts };
}

/**
 * Those of the wanted toys that are not there, from a store that does no steps: all of them where what they follow from is not done.
 *
 * @param folder  of the files of the toys
 */
export async function toysLeft(
  context: RunContext,
  origin: ToyOrigin,
  folder: string,
  wanted: readonly number[],
): Promise<readonly number[]> {
  const verdicts = new Verdicts(() => {});
  try {
    const { key } = await openPlan(context, origin, await checkEvents(context, verdicts), verdicts);
    return await missingToys(folder, wanted, key, context.warn);
  } catch (error) {
    if (!(error instanceof StepNotDone)) throw error;
    return wanted;
  }
}

/** Of a step, whether toys follow from it. */
export const isBehindToys = ({ mode, source }: Pick<ToyOrigin, "mode" | "source">, { name, kind }: PlannedStep) =>
  (kind === "train" && /^[xy]\./.test(name)) || (followsData(mode, source) && (kind === "train" || kind === "fit"));

/** Whether toys follow from the fits of the data, and not from the model of simulation alone. */
const followsData = (mode: ToyMode, source: ToySource) => mode === "data" || source === "model";

/** Name of the folder of the toys. @param at  as the user wrote it */
export const toyFolderName = (mode: ToyMode, source: ToySource, at: string | undefined): string =>
  fileName([mode, ...(source === "generator" ? [] : [source]), ...(at === undefined ? [] : ["at", at])].join("-"));

async function openPlan(
  context: RunContext,
  { mode, source, at }: ToyOrigin,
  checks: RunChecks,
  verdicts: Verdicts,
): Promise<ToyPlan> {
  const { model, keys, noise } = await trainSimulation(context, checks, verdicts);
  const isMeasured = followsData(mode, source);
  if (isMeasured) await requireLikelihood(context, model);
  const measured = isMeasured ? await fitModel(context, model, keys, noise) : undefined;
  const best = measured?.fits.profiled ?? measured?.fits.fixed ?? measured?.fits.xAlone;
  const truth = truthOf(context, source, best?.summary.estimate);
  const points = source === "samples" ? await sampledPoints(context, model, at) : [];
  const trained = measured?.key ?? keys.whole;
  const key = planKey(context, mode, {
    source,
    trained,
    ...(source === "samples" ? drawnFrom(context, points) : { truth }),
  });
  verdicts.add(judgeTrainings(context, measured?.trainings ?? []));
  return { context, mode, source, simulated: model, fitted: measured?.model, truth, points, key };
}

/** What toys of the samples follow from. */
function drawnFrom(context: RunContext, points: readonly SampledPoint[]) {
  const { simulation } = context;
  const digest = simulation.digest(simulation.anchors, looksAtY(context) ? "y" : "x");
  return { drawn: JSON.stringify([digest, points.map(({ truth, yields }) => [truth, yields])]) };
}

async function runMissing(plan: ToyPlan, missing: readonly number[], request: ToysRequest): Promise<void> {
  const { mode, source, folder, openLane } = request;
  const { backend, progress, signal } = plan.context;
  const counter = progress.begin(`coverage, ${mode} toys of the ${source}`, missing.length, "toys");
  let done = 0;
  const lanes = Math.min(request.lanes, missing.length);
  const { cost } = await measured(() =>
    inLanes(missing, { lanes, backend, openLane, signal }, async (toy, own) => {
      await saveToy(folder, await runToy(plan, toy, own));
      counter.update(++done);
    }),
  );
  await saveToyCost(folder, cost, missing.length / lanes);
  counter.done();
}

const WITHOUT_ERRORS = {
  why: "their fits did not converge, or not to a minimum with a positive-definite Hessian",
  advice:
    "Look at the status of their fits in the files of the toys; of few events, shape nuisances may not be known at all",
};

/**
 * Pulls and coverage over the toys of a plan that are there: coverage.json in their folder. What they say joins the verdicts.
 *
 * @param expected  numbers of the toys that there should be: those that are missing are named
 */
export async function summariseToys(plan: ToyPlan, folder: string, verdicts: Verdicts, expected: readonly number[]) {
  const { analysis, warn } = plan.context;
  const { configuration } = analysis;
  const { records, missing } = await keptToys(folder, plan.key, expected, warn);
  const names = nuisanceNames(configuration);
  const fits = Object.entries(records[0]!.fits).map(([name, { label }]) => {
    const own = records.flatMap(({ truth, point, fits: all }) => {
      const { status, estimate, covariance } = all[name]!;
      return status === "converged" && covariance !== null ? [{ truth, point, estimate, covariance }] : [];
    });
    const found = knownCoverage(names, own);
    const points = plan.points.length < 2 ? [] : pointsOf(names, plan, own);
    return { name, label, withoutErrors: records.length - own.length, ...found, points };
  });
  const { mode, source } = plan;
  // That whose numbers are the result.
  const best = ["profiled", "fixed", "xAlone"]
    .flatMap((name) => fits.find((fit) => fit.name === name) ?? [])
    .slice(0, 1);
  verdicts.add(
    best.flatMap((fit) => [
      ...selectionVerdicts(fit.label, fit, fit.withoutErrors, WITHOUT_ERRORS),
      ...toyVerdicts(plan.points, fit),
    ]),
  );
  const result = {
    analysis: configuration.name,
    mode,
    source,
    truth: source === "samples" ? null : plan.truth,
    drawnAt: plan.points.map(({ samples: _samples, ...point }) => point),
    nuisances: names,
    missing,
    fits,
    verdicts: verdicts.all,
  };
  const file = join(folder, "coverage.json");
  await writeAtomic(file, [`${JSON.stringify(result, undefined, 2)}\n`]);
  return { result, file };
}

/** Toys of the samples point by point: a bias that changes its sign from one to the next cancels in the sum over all. */
function pointsOf(
  names: readonly string[],
  { points }: ToyPlan,
  toys: readonly (ToyFit & { readonly point: string | null })[],
) {
  return points.flatMap(({ name, truth }) => {
    const own = toys.filter(({ point }) => point === name);
    if (own.length < 2) return [];
    const { nuisances } = coverageOf(names, own);
    return [{ name, truth, toys: own.length, nuisances }];
  });
}
