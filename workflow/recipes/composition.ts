/** A composition from its file to results: read, fit each likelihood, its asymmetric errors, scans, impacts, projections. */
import { isMinimum } from "../../inference/statistics/fit/fit-result.js";
import type { ImpactDefinition } from "../../inference/statistics/impacts/impact-sources.js";
import type { Scan1d, Scan2d } from "../../inference/statistics/intervals/scan.js";
import type { CompositionAnalysis } from "../configuration/composition/composition-file.js";
import type { LikelihoodPlan } from "../configuration/composition/likelihood-plans.js";
import type { DensityNoise } from "../effect-noise.js";
import type { ChannelEvents } from "../events/channel-events.js";
import { selectionTexts } from "../events/cut-flow.js";
import { openChannel } from "../events/open-channel.js";
import { deeperOfMinos, deeperOfScans, deeperVerdicts } from "../likelihood/deeper-point.js";
import type { MinosSummary } from "../likelihood/fit-summary.js";
import { scanProblems } from "../likelihood/nuisance-scan.js";
import type { Reporter } from "../reporter.js";
import { bandStep, type ProjectionBand } from "../steps/composition/bands.js";
import { type ConstrainedModes, constrainedModes } from "../steps/composition/constrained-modes.js";
import { type BoundPlan, boundPlan, type CompositionContext, precisionOf } from "../steps/composition/context.js";
import { expectedAtStart, fractionTexts, restsOnTraining } from "../steps/composition/expected-at-start.js";
import { type CompositionFit, fitStep } from "../steps/composition/fit.js";
import { type CompositionImpacts, impactStep } from "../steps/composition/impacts.js";
import { minosStep } from "../steps/composition/minos.js";
import { integralVerdicts, yieldVerdicts } from "../steps/composition/normalisation-verdicts.js";
import { parameterVerdicts } from "../steps/composition/parameter-verdicts.js";
import {
  type ChannelProjection,
  type CompositionGoodness,
  goodnessOf,
  projectionStep,
} from "../steps/composition/projections.js";
import { pairStep, scanStep, whyNoScan } from "../steps/composition/scan.js";
import type { NamedTraining } from "../steps/trainings/training-step.js";
import { someOf } from "../store/chosen-steps.js";
import type { LazyStep } from "../store/lazy-step.js";
import { fitVerdicts, type Verdict, type Verdicts } from "../verdicts.js";
import { eventsOf, judgeDensities, withTrainings } from "./composition-trainings.js";
import { attempt, type Missing } from "./optional-parts.js";

/** What one likelihood has left. */
export interface LikelihoodOutcome {
  readonly plan: LikelihoodPlan;
  readonly events: readonly ChannelEvents[];
  readonly fit: CompositionFit;
  /** Null where they are not asked for, or there is no minimum. */
  readonly minos: readonly MinosSummary[] | null;
  readonly scans: readonly Scan1d[];
  readonly pairs: readonly Scan2d[];
  /** Of the constrained parameters; null where fewer than two have errors. */
  readonly modes: ConstrainedModes | null;
  /** Null where they are not asked for, or the fit gave no errors. */
  readonly impacts: CompositionImpacts | null;
  readonly projections: readonly ChannelProjection[];
  /** Of the projections after the fit; null where the fit gave no errors. */
  readonly bands: readonly ProjectionBand[] | null;
  /** Null where nothing can be tested. */
  readonly goodness: CompositionGoodness | null;
  /** Parts that could not be made, and why. */
  readonly missing: Missing;
}

export interface CompositionOutcome {
  /** Of densities. */
  readonly trainings: readonly NamedTraining[];
  /** Of nuisances of morphs whose noise is known. */
  readonly noise: readonly DensityNoise[];
  readonly likelihoods: readonly LikelihoodOutcome[];
  readonly verdicts: readonly Verdict[];
}

export type ReadPlan = readonly [plan: LikelihoodPlan, events: readonly ChannelEvents[]];

/** The events of every likelihood, in the order of its channels; what is left out is said. */
export async function readPlans(
  analysis: CompositionAnalysis,
  { progress, warn }: Pick<Reporter, "progress" | "warn">,
): Promise<ReadPlan[]> {
  const used = new Set(analysis.likelihoods.flatMap(({ parameters }) => parameters));
  const unused = analysis.composition.parameters.filter(({ name }) => !used.has(name)).map(({ name }) => name);
  if (unused.length > 0) warn(`${analysis.file}: no likelihood depends on ${unused.join(", ")}`);
  for (const note of analysis.inline?.notes ?? [])
    warn(note.startsWith(analysis.file) ? note : `${analysis.file}: ${note}`);
  const all: ReadPlan[] = [];
  for (const plan of analysis.likelihoods) {
    const events: ChannelEvents[] = [];
    for (const channel of plan.channels) {
      const own = await openChannel(analysis, channel, { progress, warn });
      for (const text of selectionTexts(own.file, own.data, own.leftOut)) progress.note(`${plan.name}: ${text}`);
      events.push(own);
    }
    await lookAtStart({ analysis, warn }, plan, events, false);
    all.push([plan, events]);
  }
  return all;
}

/**
 * Refuses numbers of events below 0, and warns of those that look like fractions.
 *
 * @param isTrained  looks at channels whose numbers rest on trained flows, in place of the others
 */
export async function lookAtStart(
  { analysis, warn }: Pick<CompositionContext, "analysis" | "warn">,
  plan: LikelihoodPlan,
  events: readonly ChannelEvents[],
  isTrained: boolean,
): Promise<void> {
  const own = plan.channels.filter(({ selected }) => restsOnTraining(analysis, plan, selected) === isTrained);
  const texts = fractionTexts(plan, events, await expectedAtStart(analysis.file, plan, own));
  for (const text of texts) warn(`likelihood ${plan.name}: ${text}`);
}

/** Before trainings: what channels expect before their region, where only a trained flow says how much lies in it. */
export async function lookBeforeRegions(
  { analysis, warn }: Pick<CompositionContext, "analysis" | "warn">,
  [plan, events]: ReadPlan,
): Promise<void> {
  const own = plan.channels.filter(
    ({ selected, density }) => restsOnTraining(analysis, plan, selected) && !restsOnTraining(analysis, plan, density),
  );
  const expected = await expectedAtStart(analysis.file, plan, own, ({ density }) => density);
  const texts = fractionTexts(plan, events, expected, "before its region");
  for (const text of texts) warn(`likelihood ${plan.name}: ${text}`);
}

/** The steps of one likelihood, in order; none is done yet. */
interface PlannedSteps {
  readonly bound: BoundPlan;
  readonly fit: LazyStep<CompositionFit>;
  readonly minos: LazyStep<readonly MinosSummary[] | null> | undefined;
  readonly scans: readonly LazyStep<Scan1d | null>[];
  readonly pairs: readonly LazyStep<Scan2d | null>[];
  readonly impacts: LazyStep<CompositionImpacts | null> | undefined;
  readonly projections: LazyStep<readonly ChannelProjection[]>;
  readonly bands: LazyStep<readonly ProjectionBand[] | null>;
}

export function plannedSteps(context: CompositionContext, [plan, events]: ReadPlan): PlannedSteps {
  const { scan, impacts, report, fit: options } = context.analysis.configuration;
  const bound = boundPlan(context, plan, events);
  const fit = fitStep(context, bound);
  const free = plan.composition.parameters.filter(({ isFixed }) => isFixed !== true).map(({ name }) => name);
  const isFree = (name: string) => free.includes(name);
  const wanted = { definitions: impacts.definitions as readonly ImpactDefinition[], groups: impacts.groups };
  const ofInterest = impacts.parameters.filter(isFree);
  const pairs = (scan.pairs as unknown as readonly (readonly [string, string])[]).filter((pair) => pair.every(isFree));
  return {
    bound,
    fit,
    minos: options.minos ? minosStep(context, bound, fit) : undefined,
    scans: scan.parameters.filter(isFree).map((name) => scanStep(context, bound, name, fit, scan)),
    pairs: pairs.map((names) => pairStep(context, bound, names, fit, { points: scan.grid, range: scan.range })),
    impacts: ofInterest.length > 0 ? impactStep(context, bound, fit, { ...wanted, names: ofInterest }) : undefined,
    projections: projectionStep(context, bound, fit, report),
    bands: bandStep(context, bound, fit, report),
  };
}

export const stepsOf = ({
  fit,
  minos,
  scans,
  pairs,
  impacts,
  projections,
  bands,
}: PlannedSteps): LazyStep<unknown>[] => [
  fit,
  ...(minos ? [minos] : []),
  ...scans,
  ...pairs,
  ...(impacts ? [impacts] : []),
  projections,
  bands,
];

/** How far a recipe goes: `fit` stops at the asymmetric errors. */
export type Extent = "whole" | "fit";

/**
 * Does all steps that are not done.
 *
 * @param verdicts  gets what the checks find
 */
export async function runComposition(
  context: CompositionContext,
  extent: Extent,
  verdicts: Verdicts,
): Promise<CompositionOutcome> {
  const plans = await readPlans(context.analysis, context);
  const { context: own, requireTrained, ...trained } = await withTrainings(context);
  judgeDensities(verdicts, trained, Math.max(...plans.map(([, events]) => eventsOf(events))));
  const outcome = async (i: number) => {
    const [plan, events] = [own.analysis.likelihoods[i]!, plans[i]![1]];
    requireTrained(plan);
    await lookAtStart(own, plan, events, true);
    const steps = plannedSteps(own, [plan, events]);
    try {
      return await outcomeOf(own, steps, extent, verdicts);
    } finally {
      await steps.bound.close();
    }
  };
  const likelihoods = await someOf([...plans.keys()].map((i) => () => outcome(i)));
  return { ...trained, likelihoods, verdicts: verdicts.all };
}

const setText = (at: Readonly<Record<string, number>>) =>
  `--set-parameter ${Object.entries(at)
    .map(([name, value]) => `${name}=${value}`)
    .join(",")}`;

async function outcomeOf(
  context: CompositionContext,
  steps: PlannedSteps,
  extent: Extent,
  verdicts: Verdicts,
): Promise<LikelihoodOutcome> {
  const { warn, backend } = context;
  const { plan, events } = steps.bound;
  const label = `likelihood ${plan.name}`;
  const fit = await steps.fit.result();
  verdicts.add([
    ...parameterVerdicts(label, plan, fit, precisionOf(backend)),
    ...integralVerdicts(label, fit),
    ...yieldVerdicts(label, plan, events, fit),
    // An estimate at a limit of its range is a result: `limit` says so.
    ...(fit.fit.status === "at-bound" ? [] : fitVerdicts(label, fit.fit)),
  ]);
  if (isMinimum(fit.fit) && fit.errors.problem !== null) warn(`${label}: ${fit.errors.problem}`);
  const doubt = fit.errors.crossCheck?.doubt;
  if (doubt) warn(`${label}: ${doubt}`);
  const missing: Missing = new Map();
  const ofMinos = async () => (await steps.minos?.result()) ?? null;
  const minos = await attempt(context, missing, "Asymmetric errors", ofMinos, null);
  const ends = minos ?? fit.atLimit.map((own) => own.minos);
  for (const { problem } of ends) {
    if (problem !== null) warn(`${label}: minos error of ${problem}`);
  }
  verdicts.add(deeperVerdicts(label, deeperOfMinos(ends), setText));
  const outcome = { plan, events, fit, minos, modes: constrainedModes(plan, fit), missing };
  const none = { scans: [], pairs: [], impacts: null, projections: [], bands: null, goodness: null };
  // Where -ln L is not finite at the start, there is no point to look at.
  if (extent === "fit" || fit.fit.nll === undefined) return { ...outcome, ...none };
  const { scans, pairs } = await attempt(
    context,
    missing,
    "Likelihood scans",
    () => doneScans(label, steps, warn),
    none,
  );
  verdicts.add(deeperVerdicts(label, deeperOfScans(fit.fit.estimate.names, { single: scans, pairs }), setText));
  const impacts = await attempt(context, missing, "Impacts", () => doneImpacts(label, steps, warn), null);
  const projections = await attempt(context, missing, "Projections", () => steps.projections.result(), []);
  const bands = await attempt(context, missing, "Bands of the projections", () => steps.bands.result(), null);
  const { goodness, verdicts: misfits } = goodnessOf(label, projections);
  verdicts.add(misfits);
  return { ...outcome, scans, pairs, impacts, projections, bands, goodness };
}

type Warn = (text: string) => void;

async function doneScans(label: string, steps: PlannedSteps, warn: Warn) {
  const scanned = async <S>(step: LazyStep<S | null>): Promise<S[]> => {
    const found = await step.result();
    if (found === null) {
      const why = whyNoScan(steps.bound, await steps.fit.result(), step.name);
      warn(`${label}: ${step.name} is left out, as ${why}`);
    }
    return found === null ? [] : [found];
  };
  const done = await someOf<{ readonly scans: Scan1d[]; readonly pairs: Scan2d[] }>([
    ...steps.scans.map((step) => async () => ({ scans: await scanned(step), pairs: [] })),
    ...steps.pairs.map((step) => async () => ({ scans: [], pairs: await scanned(step) })),
  ]);
  const [scans, pairs] = [done.flatMap((own) => own.scans), done.flatMap((own) => own.pairs)];
  for (const problem of scanProblems({ single: scans, pairs })) warn(`${label}: ${problem}`);
  return { scans, pairs };
}

async function doneImpacts(label: string, { impacts }: PlannedSteps, warn: Warn): Promise<CompositionImpacts | null> {
  if (impacts === undefined) return null;
  const found = await impacts.result();
  if (found === null) warn(`${label}: ${impacts.name} are left out, as the fit did not give errors`);
  for (const problem of found?.problems ?? []) warn(`${label}: ${problem}`);
  return found;
}
