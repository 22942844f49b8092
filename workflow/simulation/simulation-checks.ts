/** Checks of the samples of simulation before anything is trained on them: their values, and whether nuisances do anything. */

import type { ColumnData } from "../../engine/runtime/backend.js";
import { liesApart } from "../../inference/data-checks/apart.js";
import { oppositeSides, UNLIKE } from "../../inference/data-checks/opposite-sides.js";
import {
  type Difference,
  EFFECT_LEVEL,
  movedNuisances,
  type NuisanceEffect,
  sampleDifferences,
} from "../../inference/data-checks/variations.js";
import { type YieldRatio, yieldRatios } from "../../inference/data-checks/yield-ratios.js";
import { joinedByPoint } from "../../inference/model/predictions/process-samples.js";
import type { SimulatedEvents } from "../../inference/model/sampling/simulated-events.js";
import type { SimulatedRange } from "../../inference/model/simulated-range.js";
import { rangeOf } from "../../inference/model/simulated-range.js";
import type { Anchor } from "../../inference/model/training/morph.js";
import { type Analysis, nominalShapes, nuisancesOfKind } from "../configuration/analysis.js";
import type { SampleSource } from "../configuration/samples.js";
import type { Configuration } from "../configuration/table.js";
import { checkedFeatures } from "../events/column-checks.js";
import { type DataVerdict, sampleVerdicts } from "../events/data-verdicts.js";
import { ownName } from "./sample-file.js";

export interface SimulationChecks {
  readonly range: SimulatedRange;
  readonly verdicts: readonly DataVerdict[];
  /** What the samples say of each shape nuisance; nothing where a generator moves them. */
  readonly effects: readonly NuisanceEffect[];
}

/** What the likelihood looks at of a sample, as its file has it, its events in their order. */
export interface SampleFile {
  readonly file: string;
  readonly source: SampleSource;
  readonly events: SimulatedEvents;
  /** Of each event its row in the file; absent where none is left out. */
  readonly rows?: Int32Array | undefined;
}

export interface SampleFindings {
  readonly verdicts: readonly DataVerdict[];
  readonly differences: readonly Difference[];
  readonly ratios: readonly YieldRatio[];
}

/** What the likelihood looks at. */
export function observed({ configuration }: Analysis, { y, ...ofX }: SimulatedEvents): SimulatedEvents {
  return configuration.likelihood.observables.includes("y") && y !== undefined ? { ...ofX, y } : ofX;
}

const areEqual = (a: ColumnData, b: ColumnData) => a.every((value, i) => value === b[i]);

/** @param files  all samples of one process */
export function checkSamples(analysis: Analysis, files: readonly SampleFile[]): SampleFindings {
  const samples = files.map(({ events }) => events);
  // A process may come in several files, each with a part of the spectrum. Variations are compared event by event with the first.
  const ofPoints = samples.some(({ nominal }) => nominal !== undefined) ? samples : joinedByPoint(samples);
  const verdicts = files.flatMap(({ file, source, events, rows }) => {
    const valuesOf = (of: SimulatedEvents) => checkedFeatures(analysis, of, undefined, false);
    // What is found in the nominal sample is not said again of the same events.
    const nominal = events.nominal && valuesOf({ ...events, ...events.nominal });
    const features = valuesOf(events).flatMap((feature, i) =>
      nominal !== undefined && areEqual(feature.values, nominal[i]!.values)
        ? []
        : [{ ...feature, name: ownName(source, feature.name) }],
    );
    return sampleVerdicts({ about: "simulation", where: file, features, weights: events.weights, fileRows: rows });
  });
  const nominalValues = nominalShapes(analysis.configuration);
  return {
    verdicts: [
      ...verdicts,
      ...apartVerdicts(analysis, files, nominalValues),
      ...sideVerdicts(analysis, files, ofPoints, nominalValues),
    ],
    differences: sampleDifferences(ofPoints, nominalValues),
    ratios: yieldRatios(samples, nominalValues),
  };
}

/** Features of variations that lie where no nominal event of any file does: a process may come in files of other ranges. */
function apartVerdicts(
  analysis: Analysis,
  files: readonly SampleFile[],
  nominalValues: readonly number[],
): DataVerdict[] {
  const valuesOf = (of: SimulatedEvents) => checkedFeatures(analysis, of, undefined, false);
  const nominal = files.filter(({ events }) => movedNuisances(events, nominalValues).length === 0);
  if (nominal.length === 0) return [];
  const reference = nominal.map(({ events }) => valuesOf(events));
  const ranges = reference[0]!.map((_, j) => rangeOf(reference.map((features) => features[j]!.values)));
  const others = nominal.map(({ file }) => file).join(", ");
  return files.flatMap(({ file, source, events }) =>
    valuesOf(events).flatMap(({ name, values }, j): DataVerdict[] => {
      if (!liesApart(ranges[j]!, values)) return [];
      const text = `${file}: more than half of the events have a ${ownName(source, name)} where no event of ${others} lies`;
      const advice = "Correct its unit, or name the right file or column";
      return [{ check: "apart", about: "simulation", failed: true, text, advice, count: events.count, rows: [] }];
    }),
  );
}

/** Sides of a nuisance that are not opposite: of the same kind is a warning, as one-sided effects exist; of other kinds fails. */
function sideVerdicts(
  analysis: Analysis,
  files: readonly SampleFile[],
  samples: readonly SimulatedEvents[],
  nominalValues: readonly number[],
): DataVerdict[] {
  const shapes = nuisancesOfKind(analysis.configuration, "shape");
  const fileAt = (nuisance: number, value: number) =>
    files.find(({ events }) => {
      const [first, ...others] = movedNuisances(events, nominalValues);
      return first === nuisance && others.length === 0 && events.at[nuisance] === value;
    })!.file;
  return oppositeSides(samples, nominalValues).flatMap(({ nuisance, at, cosine }): DataVerdict[] => {
    const name = shapes[nuisance]!;
    const [above, below] = at.map((value) => fileAt(nuisance, value));
    const isSame = cosine > UNLIKE;
    const text =
      `nuisance ${name}: ${above} and ${below} do not move the nominal sample in opposite directions (cosine of the angle between ` +
      `what they do to the features ${cosine.toFixed(2)}, ${isSame ? "the same direction" : "effects of different kinds"})`;
    const advice = isSame
      ? "Are the samples right? If both sides of the effect are alike, there is nothing to do"
      : "Are samples exchanged? If these are two effects, give each a nuisance of its own";
    return [{ check: "sides", about: "simulation", failed: !isSame, text, advice, count: 0, rows: [] }];
  });
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
  const centres = nominalShapes(configuration);
  const isMovedTogether = (k: number) =>
    anchors.some(({ at }) => at[k] !== centres[k] && at.some((value, l) => l !== k && value !== centres[l]));
  return new Set(
    effects.flatMap(({ nuisance, pValue }) =>
      pValue < EFFECT_LEVEL || isMovedTogether(nuisance) ? [] : [shapes[nuisance]!],
    ),
  );
}

/**
 * A sentence on each nuisance that does nothing to the shape that its samples show.
 *
 * @param movesYields  names of nuisances that the yields follow: these are measured all the same
 */
export function effectWarnings(
  configuration: Configuration,
  effects: readonly NuisanceEffect[],
  leftOut: ReadonlySet<string>,
  movesYields: ReadonlySet<string>,
): string[] {
  const shapes = nuisancesOfKind(configuration, "shape");
  return effects.flatMap(({ nuisance, tests, pValue }) => {
    if (pValue < EFFECT_LEVEL) return [];
    const name = shapes[nuisance]!;
    const constraint = `${configuration.nuisances[name]!.nominal} ± 1`;
    const found =
      `nuisance ${name}: the samples in which it is moved do not differ from the nominal samples in any feature or product of two ` +
      `(p-value ${pValue.toPrecision(2)} for the most different of ${tests} tests). A density trained on them learns their fluctuation`;
    if (movesYields.has(name)) {
      const effect = leftOut.has(name) ? `The model leaves out the effect of ${name} on the shape. ` : "";
      return [
        `${found}. ${effect}What is measured of ${name} comes from its effect on the yields. If you expect another, simulate more`,
      ];
    }
    return [
      leftOut.has(name)
        ? `${found}. The model leaves out the effect of ${name} on the shape, and the fit returns its constraint, ` +
          `${constraint} (the test keeps ${100 * EFFECT_LEVEL} in 100 nuisances without an effect). If you expect an effect, simulate more; ` +
          "if not, remove the nuisance"
        : `${found}. The estimate and the error of ${name} are no measurement: its constraint alone gives ${constraint}. ` +
          "Remove the nuisance, or simulate more",
    ];
  });
}
