/** What a fit says of the parameters themselves: which have no effect, which the data do not distinguish, which are pulled. */
import { constraintEstimate } from "../../../inference/model/parameters/constraints.js";
import { freeParameters, type Parameter, rangeOf, scaleOf } from "../../../inference/model/parameters/parameter.js";
import { covariance } from "../../../inference/statistics/fit/covariance.js";
import { submatrix } from "../../../inference/statistics/linear-algebra/symmetric-matrix.js";
import type { LikelihoodPlan } from "../../configuration/composition/likelihood-plans.js";
import { degeneratePairs } from "../../likelihood/covariance-summary.js";
import { listed } from "../../text-table.js";
import type { Verdict } from "../../verdicts.js";
import type { CompositionFit } from "./fit.js";

/** Units of -ln L: what a parameter changes by less when it moves by its scale is nothing. */
const NO_EFFECT = 1e-6;

/** Part of the largest component of a direction, in units of the curvature, that counts as part of it. */
const PART_OF_DIRECTION = 0.1;

/** Widths of the constraint beyond which a pull is worth a word: as of nuisances. */
export const MOST_PULL = 3.5;

/** By how many of its standard deviations the estimate is away from where the constraint is likeliest. */
export function pullOf({ constraint }: Parameter, estimate: number): number | undefined {
  if (constraint === undefined) return undefined;
  const [value, sigma] = constraintEstimate(constraint);
  return (estimate - value) / sigma;
}

/** Parameters that -ln L does not follow: neither its slope nor its curvature moves it. */
export function withoutEffect(parameters: readonly Parameter[], { fit }: Pick<CompositionFit, "fit">): string[] {
  const { gradient, hessian } = fit;
  if (gradient === undefined || hessian === undefined) return [];
  return parameters.flatMap((parameter, k) => {
    const scale = scaleOf(parameter);
    const change = Math.abs(gradient.values[k]!) * scale + 0.5 * Math.abs(hessian[k]![k]!) * scale * scale;
    return change < NO_EFFECT ? [parameter.name] : [];
  });
}

/**
 * Least relative eigenvalue of a Hessian, at unit diagonal, of parameters that the data distinguish: there an error is a thousand times that
 * which it is with the others fixed. Where a fit stops, the slope that is left makes a flat direction look curved by less.
 */
const DEGENERATE = 1e-6;

/** Parameters along whose common direction -ln L does not change, without those that have no effect at all. */
function degenerate(idle: readonly string[], { fit }: CompositionFit, precision: number): string[] {
  const { hessian, estimate } = fit;
  if (hessian === undefined) return [];
  const kept = estimate.names.flatMap((name, k) => (idle.includes(name) ? [] : [k]));
  if (kept.length < 2) return [];
  const names = kept.map((k) => estimate.names[k]!);
  const information = submatrix(Float64Array.from(hessian.flat()), estimate.names.length, kept);
  const found = covariance(information, names, Math.max(DEGENERATE, precision));
  if (found.status !== "singular" || found.direction === undefined) return [];
  const parts = found.direction.values.map(
    (value, i) => Math.abs(value) * Math.sqrt(Math.abs(hessian[kept[i]!]![kept[i]!]!)),
  );
  const largest = Math.max(...parts);
  return names.filter((_, i) => parts[i]! > PART_OF_DIRECTION * largest);
}

/** @param away  those of the `held` ones that have errors away from the limit */
function limitErrors(held: number, away: readonly string[]): string {
  const [limits, these] = held === 1 ? ["limit", "it"] : ["limits", "these"];
  const others = `of the others are with ${these}`;
  if (away.length === 0) return `The errors ${others}`;
  const own = held === 1 ? "Its error is that" : "Their errors are those";
  const some = away.length === held ? own : `The error of ${listed(away)} is that`;
  return `${some} away from the ${limits}, and those ${others}`;
}

/** @param precision  least relative eigenvalue that counts as positive */
export function parameterVerdicts(
  label: string,
  { composition }: LikelihoodPlan,
  found: CompositionFit,
  precision: number,
): Verdict[] {
  const free = freeParameters(composition.parameters);
  const idle = withoutEffect(free, found);
  const alike = degenerate(idle, found, precision);
  const pairs = degeneratePairs(found.errors.names, found.errors);
  const held = free.flatMap((own, k) => {
    const isAtEnd = rangeOf(own).includes(found.fit.estimate.values[k]!);
    return isAtEnd ? [{ name: own.name, text: `${own.name} at ${found.fit.estimate.values[k]}` }] : [];
  });
  // Of a density whose number ends at 0 the shape has no effect.
  const causes = held.flatMap(({ name, text }) => (idle.includes(name) ? [] : [text]));
  const away = held.flatMap(({ name }) => {
    const ends = found.atLimit.find((own) => own.name === name)?.minos;
    return typeof (ends?.upper ?? ends?.lower) === "number" ? [name] : [];
  });
  const pulled = free.flatMap((own, k) => {
    const pull = pullOf(own, found.fit.estimate.values[k]!);
    return pull !== undefined && Math.abs(pull) > MOST_PULL ? [`${own.name} by ${pull.toFixed(1)}`] : [];
  });
  const verdict = (failed: boolean, check: string, text: string, advice: string): Verdict => ({
    check,
    about: "fit",
    failed,
    text: `${label}: ${text}`,
    advice,
  });
  return [
    ...(idle.length === 0
      ? []
      : [
          verdict(
            true,
            "parameters without effect",
            `${listed(idle)} ${idle.length === 1 ? "has" : "have"} no effect on the likelihood${causes.length === 0 ? "" : `, with ${listed(causes)}`}`,
            `Fix ${idle.length === 1 ? "it" : "them"} (--fix ${idle.join(",")}, or fixed: true), or remove ${idle.length === 1 ? "it" : "them"}`,
          ),
        ]),
    ...(alike.length === 0
      ? []
      : [
          verdict(
            true,
            "degenerate parameters",
            `the data do not distinguish ${listed(alike)}: -ln L does not change along a common direction`,
            "Fix or constrain one of them, or merge them",
          ),
        ]),
    ...(held.length === 0
      ? []
      : [
          verdict(
            false,
            "limit",
            `the fit ended with ${listed(held.map(({ text }) => text))}, the limit of ${held.length === 1 ? "its range" : "their ranges"}`,
            `${limitErrors(held.length, away)} fixed there. Widen the range where values beyond make sense`,
          ),
        ]),
    ...(pairs.length === 0
      ? []
      : [
          verdict(
            false,
            "correlation",
            `the data hardly distinguish ${listed(pairs)}`,
            "Fix or constrain one of them, or choose parameters that the data measure apart",
          ),
        ]),
    ...(pulled.length === 0
      ? []
      : [
          verdict(
            false,
            "pull",
            `the data pull ${listed(pulled)} standard deviations of the constraint away from its outcome`,
            "The density probably does not describe the data: look at the projections",
          ),
        ]),
  ];
}
