/** How the features enter the densities: lines for the start of a run, entries of results.json, and a table of the report. */
import type { ModelFrame } from "../../inference/model/feature-frame.js";
import type { FeatureTransform } from "../../inference/model/features/feature-transform.js";
import type { Tail } from "../../inference/model/features/tails.js";
import type { ObservableName } from "../../inference/model/sampling/simulated-events.js";
import { type Analysis, featureName } from "../configuration/analysis.js";

export interface FeatureRow {
  readonly of: ObservableName;
  readonly feature: string;
  readonly transform: FeatureTransform["kind"];
  /** Of a rank: what continues the distribution below and above the events. */
  readonly lower: TailRow | null;
  readonly upper: TailRow | null;
}

interface TailRow {
  readonly kind: Tail["kind"];
  /** ξ, 1 over the power with which the probability beyond falls; 0: faster than any power. Null at an edge. */
  readonly index: number | null;
  readonly edge: number | null;
}

const tailRow = (tail: Tail): TailRow => ({
  kind: tail.kind,
  index: tail.kind === "edge" ? null : "index" in tail ? tail.index : 0,
  edge: tail.kind === "edge" ? tail.end : null,
});

/** A row for each feature; none where no feature has a transformation. */
export function featureRows(analysis: Analysis, frame: ModelFrame | undefined): FeatureRow[] {
  const observables = ["x", "y"] as const;
  if (observables.every((of) => frame?.[of]?.transforms === undefined)) return [];
  return observables.flatMap((of) =>
    (frame?.[of]?.shift ?? []).map((_, feature) => {
      const transform = frame![of]!.transforms?.[feature] ?? { kind: "none" };
      return {
        of,
        feature: featureName(analysis, of, feature),
        transform: transform.kind,
        lower: transform.kind === "rank" ? tailRow(transform.lower) : null,
        upper: transform.kind === "rank" ? tailRow(transform.upper) : null,
      };
    }),
  );
}

export function tailText(tail: TailRow | null): string {
  if (tail === null) return "";
  if (tail.edge !== null) return `edge at ${Number(tail.edge.toPrecision(6))}`;
  return tail.index === 0 ? `${NAMES[tail.kind]} tail` : `tail index ${tail.index!.toPrecision(2)}`;
}

const NAMES: { readonly [K in Tail["kind"]]: string } = {
  linear: "Gaussian",
  pareto: "exponential",
  power: "power",
  stretched: "stretched exponential",
  "box-cox": "Box-Cox",
  edge: "edge",
};

/** What was chosen for the features that have a transformation. */
export function featureLines(analysis: Analysis, frame: ModelFrame | undefined): string[] {
  return featureRows(analysis, frame)
    .filter(({ transform }) => transform !== "none")
    .map(({ of, feature, transform, lower, upper }) => {
      const tails = [lower && `below: ${tailText(lower)}`, upper && `above: ${tailText(upper)}`].filter(Boolean);
      return `${of}, ${feature}: transform ${transform}${tails.length === 0 ? "" : `, ${tails.join(", ")}`}`;
    });
}
