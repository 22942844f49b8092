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
  const isBroken = !simulation.isFresh && (await simulation.checks()).verdicts.length > 0;
  for (const { of, part, least, tests: count, pValue, passed } of verdicts) {
    if (passed) continue;
    const where = describeAnchor(context, least.process, least.at);
    const advice = isBroken
      ? "Correct the samples first: other warnings name the wrong values"
      : `Train longer (flows.${of}, morph.${of}), or with more simulation`;
    context.warn(
      `closure: ${part === "nominal" ? "the density" : "the morph"} of ${of} does not ` +
        `describe held-out simulation (p-value ${pValue.toExponential(1)} for the worst of ${count} tests, ` +
        `${featureLabel(analysis, of, least.feature)} of ${where}). ${advice}`,
    );
  }
  return { tests, verdicts };
}
