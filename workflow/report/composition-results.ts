/** Results of a composition as data: results.json, without times or paths, and arrays.npz. */
import type { Backend } from "../../engine/runtime/backend.js";
import type { Constraint } from "../../inference/model/parameters/constraints.js";
import { intervals } from "../../inference/statistics/intervals/scan.js";
import type { NamedArray } from "../../io/index.js";
import type { CompositionAnalysis } from "../configuration/composition/composition-file.js";
import { cutFlowOf } from "../events/cut-flow.js";
import type { CutFlow } from "../events/loaded-events.js";
import { scanArrays } from "../likelihood/nuisance-scan.js";
import type { CompositionOutcome, LikelihoodOutcome } from "../recipes/composition.js";
import { levelOf } from "../steps/composition/fit.js";
import { pullOf } from "../steps/composition/parameter-verdicts.js";
import { failedOf } from "../verdicts.js";
import { readVersion } from "../version.js";
import { pairResults } from "./composition-pairs.js";
import { leveledScans } from "./composition-scans.js";
import type { Numbers } from "./leaves.js";

/** A parameter of one likelihood. */
export interface ParameterRow {
  readonly name: string;
  readonly start: number;
  readonly range: readonly [number, number] | null;
  readonly constraint: Constraint | null;
  readonly fixed: boolean;
  /** Its start where it is fixed. */
  readonly estimate: number;
  /** Null where it is fixed, at a limit, or the fit has no errors. */
  readonly sigma: number | null;
  /** The interval is [estimate + lower, estimate + upper]; null where they are not asked for and no limit holds it. */
  readonly minos: { readonly lower: number | null; readonly upper: number | null } | null;
  /** Of a constrained one: standard deviations of the constraint from where that is likeliest. */
  readonly pull: number | null;
}

export function parameterRows({ plan, fit: { fit, errors, atLimit }, minos }: LikelihoodOutcome): ParameterRow[] {
  return plan.parameters.map((name) => {
    const parameter = plan.composition.parameters.find((own) => own.name === name)!;
    const k = fit.estimate.names.indexOf(name);
    const estimate = k < 0 ? parameter.start : fit.estimate.values[k]!;
    const ends = minos?.find((own) => own.name === name) ?? atLimit.find((own) => own.name === name)?.minos;
    return {
      name,
      start: parameter.start,
      range: parameter.range ?? null,
      constraint: parameter.constraint ?? null,
      fixed: k < 0,
      estimate,
      sigma: errors.sigma?.[errors.names.indexOf(name)] ?? null,
      minos: ends === undefined ? null : { lower: ends.lower, upper: ends.upper },
      pull: pullOf(parameter, estimate) ?? null,
    };
  });
}

export const channelFlow = ({ file, data, leftOut }: LikelihoodOutcome["events"][number]): CutFlow =>
  cutFlowOf(file, data, leftOut);

function channelsOf({ configuration }: CompositionAnalysis, { plan, events, fit }: LikelihoodOutcome) {
  const rows = plan.channels.map(({ name, density, sample, isExtended, region }, c) => {
    const { data, total, leftOut } = events[c]!;
    return [
      name,
      {
        density,
        sample,
        file: configuration.samples[sample]!.file,
        extended: isExtended,
        region,
        eventsInFile: total,
        events: data.count,
        leftOut: leftOut.map(({ reason, count }) => ({ reason, count })),
        cutFlow: channelFlow(events[c]!).rows,
        expected: fit.expected[name] ?? null,
      },
    ] as const;
  });
  return Object.fromEntries(rows);
}

const impactResults = ({ impacts }: LikelihoodOutcome) =>
  (impacts?.tables ?? []).map(({ definition, target, nominal, impacts: own, groups, total, statistical }) => ({
    parameter: target.name,
    definition,
    estimate: nominal,
    impacts: own,
    groups,
    total,
    statistical: statistical ?? null,
  }));

function likelihoodResults(analysis: CompositionAnalysis, outcome: LikelihoodOutcome) {
  const { fit, errors, effectiveEvents } = outcome.fit;
  const { names, covariance, correlation, estimator, problem } = errors;
  return {
    status: fit.status,
    reason: fit.reason,
    nll: fit.nll ?? null,
    edm: fit.edm ?? null,
    evaluations: fit.evaluations,
    effectiveEvents,
    parameters: parameterRows(outcome),
    errors: { names, estimator, problem, covariance, correlation },
    channels: channelsOf(analysis, outcome),
    scans: outcome.scans.map((scan) => {
      const level = levelOf(outcome.fit, scan.name)!;
      const found = intervals(scan, level).map(({ lower, upper }) => ({ lower: lower ?? null, upper: upper ?? null }));
      return { name: scan.name, level, intervals: found };
    }),
    pairs: pairResults(outcome),
    modes: outcome.modes,
    impacts: impactResults(outcome),
    goodness: outcome.goodness,
    projections: outcome.projections.map(({ channel, column, method, after: { result } }) => {
      const { chiSquare, ndf, pValue } = result;
      return { channel, column, method, chiSquare, ndf, pValue: pValue ?? null };
    }),
    missing: [...outcome.missing].map(([part, why]) => ({ part, problem: why })),
  };
}

export function compositionResults(
  analysis: CompositionAnalysis,
  { name, precision }: Pick<Backend, "name" | "precision">,
  { trainings, noise, likelihoods, verdicts }: CompositionOutcome,
  warnings: readonly string[],
) {
  return {
    analysis: analysis.configuration.name,
    version: readVersion(),
    seed: analysis.configuration.seed,
    backend: { name, precision },
    likelihoods: Object.fromEntries(likelihoods.map((own) => [own.plan.name, likelihoodResults(analysis, own)])),
    trainings: trainings.map(({ label, summary }) => ({ label, ...summary })),
    trainingNoise: noise,
    failed: failedOf(verdicts),
    warnings,
  };
}

const vector = (values: ArrayLike<number>): NamedArray => ({
  shape: [values.length],
  data: Float64Array.from(values),
});

/**
 * `<likelihood>/estimate`, `…/covariance`, `…/scans/<parameter>/…`, `…/projections/<channel>/<column>/edges` and so on; `…/sigma` is that of
 * `…/expected`. Scans are in units of their `…/level`, which weighted events have.
 */
export function compositionArrays({ likelihoods }: CompositionOutcome): Map<string, NamedArray> {
  const arrays = new Map<string, NamedArray>();
  for (const own of likelihoods) {
    const { plan, fit, projections, bands } = own;
    arrays.set(`${plan.name}/estimate`, vector(fit.fit.estimate.values));
    const { covariance } = fit.errors;
    if (covariance !== null) {
      const size = covariance.length;
      arrays.set(`${plan.name}/covariance`, { shape: [size, size], data: Float64Array.from(covariance.flat()) });
    }
    for (const [name, values] of scanArrays(leveledScans(own))) arrays.set(`${plan.name}/scans/${name}`, values);
    for (const { channel, column, observed, before, after, summands } of projections) {
      const set = (name: string, values: readonly number[]) =>
        arrays.set(`${plan.name}/projections/${channel}/${column}/${name}`, vector(values));
      set("edges", observed.edges);
      set("observed", observed.sums);
      set("variance", observed.squares);
      set("before", before.expected.sums);
      set("expected", after.expected.sums);
      for (const { name, values } of summands) set(`summands/${name}`, values);
      const band = bands?.find((own) => own.channel === channel && own.column === column);
      if (band !== undefined) set("sigma", band.sigma);
    }
  }
  return arrays;
}

/** @param warnings  what was said, in order */
export const compositionNumbers = (
  analysis: CompositionAnalysis,
  backend: Pick<Backend, "name" | "precision">,
  outcome: CompositionOutcome,
  warnings: readonly string[],
) =>
  [
    { arrays: compositionArrays(outcome), results: compositionResults(analysis, backend, outcome, warnings) },
  ] satisfies readonly Numbers[];
