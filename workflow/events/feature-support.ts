/** What is asked for the features of the observables, and events that a transformation or a given edge leaves no room for. */
import type { ModelFrame, TransformRequest } from "../../inference/model/feature-frame.js";
import type { Extreme } from "../../inference/model/resolution.js";
import type { ObservableName, TransformRequests } from "../../inference/model/sampling/simulated-events.js";
import { type Analysis, featureName } from "../configuration/analysis.js";
import { UsageError } from "../errors.js";
import { plain } from "./data-verdicts.js";

/** The configuration's choice of a feature, and the ends of its support that it gives. */
function askedFor(analysis: Analysis, of: ObservableName, feature: number): Omit<TransformRequest, "extremes"> {
  const { transform, edges } = analysis.configuration.observables[of]!;
  const own = edges[featureName(analysis, of, feature)] ?? edges[`${of}${feature + 1}`];
  return { choice: transform[transform.length === 1 ? 0 : feature]!, edges: [own?.low, own?.high] };
}

/** @param extremes  of all samples */
export function transformRequests(analysis: Analysis, extremes: readonly Extreme[]): TransformRequests {
  const requestsOf = (of: ObservableName) =>
    Array.from({ length: analysis.configuration.observables[of]?.features ?? 0 }, (_, feature): TransformRequest => {
      const values = extremes.filter((own) => own.of === of && own.feature === feature).map(({ value }) => value);
      const range = [Math.min(...values), Math.max(...values)] as const;
      return { ...askedFor(analysis, of, feature), extremes: range };
    });
  return { x: requestsOf("x"), y: requestsOf("y") };
}

/**
 * Refuses events whose logarithm is none, and events beyond a given edge.
 *
 * @param extremes  of each sample, by its file
 * @param frame     of the model that they are for; that of the configuration where absent
 */
export function requireEdges(
  analysis: Analysis,
  extremes: readonly (readonly [file: string, extremes: readonly Extreme[]])[],
  frame?: ModelFrame,
): void {
  for (const [file, own] of extremes) {
    for (const { of, feature, value, row } of own) {
      const { choice, edges } = askedFor(analysis, of, feature);
      const kind = frame === undefined ? choice : frame[of]?.transforms?.[feature]?.kind;
      const [low, high] = edges;
      const expected =
        kind === "log" && !(value > 0)
          ? ["a number above 0, as its logarithm is taken", "Remove such events, or take another transform"]
          : low !== undefined && value < low
            ? [`a number of at least ${plain(low)}`, "Remove such events, or correct the edges"]
            : high !== undefined && value > high
              ? [`a number of at most ${plain(high)}`, "Remove such events, or correct the edges"]
              : undefined;
      if (expected === undefined) continue;
      const column = JSON.stringify(featureName(analysis, of, feature));
      throw new UsageError(`${file}, column ${column}, row ${row} (counted from 0)`, {
        expected: expected[0]!,
        got: plain(value),
        hint: expected[1]!,
      });
    }
  }
}
