/** Checks of the samples of simulation before anything is trained on them: their values, and whether nuisances do anything. */

import {
  type Difference,
  EFFECT_LEVEL,
  type NuisanceEffect,
  sampleDifferences,
} from "../../inference/data-checks/variations.js";
import type { SimulatedEvents } from "../../inference/model/sampling/simulated-events.js";
import type { SimulatedRange } from "../../inference/model/simulated-range.js";
import type { Anchor } from "../../inference/model/training/morph.js";
import { type Analysis, nuisancesOfKind, shapeCentres } from "../configuration/analysis.js";
import type { Configuration } from "../configuration/table.js";
import { checkedFeatures } from "../events/column-checks.js";
import { type DataVerdict, sampleVerdicts } from "../events/data-verdicts.js";

export interface SimulationChecks {
  readonly range: SimulatedRange;
  readonly verdicts: readonly DataVerdict[];
  /** What the samples say of each shape nuisance; nothing where a generator moves them. */
  readonly effects: readonly NuisanceEffect[];
}

/** A sample as its file has it, its events in their order. */
export interface SampleFile {
  readonly file: string;
  readonly events: SimulatedEvents;
}

export interface SampleFindings {
  readonly verdicts: readonly DataVerdict[];
  readonly differences: readonly Difference[];
}

/** What the likelihood looks at. */
function observed({ configuration }: Analysis, { y, ...ofX }: SimulatedEvents): SimulatedEvents {
  return configuration.likelihood.observables.includes("y") && y !== undefined ? { ...ofX, y } : ofX;
}

/** @param files  all samples of one process */
export function checkSamples(analysis: Analysis, files: readonly SampleFile[]): SampleFindings {
  const samples = files.map(({ events }) => observed(analysis, events));
  const verdicts = samples.flatMap((events, i) =>
    sampleVerdicts({
      where: files[i]!.file,
      features: checkedFeatures(analysis, events, undefined, false),
      weights: events.weights,
    }),
  );
  return { verdicts, differences: sampleDifferences(samples, shapeCentres(analysis.configuration)) };
}

/**
 * The shape nuisances that do nothing that their samples show, and that no sample moves together with others: their effect is left
 * out of the model. What would be trained on them is the fluctuation of the samples, and the fit would take that for a constraint.
 */
export function nuisancesLeftOut(
  configuration: Configuration,
  anchors: readonly Anchor[],
  effects: readonly NuisanceEffect[],
): ReadonlySet<string> {
  const shapes = nuisancesOfKind(configuration, "shape");
  const centres = shapeCentres(configuration);
  const isMovedTogether = (k: number) =>
    anchors.some(({ at }) => at[k] !== centres[k] && at.some((value, l) => l !== k && value !== centres[l]));
  return new Set(
    effects.flatMap(({ nuisance, pValue }) =>
      pValue < EFFECT_LEVEL || isMovedTogether(nuisance) ? [] : [shapes[nuisance]!],
    ),
  );
}

/** A sentence on each nuisance that does nothing that its samples show. */
export function effectWarnings(
  configuration: Configuration,
  effects: readonly NuisanceEffect[],
  leftOut: ReadonlySet<string>,
): string[] {
  const shapes = nuisancesOfKind(configuration, "shape");
  return effects.flatMap(({ nuisance, tests, pValue }) => {
    if (pValue < EFFECT_LEVEL) return [];
    const name = shapes[nuisance]!;
    const constraint = `${configuration.nuisances[name]!.centre} ± 1`;
    const found =
      `nuisance ${name}: the samples in which it is moved do not differ from the nominal ones, in no feature nor product of two ` +
      `(probability ${pValue.toPrecision(2)} for the most different of ${tests} tests). What is trained on them is their fluctuation`;
    return [
      leftOut.has(name)
        ? `${found}, so the effect of ${name} on the shape is left out of the model, and the fit gives back its constraint, ` +
          `${constraint} (of nuisances without an effect, ${100 * EFFECT_LEVEL} in 100 would be kept). If you expect an effect, simulate more; ` +
          "else remove it"
        : `${found}, and the estimate and the error of ${name} are no measurement: by its constraint alone it is ${constraint}. ` +
          "Remove it, or simulate more",
    ];
  });
}
