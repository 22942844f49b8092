/** Coverage of toys as a table for people. */
import type { Coverage, CoverageCount } from "../../inference/statistics/toys/coverage.js";
import { toyNumbersText } from "../steps/toy-numbers.js";
import type { SampledPoint } from "../steps/toy-samples.js";
import type { CoverageOfPoints } from "../steps/toy-verdicts.js";
import { textTable } from "../text-table.js";

const percent = (value: number) => (100 * value).toFixed(1);

/** "68.7 [66.0, 71.2] p 0.90" */
function countText({ covered, toys, interval, pValue }: CoverageCount): string {
  const [low, high] = interval;
  return `${percent(covered / toys)} [${percent(low)}, ${percent(high)}] p ${pValue.toPrecision(2)}`;
}

const signed = (value: number, digits: number) => `${value < 0 ? "" : "+"}${value.toFixed(digits)}`;

/** Of numbers that are rounded where an error has its fourth digit. */
const decimalsOf = (sigma: number) => (sigma > 0 ? Math.min(12, Math.max(0, 3 - Math.floor(Math.log10(sigma)))) : 4);

/** @param missing  numbers of toys that there should be */
export function describeCoverage(
  label: string,
  { nuisances, pairs, toys }: Coverage,
  withoutErrors: number,
  missing: readonly number[],
): string {
  const without = withoutErrors === 0 ? "" : `, ${withoutErrors} more without errors`;
  const lacking = missing.length === 0 ? "" : `, ${missing.length} missing (${toyNumbersText(missing)})`;
  const heading = `\n${label}: ${toys} toys${without}${lacking}`;
  const [first] = nuisances;
  if (first === undefined) return `${heading}. Pulls and coverage need two toys with errors at least`;
  const levels = first.intervals.map(({ nominal }) => `covered (${percent(nominal)}%)`);
  const header = ["", "bias", "spread", "mean sigma", "pull mean", "pull width", ...levels, "sigma factor"];
  const rows = nuisances.map(({ meanSigma, ...own }) => [
    own.name,
    `${signed(own.bias, decimalsOf(meanSigma))} +- ${own.biasError.toFixed(decimalsOf(meanSigma))}`,
    own.spread.toFixed(decimalsOf(meanSigma)),
    meanSigma.toFixed(decimalsOf(meanSigma)),
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
  return `${heading}\n${textTable([header, ...rows, ...ofPairs])}`;
}

/** The means of the pulls, point by point. */
export function describePoints({ points }: Pick<CoverageOfPoints, "points">): string {
  const [first] = points;
  if (first === undefined) return "";
  const rows = points.map(({ name, toys, nuisances }) => [
    name,
    `${toys}`,
    ...nuisances.map(
      ({ pullMean, pullWidth }) => `${signed(pullMean, 2)} +- ${(pullWidth / Math.sqrt(toys)).toFixed(2)}`,
    ),
  ]);
  const header = ["mean pulls at", "toys", ...first.nuisances.map(({ name }) => name)];
  return `\n${textTable([header, ...rows])}`;
}

/** What toys of the samples are, and what they cannot show. */
export function describeSamples(
  points: readonly Pick<SampledPoint, "name" | "samples" | "shared" | "chance">[],
): string {
  const events = points.reduce((sum, { samples }) => sum + samples.reduce((all, { count }) => all + count, 0), 0);
  const largest = (of: (point: (typeof points)[number]) => number) => Math.max(...points.map(of));
  const errors = largest(({ shared }) => shared.errors);
  const where = points.map(({ name }) => name).join("; ");
  return (
    `Toys are drawn from ${events} simulated events, at ${where}. Trainings have seen most of these events: a bias shows what the ` +
    "densities cannot describe, not what the simulation leaves open. The toys of a point share the fluctuation of its events, at most " +
    `${largest(({ shared }) => shared.shift).toFixed(2)} standard deviations of a nuisance. Of that, ` +
    `${largest(({ chance }) => chance).toFixed(2)} is what the events held out from training add, and no fault of the densities.` +
    (errors > 1.005 ? ` Negative weights make the errors of toys up to ${errors.toFixed(2)} times those of data.` : "")
  );
}
