/** Shift and scale of features and context, constants of the weighted training sample that are stored with a flow. */

import { UsageError } from "../engine/errors.js";
import { aList, aMap, anObject, checkArgument, checkParts, numbers } from "../engine/options.js";
import { add, div, log, mul, neg, reshape, slice, sub, sum } from "../engine/tape/operations.js";
import type { Var } from "../engine/tape/tape.js";
import type { Architecture } from "./architecture/architecture.js";
import type { Weights } from "./networks/weights.js";
import { sumFeatures, type Transformed, withLastAxis } from "./shapes.js";
import type { WeightedMoments } from "./training/weighted-moments.js";

/** Moments that change nothing, for columns such as a one-hot class. */
export function unitMoments(columns: number): WeightedMoments {
  return { mean: new Float64Array(columns), standardDeviation: new Float64Array(columns).fill(1) };
}

function checkMoments(where: string, moments: WeightedMoments): void {
  checkParts(where, "moments", moments, { mean: numbers, standardDeviation: numbers });
}

/** Moments of several groups of columns, one after another. */
export function joinMoments(parts: readonly WeightedMoments[]): WeightedMoments {
  checkArgument("joinMoments", "parts", parts, aList);
  for (const part of parts) checkMoments("joinMoments", part);
  const join = (key: keyof WeightedMoments) => Float64Array.from(parts.flatMap((part) => [...part[key]]));
  return { mean: join("mean"), standardDeviation: join("standardDeviation") };
}

/** Which moment each stored tensor holds. */
const sources = { shift: "mean", scale: "standardDeviation" } as const;

/** The weights with these constants of the training sample in place of those they had. */
export function withStandardisation(
  weights: Weights,
  of: { readonly features: WeightedMoments; readonly context?: WeightedMoments },
): Weights {
  checkArgument("withStandardisation", "weights", weights, aMap);
  checkParts("withStandardisation", "moments", of, { features: anObject });
  const result = new Map(weights);
  for (const [group, moments] of Object.entries(of) as [string, WeightedMoments][]) {
    for (const [key, source] of Object.entries(sources) as ["shift" | "scale", keyof WeightedMoments][]) {
      const name = `standardisation.${group}.${key}`;
      const old = weights.get(name);
      if (old?.data.length !== moments[source].length) {
        throw new UsageError("withStandardisation", {
          expected: old === undefined ? `weights with "${name}"` : `${old.data.length} numbers for "${name}"`,
          got: `${moments[source].length} numbers`,
          hint: 'Make the architecture with standardisation "input" or "both"',
        });
      }
      result.set(name, { shape: old.shape, data: Float64Array.from(moments[source]) });
    }
  }
  return result;
}

/** Observed values of a given context enter the frame in which the transforms work, and leave it. */
export interface Frame {
  readonly enter: (x: Var) => Transformed;
  readonly leave: (x: Var) => Transformed;
  readonly undoEnter: (x: Var) => Transformed;
  readonly undoLeave: (x: Var) => Transformed;
  readonly context: Var | undefined;
}

/** The constants of each event's class: [..., features], of constants [classes, features] and a context that begins with the class. */
function ofClass(constants: Var, classes: number, context: Var): Var {
  const summed = sum(mul(withLastAxis(slice(context, -1, 0, classes)), constants), -2);
  return reshape(summed, [...context.shape.slice(0, -1), constants.shape[1]!]);
}

/** @param context  of the events, as it is given to the flow [..., context] */
export function standardisation(
  { standardisation: where, classes }: Architecture,
  tensors: ReadonlyMap<string, Var>,
  context: Var | undefined,
): Frame {
  const same = (x: Var): Transformed => ({ value: x, logDet: x.tape.constant(0, []) });
  if (where === "none") return { enter: same, leave: same, undoEnter: same, undoLeave: same, context };
  const tensor = (of: string, key: "shift" | "scale") => tensors.get(`standardisation.${of}.${key}`) as Var;
  const constants = (key: "shift" | "scale") =>
    classes === undefined ? tensor("features", key) : ofClass(tensor("features", key), classes, context as Var);
  const shift = constants("shift");
  const scale = constants("scale");
  const logVolume = sumFeatures(log(scale));
  const standardise = (x: Var): Transformed => ({ value: div(sub(x, shift), scale), logDet: neg(logVolume) });
  const restore = (x: Var): Transformed => ({ value: add(mul(x, scale), shift), logDet: logVolume });
  const isBoth = where === "both";
  return {
    enter: standardise,
    leave: isBoth ? restore : same,
    undoEnter: restore,
    undoLeave: isBoth ? standardise : same,
    context: context && div(sub(context, tensor("context", "shift")), tensor("context", "scale")),
  };
}
