/** Projections of the data, beside what the model predicts before and after the fit. */
import type { MixtureModel } from "../../inference/model/mixture-model.js";
import {
  type MixtureSample,
  type Projection,
  project,
  sampleMixture,
} from "../../inference/model/predictions/projections.js";
import { TAIL_EVENTS } from "../../inference/model/predictions/quantile-edges.js";
import { withoutTransport } from "../../inference/model/sampling/sampling.js";
import { effectiveEvents } from "../../inference/statistics/fit/covariance.js";
import { nominalShapes, nuisanceVector, processNames } from "../configuration/analysis.js";
import { looksAtY, observedEvents, type RunContext } from "../context.js";

export interface ProjectionSet {
  readonly projections: readonly Projection[];
  /** Mean and standard deviation of the fitted mixture's features, by process. */
  readonly processes: readonly { readonly x: readonly Moments[]; readonly y: readonly Moments[] }[];
}

export interface Moments {
  readonly mean: number;
  readonly sigma: number;
}

/** Sampled events per event of the data: their variance adds a quarter to that of the test. */
const SAMPLED_PER_EVENT = 4;
/** Where they cost nothing, it adds less. */
const LEAST_SAMPLED = 40_000;

/** Before: nominal, T the identity. After: the fit. */
export async function projectFit(
  context: RunContext,
  model: MixtureModel,
  nu: readonly number[],
  key: string,
): Promise<ProjectionSet> {
  const { analysis, events, store, backend, progress } = context;
  const simulated = simulatedNumbers(context);
  const { configuration } = analysis;
  const { seed, report, likelihood } = configuration;
  const inputs = {
    key,
    nu,
    bins: report.bins,
    least: LEAST_SAMPLED,
    tails: TAIL_EVENTS,
    simulated: simulated ?? null,
    extended: likelihood.extended,
    data: context.dataKey,
  };
  const { record } = await store.run("projections", inputs, async () => {
    const counter = progress.begin("projections", 2, "samples");
    const common = {
      backend,
      count: Math.max(LEAST_SAMPLED, SAMPLED_PER_EVENT * events.data.count),
      withY: looksAtY(context),
      observed: observedEvents(context),
      simulated,
      seed,
    };
    const nominal = nuisanceVector(configuration, {});
    const before = await sampleMixture({ ...common, model: withoutTransport(model), nu: nominal, purpose: "before" });
    counter.update(1);
    const after = await sampleMixture({ ...common, model, nu, purpose: "after" });
    counter.update(2);
    const nFixed = likelihood.extended ? 0 : 1;
    const found: ProjectionSet = {
      projections: project(events.data, [before, after], report.bins, nFixed),
      processes: after.processes.map(({ count, x, y }) => ({ x: moments(x, count), y: y ? moments(y, count) : [] })),
    };
    counter.done();
    return { record: found, arrays: {} };
  });
  return record;
}

/** Of each process, the effective number of nominal events that its densities are trained on; undefined where they know no limit. */
function simulatedNumbers({ analysis, simulation }: RunContext): number[] | undefined {
  if (simulation.isFresh) return undefined;
  const nominal = nominalShapes(analysis.configuration);
  const own = simulation.files.filter(([, { at }]) => at.every((value, k) => value === nominal[k]));
  return processNames(analysis.configuration).map((_, f) =>
    own.reduce((sum, [, { process, count, weights }]) => {
      const events = weights === undefined ? count : effectiveEvents(weights);
      return process === f ? sum + events : sum;
    }, 0),
  );
}

function moments(column: MixtureSample["processes"][number]["x"], count: number): Moments[] {
  return Array.from({ length: column.length / count }, (_, j) => {
    const values = Float64Array.from(column.subarray(j * count, (j + 1) * count));
    const mean = values.reduce((sum, value) => sum + value, 0) / count;
    return { mean, sigma: Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / count) };
  });
}
