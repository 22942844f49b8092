/** Impacts of nuisances, groups and modes around the fit that gives the result. */

import { type Impacts, impacts } from "../../inference/measurements/distribution-of-interest/impacts/impacts.js";
import type { ImpactDefinition } from "../../inference/statistics/impacts/impact-sources.js";
import { likelihoodInputs, type RunContext } from "../context.js";
import { minimumOf } from "../likelihood/minimum.js";
import { fitBounds, fitTolerance } from "../likelihood/nuisance-fit.js";
import { openFit } from "../likelihood/open-fit.js";
import type { Counter } from "../reporter.js";
import type { FittedModel, NamedFit } from "./fits/fitted-model.js";

/** Undefined where the configuration wants none, or the fit gave no errors. */
export async function findImpacts(
  context: RunContext,
  fitted: FittedModel,
  best: NamedFit,
): Promise<Impacts | undefined> {
  const { analysis, store, backend, events, progress, signal } = context;
  const { impacts: options, seed } = analysis.configuration;
  const { covariance } = best.fit;
  if (!options.enabled || covariance === undefined) return undefined;
  const inputs = {
    key: fitted.key,
    data: context.dataKey,
    of: minimumOf(best.fit),
    options,
    ...likelihoodInputs(context, fitted.model),
  };
  const { record } = await store.run("impacts", inputs, async () => {
    const open = await openFit(context, fitted.model, events.data);
    try {
      let stageNow: string | undefined;
      let counter: Counter | undefined;
      const found = await impacts({
        objective: open.likelihood,
        model: fitted.model,
        fit: best.fit,
        covariance,
        definitions: options.definitions as readonly ImpactDefinition[],
        groups: options.groups,
        bounds: fitBounds(open),
        precision: open.precision,
        tolerance: fitTolerance(open),
        ...(events.data.y && {
          distribution: { backend, data: events.data, bins: options.bins, events: options.events, seed },
        }),
        onProgress(stage, done, total) {
          if (stageNow !== stage) {
            counter?.done();
            counter = progress.begin(`impacts, ${stage}`, total, stage === "refits" ? "nuisances" : "points");
            stageNow = stage;
          }
          counter?.update(done);
        },
        signal,
      });
      counter?.done();
      signal.throwIfAborted();
      return { record: found, arrays: {} };
    } finally {
      await open.close();
    }
  });
  for (const { definition, sources } of record.sources) {
    for (const { name, problems } of sources) {
      for (const problem of problems) context.warn(`impact of ${name} (${definition}): ${problem}`);
    }
  }
  return record;
}
