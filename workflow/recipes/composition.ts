/** A composition from its file to results: read, fit each likelihood, its asymmetric errors, scans, projections. */
import type { Scan1d } from "../../inference/statistics/intervals/scan.js";
import type { CompositionAnalysis } from "../configuration/composition/composition-file.js";
import type { LikelihoodPlan } from "../configuration/composition/likelihood-plans.js";
import { type ChannelEvents, readChannel } from "../events/channel-events.js";
import { leftOutText } from "../events/selection.js";
import type { MinosSummary } from "../likelihood/fit-summary.js";
import { scanProblems } from "../likelihood/nuisance-scan.js";
import type { Reporter } from "../reporter.js";
import { type BoundPlan, boundPlan, type CompositionContext, precisionOf } from "../steps/composition/context.js";
import { type CompositionFit, fitStep } from "../steps/composition/fit.js";
import { minosStep } from "../steps/composition/minos.js";
import { integralVerdicts, yieldVerdicts } from "../steps/composition/normalisation-verdicts.js";
import { parameterVerdicts } from "../steps/composition/parameter-verdicts.js";
import {
  type ChannelProjection,
  type CompositionGoodness,
  goodnessOf,
  projectionStep,
} from "../steps/composition/projections.js";
import { scanStep } from "../steps/composition/scan.js";
import { someOf } from "../store/chosen-steps.js";
import type { LazyStep } from "../store/lazy-step.js";
import { fitVerdicts, type Verdict, Verdicts } from "../verdicts.js";
import { attempt, type Missing } from "./optional-parts.js";

/** What one likelihood has left. */
export interface LikelihoodOutcome {
  readonly plan: LikelihoodPlan;
  readonly events: readonly ChannelEvents[];
  readonly fit: CompositionFit;
  /** Null where they are not asked for, or there is no minimum. */
  readonly minos: readonly MinosSummary[] | null;
  readonly scans: readonly Scan1d[];
  readonly projections: readonly ChannelProjection[];
  /** Null where nothing can be tested. */
  readonly goodness: CompositionGoodness | null;
  /** Parts that could not be made, and why. */
  readonly missing: Missing;
}

export interface CompositionOutcome {
  readonly likelihoods: readonly LikelihoodOutcome[];
  readonly verdicts: readonly Verdict[];
}

/** The events of every likelihood, in the order of its channels; what is left out is said. */
export async function readPlans(
  analysis: CompositionAnalysis,
  { progress, warn }: Pick<Reporter, "progress" | "warn">,
): Promise<(readonly [LikelihoodPlan, readonly ChannelEvents[]])[]> {
  const used = new Set(analysis.likelihoods.flatMap(({ parameters }) => parameters));
  const unused = analysis.composition.parameters.filter(({ name }) => !used.has(name)).map(({ name }) => name);
  if (unused.length > 0) warn(`${analysis.file}: no likelihood depends on ${unused.join(", ")}`);
  const all: (readonly [LikelihoodPlan, readonly ChannelEvents[]])[] = [];
  for (const plan of analysis.likelihoods) {
    const events: ChannelEvents[] = [];
    for (const channel of plan.channels) {
      const own = await readChannel(analysis, channel);
      for (const left of own.leftOut) progress.note(`${plan.name}: ${leftOutText(left)}`);
      events.push(own);
    }
    all.push([plan, events]);
  }
  return all;
}

/** The steps of one likelihood, in order; none is done yet. */
interface PlannedSteps {
  readonly bound: BoundPlan;
  readonly fit: LazyStep<CompositionFit>;
  readonly minos: LazyStep<readonly MinosSummary[] | null> | undefined;
  readonly scans: readonly LazyStep<Scan1d | null>[];
  readonly projections: LazyStep<readonly ChannelProjection[]>;
}

export function plannedSteps(
  context: CompositionContext,
  [plan, events]: readonly [LikelihoodPlan, readonly ChannelEvents[]],
): PlannedSteps {
  const { scan, fit: options } = context.analysis.configuration;
  const bound = boundPlan(context, plan, events);
  const fit = fitStep(context, bound);
  const free = plan.composition.parameters.filter(({ isFixed }) => isFixed !== true).map(({ name }) => name);
  return {
    bound,
    fit,
    minos: options.minos ? minosStep(context, bound, fit) : undefined,
    scans: scan.parameters.filter((name) => free.includes(name)).map((name) => scanStep(context, bound, name, fit)),
    projections: projectionStep(context, bound, fit),
  };
}

export const stepsOf = ({ fit, minos, scans, projections }: PlannedSteps): LazyStep<unknown>[] => [
  fit,
  ...(minos ? [minos] : []),
  ...scans,
  projections,
];

/** How far a recipe goes: `fit` stops at the asymmetric errors. */
export type Extent = "whole" | "fit";

/** Does all steps that are not done. */
export async function runComposition(context: CompositionContext, extent: Extent): Promise<CompositionOutcome> {
  const verdicts = new Verdicts(context.warn);
  const outcome = async (read: Parameters<typeof plannedSteps>[1]) => {
    const steps = plannedSteps(context, read);
    try {
      return await outcomeOf(context, steps, extent, verdicts);
    } finally {
      await steps.bound.close();
    }
  };
  const read = await readPlans(context.analysis, context);
  return { likelihoods: await someOf(read.map((own) => () => outcome(own))), verdicts: verdicts.all };
}

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
    ...fitVerdicts(label, fit.fit),
  ]);
  if (fit.fit.status === "converged" && fit.errors.problem !== null) warn(`${label}: ${fit.errors.problem}`);
  const doubt = fit.errors.crossCheck?.doubt;
  if (doubt) warn(`${label}: ${doubt}`);
  const missing: Missing = new Map();
  const ofMinos = async () => (await steps.minos?.result()) ?? null;
  const minos = await attempt(context, missing, "Asymmetric errors", ofMinos, null);
  for (const { problem } of minos ?? []) {
    if (problem !== null) warn(`${label}: minos error of ${problem}`);
  }
  const outcome = { plan, events, fit, minos, missing };
  // Where -ln L is not finite at the start, there is no point to look at.
  if (extent === "fit" || fit.fit.nll === undefined) return { ...outcome, scans: [], projections: [], goodness: null };
  const scans = await attempt(context, missing, "Likelihood scans", () => doneScans(label, steps, warn), []);
  const projections = await attempt(context, missing, "Projections", () => steps.projections.result(), []);
  const { goodness, verdicts: misfits } = goodnessOf(label, projections);
  verdicts.add(misfits);
  return { ...outcome, scans, projections, goodness };
}

async function doneScans(label: string, steps: PlannedSteps, warn: (text: string) => void): Promise<Scan1d[]> {
  const scanned = async (step: LazyStep<Scan1d | null>) => {
    const found = await step.result();
    if (found === null) warn(`${label}: ${step.name} is left out, as the fit did not give an error`);
    return found ?? [];
  };
  const scans = (await someOf(steps.scans.map((step) => () => scanned(step)))).flat();
  for (const problem of scanProblems({ single: scans, pairs: [] })) warn(`${label}: ${problem}`);
  return scans;
}
