/** Coverage of toys as a table for people. */
import type { Coverage, CoverageCount } from "../../inference/statistics/toys/coverage.js";
import { textTable } from "../text-table.js";

const percent = (value: number) => (100 * value).toFixed(1);

/** "68.7 [66.0, 71.2] p 0.90" */
function countText({ covered, toys, interval, pValue }: CoverageCount): string {
  const [low, high] = interval;
  return `${percent(covered / toys)} [${percent(low)}, ${percent(high)}] p ${pValue.toPrecision(2)}`;
}

export function describeCoverage(label: string, { nuisances, pairs, toys }: Coverage, withoutErrors: number): string {
  const [first] = nuisances;
  const levels = first!.intervals.map(({ nominal }) => `covered (${percent(nominal)}%)`);
  const signed = (value: number, digits: number) => `${value < 0 ? "" : "+"}${value.toFixed(digits)}`;
  const header = ["", "bias", "spread", "mean sigma", "pull mean", "pull width", ...levels, "sigma factor"];
  const rows = nuisances.map((own) => [
    own.name,
    `${signed(own.bias, 4)} +- ${own.biasError.toFixed(4)}`,
    own.spread.toFixed(4),
    own.meanSigma.toFixed(4),
    `${signed(own.pullMean, 2)} p ${own.meanPValue.toPrecision(2)}`,
    `${own.pullWidth.toFixed(2)} p ${own.widthPValue.toPrecision(2)}`,
    ...own.intervals.map(countText),
    own.calibration.toFixed(2),
  ]);
  const ofPairs = pairs.map(({ names, ellipses }) => [
    names.join(", "),
    ...Array<string>(5).fill(""),
    ...ellipses.map(countText),
    "",
  ]);
  const missing = withoutErrors === 0 ? "" : `, ${withoutErrors} more without errors`;
  return `\n${label}: ${toys} toys${missing}\n${textTable([header, ...rows, ...ofPairs])}`;
}
