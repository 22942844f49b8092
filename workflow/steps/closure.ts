/** Closure: do the trained densities describe simulation that no training saw? */

import type { MixtureModel } from "../../inference/model/mixture-model.js";
import {
  type ClosureTest,
  type ClosureVerdict,
  closureTests,
  closureVerdicts,
} from "../../inference/model/predictions/closure.js";
import { featureLabel, nominalShapes, nuisancesOfKind, processNames } from "../configuration/analysis.js";
import { looksAtY, type RunContext } from "../context.js";
import type { Verdict } from "../verdicts.js";

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
  const nominal = nominalShapes(configuration);
  const moved = shapes.flatMap((name, k) => (at[k] === nominal[k] ? [] : [`${name} = ${at[k]}`]));
  return `${processNames(configuration)[process]}, ${moved.length === 0 ? "nominal" : moved.join(", ")}`;
}

/** @param densities  their keys */
export async function checkClosure(
  context: RunContext,
  model: MixtureModel,
  densities: readonly (string | undefined)[],
): Promise<Closure> {
  const { analysis, simulation, store, backend, progress, signal } = context;
  const { seed, report, simulation: simulated } = analysis.configuration;
  const inputs = {
    densities,
    nuisances: model.nuisances.flatMap((own) => (own.kind === "shape" ? [[own.nominal, own.acts]] : [])),
    heldOut: simulated.heldOut,
    simulation: simulation.digest(simulation.anchors, looksAtY(context) ? "y" : "x"),
    bins: report.bins,
  };
  const { record: tests } = await store.run("closure", inputs, async () => {
    const counter = progress.begin("closure tests", undefined, "samples");
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
  const verdicts = closureVerdicts(tests, nominalShapes(analysis.configuration));
  return { tests, verdicts };
}

/** A density, or its morph, that does not describe held-out simulation. */
export function closureFindings(context: RunContext, { verdicts }: Closure): Verdict[] {
  return verdicts.flatMap(({ of, part, least, tests, pValue, passed }) => {
    if (passed) return [];
    const where = `${featureLabel(context.analysis, of, least.feature)} of ${describeAnchor(context, least.process, least.at)}`;
    const text =
      `closure: ${part === "nominal" ? "the density" : "the morph"} of ${of} does not describe held-out simulation ` +
      `(p-value ${pValue.toExponential(1)} for the worst of ${tests} tests, ${where})`;
    const advice = `Train longer (flows.${of}, morph.${of}), or with more simulation`;
    return [{ check: "closure", about: "densities", failed: true, text, advice }];
  });
}
