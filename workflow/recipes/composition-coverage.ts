/** Coverage of the likelihoods of a composition by toy experiments: those that are missing, and the sum over those that are there. */
import { join } from "node:path";
import { isWeighted } from "../../inference/model/likelihood/event-stream.js";
import type { ParameterPoint } from "../../inference/model/parameters/parameter.js";
import { isMinimum } from "../../inference/statistics/fit/fit-result.js";
import { nearest } from "../../io/edit-distance.js";
import { writeAtomic } from "../../io/index.js";
import type { CompositionAnalysis } from "../configuration/composition/composition-file.js";
import type { LikelihoodPlan } from "../configuration/composition/likelihood-plans.js";
import { NotConverged, UsageError } from "../errors.js";
import type { CompositionContext } from "../steps/composition/context.js";
import { ToyThread } from "../steps/composition/toy-thread.js";
import { compositionToyVerdicts } from "../steps/composition/toy-verdicts.js";
import { type CompositionToys, compositionToys, FIT, ToyLane } from "../steps/composition/toys.js";
import { keptToys, missingToys, saveToy, saveToyCost } from "../steps/toy-files.js";
import { knownCoverage } from "../steps/toy-verdicts.js";
import { StepNotDone } from "../store/chosen-steps.js";
import { measured } from "../store/costs.js";
import { fileName } from "../store/file-names.js";
import { createInside } from "../store/output-folder.js";
import { Verdicts } from "../verdicts.js";
import { lookAtStart, plannedSteps, readPlans } from "./composition.js";
import { eventsOf, judgeDensities, withTrainings } from "./composition-trainings.js";
import { Beside, sharedOut } from "./lanes.js";

export interface CompositionToysRequest {
  /** True values; those that are not named have their estimates. */
  readonly at: ParameterPoint;
  /** Of the files of the toys: those of each likelihood in a folder of their own. */
  readonly folder: string;
  /** Numbers of the toys to have. */
  readonly wanted: readonly number[];
  /** Also those that are there. */
  readonly isForced: boolean;
  /** That run toys beside each other, each on a cpu backend of its own; absent: one toy after the other on the backend of the context. */
  readonly threads: number | undefined;
  /** Of those backends: `CpuOptions`. */
  readonly wide: boolean;
}

/** The toys of one likelihood, and where they are. */
export interface ToysInFolder extends CompositionToys {
  readonly folder: string;
}

/** Name of the folder of the toys. @param at  as the user wrote it */
export const compositionToyFolder = (at: string | undefined): string =>
  fileName(at === undefined ? "toys" : `toys-at-${at}`);

const ownFolder = (plan: LikelihoodPlan) => fileName(`likelihood-${plan.name}`);

/** Folders of the toys of every likelihood. */
export const likelihoodFolders = ({ likelihoods }: CompositionAnalysis, folder: string): string[] =>
  likelihoods.map((plan) => join(folder, ownFolder(plan)));

/**
 * The wanted toys of which some likelihood has none, from a store that does no steps: all of them where what they follow from is not done.
 *
 * @param folder  as in the request of a run
 */
export async function compositionToysLeft(
  untrained: CompositionContext,
  at: ParameterPoint,
  folder: string,
  wanted: readonly number[],
): Promise<readonly number[]> {
  checkNames(untrained, at);
  const left = new Set<number>();
  try {
    const { context } = await withTrainings(untrained);
    for (const read of await readPlans(context.analysis, context)) {
      const { key } = await toysOf(context, read, at);
      for (const toy of await missingToys(join(folder, ownFolder(read[0])), wanted, key, context.warn)) left.add(toy);
    }
  } catch (error) {
    if (!(error instanceof StepNotDone)) throw error;
    return wanted;
  }
  return [...left];
}

/** Runs the wanted toys that are missing, of every likelihood. */
export async function runCompositionToys(
  untrained: CompositionContext,
  request: CompositionToysRequest,
): Promise<{ readonly all: readonly ToysInFolder[]; readonly verdicts: Verdicts }> {
  checkNames(untrained, request.at);
  const verdicts = new Verdicts(untrained.warn);
  const { context, ...trained } = await withTrainings(untrained);
  const plans = await readPlans(context.analysis, context);
  judgeDensities(verdicts, trained, Math.max(...plans.map(([, events]) => eventsOf(events))));
  const all: ToysInFolder[] = [];
  for (const read of plans) {
    await lookAtStart(context, ...read, true);
    const toys = await toysOf(context, read, request.at);
    const folder = createInside(request.folder, ownFolder(read[0]));
    all.push({ ...toys, folder });
    const { isForced, wanted } = request;
    const missing = isForced ? wanted : await missingToys(folder, wanted, toys.key, context.warn);
    if (missing.length > 0) await runMissing(context, toys, missing, folder, request);
  }
  return { all, verdicts };
}

function checkNames({ analysis: { composition } }: CompositionContext, at: ParameterPoint): void {
  const names = composition.parameters.map(({ name }) => name);
  for (const name of Object.keys(at)) {
    if (names.includes(name)) continue;
    const meant = nearest(name, names);
    throw new UsageError("--at", {
      expected: `parameters (${names.join(", ")})`,
      got: name,
      ...(meant !== undefined && { hint: `Did you mean ${meant}?` }),
    });
  }
}

async function toysOf(
  context: CompositionContext,
  read: Parameters<typeof plannedSteps>[1],
  at: ParameterPoint,
): Promise<CompositionToys> {
  const { bound, fit } = plannedSteps(context, read);
  const { plan } = bound;
  try {
    const { fit: found } = await fit.result();
    const { names, values } = found.estimate;
    if (!isMinimum(found) && names.some((name) => !Object.hasOwn(at, name))) {
      throw new NotConverged(`likelihood ${plan.name}, whose estimates are the true values of its toys`, found);
    }
    const estimate = Object.fromEntries(names.map((name, k) => [name, values[k]!]));
    const own = Object.entries(at).filter(([name]) => plan.parameters.includes(name));
    if (bound.events.some(({ data }) => isWeighted(data))) {
      context.warn(
        `likelihood ${plan.name}: its events carry weights, but toys have events that count 1, as many as the weights add up to`,
      );
    }
    const { seed } = context.analysis.configuration;
    return compositionToys(bound, { ...estimate, ...Object.fromEntries(own) }, seed, fit.key);
  } finally {
    await bound.close();
  }
}

/** Files of toys. */
const WRITTEN_AT_ONCE = 16;

async function runMissing(
  { backend, progress, signal }: CompositionContext,
  toys: CompositionToys,
  missing: readonly number[],
  folder: string,
  { threads, wide }: CompositionToysRequest,
): Promise<void> {
  const counter = progress.begin(`coverage, toys of ${toys.plan.name}`, missing.length, "toys");
  let done = 0;
  const { precision } = backend;
  const lanes: Pick<ToyLane, "run" | "close">[] = [];
  // A disk takes longer over a small toy than its fit does.
  const written = new Beside(WRITTEN_AT_ONCE);
  try {
    // A single toy has the whole backend.
    const threadCount = missing.length === 1 ? 0 : Math.min(threads ?? 0, missing.length);
    if (threadCount === 0) lanes.push(new ToyLane(toys, backend, signal));
    for (let i = 0; i < threadCount; i++) lanes.push(new ToyThread(toys, { precision, wide }, signal));
    // Two toys are with each thread: it need not wait for the main thread between them.
    const places = lanes[0] instanceof ToyThread ? [...lanes, ...lanes] : lanes;
    const { cost } = await measured(() =>
      sharedOut(missing, places, signal, async (toy, lane) => {
        const record = await lane.run(toy);
        await written.begin(async () => {
          await saveToy(folder, record);
          counter.update(++done);
        });
      }),
    );
    await saveToyCost(folder, cost, missing.length / lanes.length);
  } finally {
    for (const lane of lanes) await lane.close();
    await written.end();
  }
  counter.done();
}

/**
 * Pulls and coverage over the toys that are there: coverage.json. What they say joins the verdicts.
 *
 * @param expected  numbers of the toys that there should be: those that are missing are named
 */
export async function summariseCompositionToys(
  { analysis, warn }: CompositionContext,
  all: readonly ToysInFolder[],
  folder: string,
  verdicts: Verdicts,
  expected: readonly number[],
) {
  const fits = [];
  for (const { plan, folder: own, key, truth, point } of all) {
    const { records, missing } = await keptToys(own, key, expected, warn);
    const toys = records.flatMap(({ fits: found }) => {
      const { status, estimate, covariance } = found[FIT]!;
      return status === "converged" && covariance !== null ? [{ truth, estimate, covariance }] : [];
    });
    const names = plan.composition.parameters.flatMap(({ name, isFixed }) => (isFixed ? [] : [name]));
    const withoutErrors = records.length - toys.length;
    // Other likelihoods may have more.
    const found = knownCoverage(names, toys);
    verdicts.add(compositionToyVerdicts(`likelihood ${plan.name}`, found, withoutErrors));
    fits.push({ name: plan.name, drawnAt: point, truth, missing, withoutErrors, ...found });
  }
  const result = { analysis: analysis.configuration.name, likelihoods: fits, verdicts: verdicts.all };
  const file = join(folder, "coverage.json");
  await writeAtomic(file, [`${JSON.stringify(result, undefined, 2)}\n`]);
  return { result, file };
}
