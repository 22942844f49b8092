/** Which transformation a feature gets, from its sample. */

import { fitAsinh } from "./asinh.js";
import { upperEdge } from "./edges.js";
import type { FeatureTransform, TransformKind } from "./feature-transform.js";
import { isNearNormal } from "./near-normal.js";
import { type Edges, fitRank } from "./rank.js";
import { mirroredSample, transformedSample, type WeightedSample } from "./weighted-sample.js";

/** What is asked for: a kind, or that which the data need. */
export type TransformChoice = TransformKind | "auto";

export interface FeatureRequest {
  readonly choice: TransformChoice;
  /** Nominal events of all processes. */
  readonly sample: WeightedSample;
  /** Least and largest value of all samples, the nominal ones included. */
  readonly extremes: readonly [least: number, largest: number];
  /** Given ends of the support; undefined where they are to be found. */
  readonly edges: Edges;
}

/** With this part of the events at one value, or more, there is a spike, and no map makes it continuous. */
const LARGEST_SPIKE = 0.01;

function hasSpike({ values, before }: WeightedSample): boolean {
  for (let first = 0, i = 1; i <= values.length; i++) {
    if (i < values.length && values[i] === values[first]) continue;
    if (before[i]! - before[first]! > LARGEST_SPIKE) return true;
    first = i;
  }
  return false;
}

/** The ends of the support, given or found. */
export function edgesOf({ sample, extremes, edges }: Omit<FeatureRequest, "choice">): Edges {
  const [least, largest] = extremes;
  const low = edges[0] ?? negative(upperEdge(mirroredSample(sample), -least));
  return [low, edges[1] ?? upperEdge(sample, largest)];
}

// Not -0.
const negative = (value: number | undefined) => (value === undefined ? undefined : 0 - value);

/**
 * The transformation of a feature.
 *
 * `auto` takes the first of these, the simplest first: a nuisance that acts simply on a feature should do so on what a flow sees.
 *
 * | choice | where                                                                                                      |
 * | ------ | ---------------------------------------------------------------------------------------------------------- |
 * | none   | there are no edges, and tails no heavier than normal ones (`isNearNormal`); or a spike: no map removes that |
 * | log    | all values of all samples are positive, there is no edge but 0, and the logarithm has such tails            |
 * | rank   | else                                                                                                        |
 *
 * Undefined where a sample is too small, or has too few different values, for the kind that was asked for.
 */
export function chooseTransform(request: FeatureRequest): FeatureTransform | undefined {
  const { choice, sample } = request;
  switch (choice) {
    case "none":
    case "log":
      return { kind: choice };
    case "asinh":
      return fitAsinh(sample);
    case "rank":
      return fitRank(sample, edgesOf(request));
    case "auto":
      return automatic(request);
  }
}

function automatic(request: FeatureRequest): FeatureTransform {
  const { sample, extremes } = request;
  if (hasSpike(sample)) return { kind: "none" };
  const edges = edgesOf(request);
  const [low, high] = edges;
  if (low === undefined && high === undefined && isNearNormal(sample).isNear) return { kind: "none" };
  // Small log-normal values look like a density that vanishes at 0.
  const mayBeLog = extremes[0] > 0 && (low ?? 0) === 0 && high === undefined;
  if (mayBeLog && isNearNormal(transformedSample(sample, Math.log)).isNear) return { kind: "log" };
  return fitRank(sample, edges) ?? { kind: "none" };
}
