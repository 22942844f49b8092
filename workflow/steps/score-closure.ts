/** Closure by scores: by how much do wrong densities move the estimates? */
import type { MixtureModel } from "../../inference/model/mixture-model.js";
import {
  fullVector,
  type ProcessSample,
  type SimulatedPoint,
  thinned,
} from "../../inference/model/predictions/process-samples.js";
import {
  type BiasTest,
  type BiasVerdict,
  biasVerdict,
  type EstimatedBias,
  estimatedBias,
  isBiased,
  type ScorePoint,
  scoreClosure,
} from "../../inference/model/predictions/score-closure.js";
import { withoutTransport } from "../../inference/model/sampling/sampling.js";
import { expectedYields } from "../../inference/model/yields.js";
import { nominalShapes, nuisanceNames, willMoveY } from "../configuration/analysis.js";
import { formOf, looksAtY, observedEvents, type RunContext } from "../context.js";
import { someOf } from "../store/chosen-steps.js";
import type { Verdict } from "../verdicts.js";
import { densityAdvice, describePoint, type LazyPoints, MOST_SCORED, type TrainedDensity } from "./closure.js";
import type { NamedFit } from "./fits/fitted-model.js";
import type { SimulationKeys } from "./simulation-keys.js";

/** Of one likelihood. */
export interface BiasOf {
  /** x alone, or x and y with T known. */
  readonly of: "x" | "x and y";
  readonly estimates: readonly (EstimatedBias & { readonly at: readonly number[] })[];
  readonly verdict: BiasVerdict;
}

/** At least this part of the scored events goes to every process: few expected events may decide a nuisance. */
const LEAST_SHARE = 0.1;

/**
 * Biases of the likelihoods that the fit is made of. With T in the fit there are two: that of x alone, and that of x and y with T known;
 * what a fit with T profiled sees lies between.
 *
 * @param quoted  whose errors biases are compared with
 * @param rates   the fit that has the rates of the points: that of x alone where there is one, which hangs on the fewest steps
 */
export async function findBiases(
  context: RunContext,
  model: MixtureModel,
  points: LazyPoints,
  keys: SimulationKeys,
  quoted: NamedFit,
  rates: NamedFit,
): Promise<BiasOf[]> {
  const { configuration } = context.analysis;
  const whole = withoutTransport(model);
  const { y: _, ...ofX } = whole;
  const withY = looksAtY(context);
  const withX = !withY || (willMoveY(configuration) && configuration.likelihood.form === "joint");
  const found = await someOf([
    ...(withX ? [() => biasesOf(context, ofX, points, "x", keys.xAlone, quoted, rates)] : []),
    ...(withY ? [() => biasesOf(context, whole, points, "x and y", keys.whole, quoted, rates)] : []),
  ]);
  return found.flatMap((own) => own ?? []);
}

async function biasesOf(
  context: RunContext,
  model: MixtureModel,
  simulated: LazyPoints,
  of: BiasOf["of"],
  key: string,
  { summary }: NamedFit,
  rates: NamedFit,
): Promise<BiasOf | undefined> {
  const { analysis, simulation, store, backend, progress, signal } = context;
  const observed = observedEvents(context);
  const nuAt = withRatesOf(model, rates.summary.estimate);
  const nominal = nominalShapes(analysis.configuration);
  const inputs = {
    key,
    rates: nuAt(nominal).filter((_, k) => model.nuisances[k]!.kind === "rate"),
    scored: MOST_SCORED,
    ...(observed !== undefined && { observed }),
    simulation: simulation.digest(simulation.anchors, of === "x" ? "x" : "y"),
    ...formOf(context),
  };
  const { record, arrays } = await store.run(of === "x" ? "closure.x" : "closure.y", inputs, async () => {
    const points = await scoredPoints(await simulated(), model, nominal, nuAt);
    const counter = progress.begin(`closure by scores of ${of}`, points.length, "points");
    const found = await scoreClosure({
      backend,
      model,
      ...formOf(context),
      observed,
      points,
      onPoint: (done) => counter.update(done),
      signal,
    });
    counter.done({ events: found.reduce((sum, { events }) => sum + events, 0) });
    return {
      record: found.map(({ parts: _, ...own }, i) => ({ ...own, at: points[i]!.at })),
      arrays: Object.fromEntries(found.map(({ parts }, i) => [`parts.${i}`, parts])),
    };
  });
  const names = nuisanceNames(analysis.configuration);
  const estimates = record.flatMap((own, i) => {
    const found = estimatedBias({ ...own, parts: arrays[`parts.${i}`]! }, names);
    return found === undefined ? [] : [{ ...found, at: own.at }];
  });
  const verdict = biasVerdict(estimates, {
    nominal: nuAt(nominal),
    estimate: summary.estimate,
    quoted: summary.sigma ?? undefined,
  });
  return verdict && { of, estimates, verdict };
}

type NuAt = (at: readonly number[]) => number[];

/**
 * ν [K] with these values of the shape nuisances, rates as the fit has them: they need no simulation, and how far a wrong density of a
 * background moves a signal hangs on how much there is of it.
 */
export const withRatesOf =
  (model: Pick<MixtureModel, "nuisances">, estimate: readonly number[]): NuAt =>
  (at) =>
    fullVector(model, at).map((value, k) => (model.nuisances[k]!.kind === "rate" ? estimate[k]! : value));

/** Points at which every process was simulated, with the events that are scored; those that points share are the same in all. */
async function scoredPoints(
  points: readonly SimulatedPoint[],
  model: MixtureModel,
  nominal: readonly number[],
  nuAt: NuAt,
) {
  const complete = points.flatMap(({ at, samples }) =>
    samples.every((own): own is ProcessSample => own !== undefined) ? [{ at, nu: nuAt(at), samples }] : [],
  );
  const origin = complete.find(({ at }) => at.every((value, k) => value === nominal[k]));
  if (origin === undefined) return [];
  const yields = await expectedYields(model, origin.nu);
  const total = yields.reduce((sum, value) => sum + value, 0);
  const isMoved = (own: ProcessSample, f: number) => own !== origin.samples[f];
  const most = scoredEvents(
    MOST_SCORED,
    origin.samples.map(({ count }, f) => {
      const moved = complete.filter(({ samples }) => isMoved(samples[f]!, f)).length;
      return { share: Math.max(LEAST_SHARE, yields[f]! / total), count, moved, still: complete.length - moved };
    }),
  );
  const still = origin.samples.map((own, f) => thinned(own, most.still[f]!));
  return complete.map((point): ScorePoint & { readonly at: readonly number[] } => ({
    ...point,
    samples: point.samples.map((own, f) => (isMoved(own, f) ? thinned(own, most.moved[f]!) : still[f]!)),
  }));
}

export interface ScoredProcess {
  /** Part of the scored events. */
  readonly share: number;
  /** Nominal events that there are. */
  readonly count: number;
  /** Points at which the process is moved, and those at which it has its nominal events. */
  readonly moved: number;
  readonly still: number;
}

/**
 * Events of each process to score, in nominal samples and in each of the others. In the bias at the estimate, b_0 + Σ_k t_k (b_k - b_0), the
 * nominal sample counts as much as those of all nuisances together, of each the one of two sides on which the estimate is. The variance
 * Σ a² / n of samples with weights a, for which U n events are scored, is the least for a given Σ U n where n goes as a / √U; U is 2 for both sides.
 */
export function scoredEvents(most: number, processes: readonly ScoredProcess[]) {
  const ratio = ({ moved, still }: ScoredProcess) => Math.max(1, moved / 2) * Math.sqrt(2 / still);
  const sum = (of: (own: ScoredProcess, f: number) => number) => processes.reduce((all, own, f) => all + of(own, f), 0);
  const each = most / sum((own) => own.share * (own.moved + own.still * ratio(own)));
  const still = processes.map((own) => Math.min(own.count, Math.ceil(each * own.share * ratio(own))));
  const left = most - sum((own, f) => own.still * still[f]!);
  const ofMoved = sum((own) => own.share * own.moved);
  return { still, moved: processes.map(({ share }) => Math.max(1, Math.floor((left * share) / ofMoved))) };
}

/** "jes by 0.71 ± 0.10" */
const shiftText = (names: readonly string[], { nuisance, bias, error }: BiasTest) =>
  `${names[nuisance]} by ${bias.toFixed(2)} ± ${error.toFixed(2)}`;

const densitiesOf = (of: BiasOf["of"]): TrainedDensity[] =>
  (of === "x" ? (["x"] as const) : (["x", "y"] as const)).flatMap((one) => [
    { section: "flows", of: one },
    { section: "morph", of: one },
  ]);

const largestOf = (tests: readonly BiasTest[]) => tests.reduce((a, b) => (Math.abs(b.bias) > Math.abs(a.bias) ? b : a));

/**
 * Estimates that wrong densities move; where they would move other estimates only, it is worth a warning. So it is where x alone is right and T
 * responds to nuisances: that takes what y says of them, wrong or not, but for the part that the response leaves.
 */
export function biasFindings(context: RunContext, biases: readonly BiasOf[]): Verdict[] {
  const { configuration } = context.analysis;
  const names = nuisanceNames(configuration);
  const responds = willMoveY(configuration) && configuration.response.enabled;
  return biases.flatMap(({ of, estimates, verdict }): Verdict[] => {
    const common = {
      check: "closure by scores",
      about: "densities",
      advice: densityAdvice(context, densitiesOf(of)),
    } as const;
    const failed = verdict.fit.filter(isBiased);
    if (failed.length > 0) {
      const moved = failed.map((own) => shiftText(names, own)).join(", ");
      if (of === "x and y" && responds && biases.length > 1) {
        const text =
          `closure by scores: the densities of x and y do not describe simulation: with T known they would move the estimate, ${moved} of its ` +
          "standard deviation. T responds to nuisances, which takes most of that; x alone is tested by itself";
        return [{ ...common, failed: false, text }];
      }
      const text = `closure by scores: the densities of ${of} do not describe simulation and move the estimate: ${moved} of its standard deviation`;
      return [{ ...common, failed: true, text }];
    }
    const elsewhere = verdict.points.flatMap((tests, i) => tests.filter(isBiased).map((own) => ({ ...own, i })));
    if (elsewhere.length === 0) return [];
    const worst = largestOf(elsewhere) as (typeof elsewhere)[number];
    const text =
      `closure by scores: the densities of ${of} do not describe simulation at ${describePoint(context, estimates[worst.i]!.at)}: with data ` +
      `from there, they would move the estimate of ${shiftText(names, worst)} of its standard deviation. At the estimate of this fit the shift is ` +
      `${verdict.fit[worst.nuisance]!.bias.toFixed(2)} ± ${verdict.fit[worst.nuisance]!.error.toFixed(2)}`;
    return [{ ...common, failed: false, text }];
  });
}
