/** What toys of a composition say of its fit: whether estimates are right on average, and errors as large as estimates scatter. */
import { chiSquarePValue } from "../../../inference/statistics/goodness/special-functions.js";
import type { Coverage } from "../../../inference/statistics/toys/coverage.js";
import type { Verdict } from "../../verdicts.js";
import { isSelection, LEAST_BIAS, LEAST_WIDTH, LEVEL, selectionVerdicts } from "../toy-verdicts.js";

const WITHOUT_ERRORS = {
  why: "their fits ended at a limit or did not converge",
  advice: "Widen the ranges where values beyond make sense",
};

/** @param withoutErrors  toys whose fits gave none of some parameter */
export function compositionToyVerdicts(label: string, { toys, nuisances }: Coverage, withoutErrors: number): Verdict[] {
  const isSelected = isSelection({ toys }, withoutErrors);
  const verdict = (check: string, text: string, advice: string, failed: boolean): Verdict => ({
    check,
    about: "fit",
    failed,
    text: `${label}: ${text}`,
    advice,
  });
  // Fits that end at a lower limit are those of low estimates: without them right estimates look too high.
  const ofPulls = (check: string, text: string, advice: string) =>
    isSelected
      ? verdict(check, text, "This may be the selection of toys that have errors, and is no failure", false)
      : verdict(check, text, advice, true);
  const found = nuisances.flatMap(({ name, pullMean, pullWidth, calibration }): Verdict[] => {
    const chance = (chiSquare: number, degrees: number) =>
      Math.min(1, nuisances.length * chiSquarePValue(chiSquare, degrees));
    const variance = Math.max(1, pullWidth * pullWidth) / toys;
    if (Math.abs(pullMean) > LEAST_BIAS && chance((pullMean * pullMean) / variance, 1) < LEVEL) {
      return [
        ofPulls(
          "bias of toys",
          `in ${toys} toys the estimates of ${name} are off by ${pullMean.toFixed(2)} standard deviations on average, where ` +
            `${Math.sqrt(variance).toFixed(2)} is chance`,
          "The events are too few for this parameter, or it is near a limit: quote intervals of toys, or choose another parameter",
        ),
      ];
    }
    if (pullWidth > LEAST_WIDTH && chance((toys - 1) * pullWidth * pullWidth, toys - 1) < LEVEL) {
      return [
        ofPulls(
          "errors of toys",
          `in ${toys} toys the estimates of ${name} scatter by ${pullWidth.toFixed(2)} times the quoted error`,
          `Quote intervals of toys, or multiply its error by ${calibration.toFixed(2)}, with which it holds the truth in 68.3% of them`,
        ),
      ];
    }
    return [];
  });
  return [...selectionVerdicts(label, { toys, nuisances }, withoutErrors, WITHOUT_ERRORS), ...found];
}
