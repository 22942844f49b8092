/** One fit of ν as a step of a run: the estimate, the covariance and what there is to warn of. */
import type { EventData } from "../../../inference/model/likelihood/likelihood.js";
import type { MixtureModel } from "../../../inference/model/mixture-model.js";
import { likelihoodInputs, type RunContext } from "../../context.js";
import { digestOf } from "../../events/event-digest.js";
import { pullText } from "../../likelihood/constraint-pull.js";
import { degeneracyText } from "../../likelihood/covariance-summary.js";
import { fitNuisances, fitSummary } from "../../likelihood/nuisance-fit.js";
import { openFit } from "../../likelihood/open-fit.js";
import type { NamedFit } from "./fitted-model.js";

/**
 * @param name   of the step and of its file
 * @param label  what is fitted, for people
 * @param key    of the step that the model comes from
 * @param start  [K]
 */
export async function fitStep(
  context: RunContext,
  name: string,
  label: string,
  key: string,
  model: MixtureModel,
  data: EventData,
  start: readonly number[],
): Promise<NamedFit> {
  const { store, progress, signal, analysis } = context;
  const { secondStart, minos } = analysis.configuration.fit;
  const options = { secondStart, minos, ...likelihoodInputs(context, model) };
  const inputs = { key, data: digestOf(data), start, options };
  const step = await store.run(name, inputs, async () => {
    const open = await openFit(context, model, data);
    try {
      const result = await fitNuisances(open, start, progress, signal, label);
      signal.throwIfAborted();
      return { record: { fit: result, summary: await fitSummary(open, result) }, arrays: {} };
    } finally {
      await open.close();
    }
  });
  const { fit: found, summary } = step.record;
  if (found.status !== "converged") context.warn(`${label}: ${found.status}. ${found.reason}`);
  else if (summary.problem !== null) context.warn(`${label}: ${summary.problem}`);
  for (const { problem } of summary.minos ?? []) {
    if (problem !== null) context.warn(`${label}: minos error of ${problem}`);
  }
  const doubt = summary.crossCheck?.doubt;
  if (doubt) context.warn(`${label}: ${doubt}`);
  const degeneracy = degeneracyText(summary.names, summary);
  if (degeneracy) context.warn(`${label}: ${degeneracy}`);
  const pulled = pullText(context.analysis.configuration, summary);
  if (pulled) context.warn(`${label}: ${pulled}`);
  return { label, fit: found, summary };
}
