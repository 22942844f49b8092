/** Warns of features whose numbers have too few digits for their spread, and refuses values beyond the range of f32. */
import type { ModelFrame } from "../../inference/model/feature-frame.js";
import { beyondPrecision, type CoarseFeature, coarseFeatures, type Extreme } from "../../inference/model/resolution.js";
import { type Analysis, featureName } from "../configuration/analysis.js";
import { UsageError } from "../errors.js";
import { plain } from "./data-verdicts.js";

type Events = Parameters<typeof coarseFeatures>[0];

/** Below so many steps per standard deviation of a file's own numbers there is no distribution to speak of. */
const TOO_FEW = 16;

function hintFor({ isGiven, format }: CoarseFeature): string {
  if (!isGiven && format === "f32") return "Use --precision f64";
  const store = isGiven && format === "f32" ? "Write the file in f64, or subtract" : "Subtract";
  return `${store} a constant from the feature, in simulation and data alike`;
}

/**
 * A line for each feature with too few digits, about the sample in which they are fewest.
 *
 * @param samples    of the same features, by name
 * @param frame      of the model that they are for
 * @param precision  with which it is computed
 */
export function resolutionWarnings(
  samples: readonly (readonly [string, Events])[],
  frame: ModelFrame | undefined,
  precision: "f32" | "f64",
): string[] {
  const worst = new Map<string, { readonly name: string; readonly found: CoarseFeature }>();
  for (const [name, events] of samples) {
    for (const found of coarseFeatures(events, frame, precision)) {
      const feature = `${found.of}${found.feature + 1}`;
      const known = worst.get(feature)?.found.steps ?? Number.POSITIVE_INFINITY;
      if (found.steps < known) worst.set(feature, { name, found });
    }
  }
  return [...worst].map(([feature, { name, found }]) => {
    const { mean, sigma, steps, format, isGiven } = found;
    const got = `${mean.toPrecision(3)} ± ${sigma.toPrecision(3)}, a standard deviation of ${Math.floor(steps)} steps of ${format}`;
    const hint = hintFor(found);
    if (isGiven && steps < TOO_FEW) {
      throw new UsageError(`${name}, ${feature}`, {
        expected: "numbers with the digits in which events differ",
        got,
        hint,
      });
    }
    return `${name}, ${feature}: ${got}: rounding changes what is measured. ${hint}`;
  });
}

/**
 * Refuses events with a value that is infinite in f32: there is no density of it.
 *
 * @param extremes   of each sample, by its file
 * @param frame      of the model that they are for
 * @param precision  with which it is computed
 */
export function requireRange(
  analysis: Analysis,
  extremes: readonly (readonly [file: string, extremes: readonly Extreme[]])[],
  frame: ModelFrame | undefined,
  precision: "f32" | "f64",
): void {
  for (const [file, own] of extremes) {
    const found = beyondPrecision(own, frame, precision);
    if (found === undefined) continue;
    const column = JSON.stringify(featureName(analysis, found.of, found.feature));
    throw new UsageError(`${file}, column ${column}, row ${found.row} (counted from 0)`, {
      expected: "a number that fits f32, with the model's shift and scale at most 3.4e38",
      got: plain(found.value),
      hint: "Use --precision f64, or remove the event where the number stands for a missing one",
    });
  }
}
