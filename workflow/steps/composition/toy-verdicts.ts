/** What toys of a composition say of its fit: whether estimates are right on average, and errors as large as estimates scatter. */
import { chiSquarePValue } from "../../../inference/statistics/goodness/special-functions.js";
import type { Coverage } from "../../../inference/statistics/toys/coverage.js";
import type { Verdict } from "../../verdicts.js";
import { LEAST_BIAS, LEAST_WIDTH, LEVEL } from "../toy-verdicts.js";

/** Part of the toys without errors from which on the others are a selection. */
const MOST_WITHOUT = 0.02;

/** @param withoutErrors  toys whose fits gave none of some parameter */
export function compositionToyVerdicts(label: string, { toys, nuisances }: Coverage, withoutErrors: number): Verdict[] {
  const verdict = (check: string, text: string, advice: string, failed = true): Verdict => ({
    check,
    about: "fit",
    failed,
    text: `${label}: ${text}`,
    advice,
  });
  const found = nuisances.flatMap(({ name, pullMean, pullWidth, calibration }): Verdict[] => {
    const chance = (chiSquare: number, degrees: number) =>
      Math.min(1, nuisances.length * chiSquarePValue(chiSquare, degrees));
    const variance = Math.max(1, pullWidth * pullWidth) / toys;
    if (Math.abs(pullMean) > LEAST_BIAS && chance((pullMean * pullMean) / variance, 1) < LEVEL) {
      return [
        verdict(
          "bias of toys",
          `in ${toys} toys the estimates of ${name} are off by ${pullMean.toFixed(2)} standard deviations on average, where ` +
            `${Math.sqrt(variance).toFixed(2)} is chance`,
          "The events are too few for this parameter, or it is near a limit: quote intervals of toys, or choose another parameter",
        ),
      ];
    }
    if (pullWidth > LEAST_WIDTH && chance((toys - 1) * pullWidth * pullWidth, toys - 1) < LEVEL) {
      return [
        verdict(
          "errors of toys",
          `in ${toys} toys the estimates of ${name} scatter by ${pullWidth.toFixed(2)} times the quoted error`,
          `Quote intervals of toys, or multiply its error by ${calibration.toFixed(2)}, with which it holds the truth in 68.3% of them`,
        ),
      ];
    }
    return [];
  });
  const all = toys + withoutErrors;
  if (withoutErrors <= MOST_WITHOUT * all) return found;
  return [
    ...found,
    verdict(
      "toys without errors",
      `${withoutErrors} of ${all} toys have no errors, as their fits ended at a limit or did not converge: coverage is of the others alone`,
      "Widen the ranges where values beyond make sense",
      false,
    ),
  ];
}
