/** Warnings about features that differ in digits which the numbers that hold them lack. */
import type { ModelFrame } from "../../inference/model/feature-frame.js";
import { type CoarseFeature, coarseFeatures } from "../../inference/model/resolution.js";
import { UsageError } from "../errors.js";

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
