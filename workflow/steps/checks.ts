/** Closure of the trained densities before any fit, and projections of the data before and after it. */
import { totalWeight } from "../../flows/training/weighted-moments.js";
import type { MixtureModel } from "../../inference/model/mixture-model.js";
import {
  type ClosureTest,
  type ClosureVerdict,
  closureTests,
  closureVerdicts,
} from "../../inference/model/predictions/closure.js";
import {
  type MixtureSample,
  type Projection,
  project,
  sampleMixture,
} from "../../inference/model/predictions/projections.js";
import { withoutTransfer } from "../../inference/model/sampling/sampling.js";
import { nuisancesOfKind, nuisanceVector, processNames, shapeCentres } from "../configuration/analysis.js";
import { looksAtY, type RunContext } from "../context.js";

export interface Closure {
  readonly tests: readonly ClosureTest[];
  readonly verdicts: readonly ClosureVerdict[];
}

/** "A at shift = 1" */
export function describeAnchor(
  { analysis: { configuration } }: RunContext,
  process: number,
  at: readonly number[],
): string {
  const shapes = nuisancesOfKind(configuration, "shape");
  const centres = shapeCentres(configuration);
  const moved = shapes.flatMap((name, k) => (at[k] === centres[k] ? [] : [`${name} = ${at[k]}`]));
  return `${processNames(configuration)[process]}, ${moved.length === 0 ? "nominal" : moved.join(", ")}`;
}

export async function checkClosure(context: RunContext, model: MixtureModel, key: string): Promise<Closure> {
  const { analysis, simulation, store, backend, progress, signal } = context;
  const { seed, report } = analysis.configuration;
  const { record: tests } = await store.run("closure", { key, bins: report.bins }, async () => {
    const counter = progress.begin("closure", undefined, "samples");
    const heldOut = await simulation.test(simulation.anchors);
    const found = await closureTests({
      backend,
      model,
      heldOut,
      bins: report.bins,
      seed,
      onProgress: (done, total) => counter.update(done, { of: total }),
      signal,
    });
    counter.done({ tests: found.length });
    return { record: found, arrays: {} };
  });
  const verdicts = closureVerdicts(tests, shapeCentres(analysis.configuration));
  const isBroken = !simulation.isFresh && (await simulation.checks()).verdicts.length > 0;
  for (const { of, part, least, tests: count, pValue, passed } of verdicts) {
    if (passed) continue;
    const where = describeAnchor(context, least.process, least.at);
    const advice = isBroken
      ? "Mend the samples first: the warnings name their values"
      : `Train longer (flows.${of}, fnf.${of}), or with more simulation`;
    context.warn(
      `closure: ${part === "nominal" ? "the density" : "the systematics"} of ${of} ${part === "nominal" ? "does" : "do"} not ` +
        `describe held-out simulation (probability ${pValue.toExponential(1)} for the worst of ${count} tests, ` +
        `${of}${least.feature + 1} of ${where}). ${advice}`,
    );
  }
  return { tests, verdicts };
}

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

/** Before: nominal, T the identity. After: the fit. */
export async function projectFit(
  context: RunContext,
  model: MixtureModel,
  nu: readonly number[],
  key: string,
): Promise<ProjectionSet> {
  const { analysis, events, store, backend, progress } = context;
  const { configuration } = analysis;
  const { seed, report, likelihood } = configuration;
  const inputs = { key, nu, bins: report.bins, likelihood, data: context.dataKey };
  const { record } = await store.run("projections", inputs, async () => {
    const counter = progress.begin("projections", 2, "samples");
    const common = {
      backend,
      count: SAMPLED_PER_EVENT * events.data.count,
      withY: looksAtY(context),
      observed: likelihood.extended ? undefined : totalWeight(events.data),
      seed,
    };
    const nominal = nuisanceVector(configuration, {});
    const before = await sampleMixture({ ...common, model: withoutTransfer(model), nu: nominal, purpose: "before" });
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

function moments(column: MixtureSample["processes"][number]["x"], count: number): Moments[] {
  return Array.from({ length: column.length / count }, (_, j) => {
    const values = Float64Array.from(column.subarray(j * count, (j + 1) * count));
    const mean = values.reduce((sum, value) => sum + value, 0) / count;
    return { mean, sigma: Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / count) };
  });
}
