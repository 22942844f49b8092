/** Checks of the samples of simulation before anything is trained on them: their values, and whether nuisances do anything. */
import type { SimulatedRange } from "../../inference/data-checks/simulated-range.js";
import {
  type Difference,
  EFFECT_LEVEL,
  type NuisanceEffect,
  sampleDifferences,
} from "../../inference/data-checks/variations.js";
import type { SimulatedEvents } from "../../inference/simulated-events.js";
import { type Analysis, nuisancesOfKind, shapeCentres } from "../analysis.js";
import type { Configuration } from "../configuration-table.js";
import { type DataVerdict, sampleVerdicts } from "../data-verdicts.js";
import { checkedFeatures } from "../event-checks.js";

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

/** A sentence on each nuisance that does nothing that its samples show. */
export function effectWarnings(configuration: Configuration, effects: readonly NuisanceEffect[]): string[] {
  const shapes = nuisancesOfKind(configuration, "shape");
  return effects.flatMap(({ nuisance, tests, pValue }) => {
    if (pValue < EFFECT_LEVEL) return [];
    const name = shapes[nuisance]!;
    return [
      `nuisance ${name}: the samples in which it is moved do not differ from the nominal ones, in no feature nor product of two ` +
        `(probability ${pValue.toPrecision(2)} for the most different of ${tests} tests). What is trained on them is their fluctuation, ` +
        `and the estimate and the error of ${name} are no measurement: by its constraint alone it is ` +
        `${configuration.nuisances[name]!.centre} ± 1. Remove it, or simulate more`,
    ];
  });
}
