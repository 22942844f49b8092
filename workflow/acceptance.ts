/** What the shape nuisances do to the yields, from the sums of weights of the samples, as far as the configuration wants it. */

import type { YieldRatio } from "../inference/data-checks/yield-ratios.js";
import { type Acceptance, checkAcceptance } from "../inference/model/acceptance.js";
import { measurement } from "../inference/plots/index.js";
import {
  type Analysis,
  affectedProcesses,
  expectedYield,
  nuisancesOfKind,
  processNames,
} from "./configuration/analysis.js";
import { mostEventsExceeded } from "./configuration/size-checks.js";
import type { Configuration } from "./configuration/table.js";
import { UsageError } from "./errors.js";

/** The yield one prior standard deviation from the nominal value over the nominal yield. */
export interface AcceptanceSide {
  /** Of the nuisance, in the samples that say it. */
  readonly value: number;
  /** Where `value` is not one from nominal: the ratio of its samples to the power that takes it there. */
  readonly ratio: number;
  /** Monte Carlo error, one standard deviation. */
  readonly error: number;
}

/** How the yield of a process follows a nuisance. */
export interface AcceptanceRow {
  readonly nuisance: string;
  readonly process: string;
  /** Null where no sample says it: log-normal, from the other side. */
  readonly up: AcceptanceSide | null;
  readonly down: AcceptanceSide | null;
}

export interface AcceptanceFindings {
  readonly rows: readonly AcceptanceRow[];
  /** Sentences on what is doubtful. */
  readonly notes: readonly string[];
}

export const NO_ACCEPTANCE: AcceptanceFindings = { rows: [], notes: [] };

/** Of Poisson errors, beyond which numbers of events differ by more than chance. */
const BEYOND_CHANCE = 3;

/** Of Monte Carlo errors, below which a change of a yield may be a fluctuation. */
const INSIGNIFICANT = 2;

/** Factor on a yield beyond which samples of other sizes, with weights that are not normalised, are likelier than an effect. */
const LARGE = 1.3;

/** The samples nearest to nominal on one side, those one away before all others. */
function sideOf(ratios: readonly YieldRatio[], nominal: number, sign: 1 | -1): AcceptanceSide | null {
  const distance = ({ value }: YieldRatio) => sign * (value - nominal);
  const candidates = ratios.filter((own) => distance(own) > 0).sort((a, b) => distance(a) - distance(b));
  const best = candidates.find((own) => distance(own) === 1) ?? candidates[0];
  if (best === undefined) return null;
  const power = 1 / distance(best);
  const ratio = best.ratio ** power;
  return { value: best.value, ratio, error: power * ratio * (best.error / best.ratio) };
}

function requirePositive({ file }: Analysis, name: string, process: string, own: YieldRatio): void {
  if (own.sum > 0 && own.nominalSum > 0) return;
  throw new UsageError(`${file}: nuisances.${name}.acceptance`, {
    expected: `positive sums of weights of ${process}, in its nominal samples and at ${name} = ${own.value}`,
    got: `${own.nominalSum} and ${own.sum}`,
    hint: "Correct the weights, or set it to none",
  });
}

const isChanged = ({ sum, nominalSum }: YieldRatio) =>
  Math.abs(sum - nominalSum) > BEYOND_CHANCE * Math.sqrt(sum + nominalSum);

/**
 * @param ratios  of all processes
 * @param yields  expected events of each process; those of the configuration, where they do not follow from samples
 */
export function acceptanceOf(
  analysis: Analysis,
  ratios: readonly YieldRatio[],
  yields?: readonly (number | undefined)[],
): AcceptanceFindings {
  const { configuration } = analysis;
  const processes = processNames(configuration);
  const yieldOf: YieldOf = (name) =>
    yields === undefined ? expectedYield(configuration, name) : yields[processes.indexOf(name)];
  const rows: AcceptanceRow[] = [];
  /** Numbers of events that differ and are not taken. */
  const ignored: { readonly name: string; readonly process: string; readonly own: YieldRatio }[] = [];
  for (const [k, name] of nuisancesOfKind(configuration, "shape").entries()) {
    const { acceptance, nominal } = configuration.nuisances[name]!;
    if (acceptance === "none") continue;
    for (const process of affectedProcesses(configuration, name)) {
      const f = processes.indexOf(process);
      const own = ratios.filter((ratio) => ratio.nuisance === k && ratio.process === f);
      const taken = own.filter(({ hasWeights }) => acceptance === "sums" || hasWeights);
      ignored.push(
        ...own.flatMap((ratio) => (!taken.includes(ratio) && isChanged(ratio) ? [{ name, process, own: ratio }] : [])),
      );
      for (const ratio of taken) requirePositive(analysis, name, process, ratio);
      const row = { nuisance: name, process, up: sideOf(taken, nominal, 1), down: sideOf(taken, nominal, -1) };
      if (row.up === null && row.down === null) continue;
      checkRow(analysis, row);
      rows.push(row);
    }
  }
  return {
    rows,
    notes: [
      ...ignoredNote(ignored),
      ...distanceNote(configuration, rows),
      ...largeNote(rows),
      ...fluctuationNote(yieldOf, rows),
    ],
  };
}

/** Natural logarithms of the ratios. */
export const logsOf = ({ up, down }: AcceptanceRow): Acceptance => ({
  up: up && Math.log(up.ratio),
  down: down && Math.log(down.ratio),
});

/** Refuses yields that a fit could not interpolate or hold. */
function checkRow({ file, configuration }: Analysis, row: AcceptanceRow): void {
  const { nuisance, process } = row;
  const where = `${file}: nuisances.${nuisance}.acceptance, yields of ${process}`;
  const acceptance = logsOf(row);
  checkAcceptance(where, acceptance);
  const perUnit = Math.max(Math.abs(acceptance.up ?? 0), Math.abs(acceptance.down ?? 0));
  const problem = mostEventsExceeded(configuration, { nuisance, process, perUnit });
  if (problem === undefined) return;
  const got = `a factor of ${Math.exp(perUnit).toPrecision(4)} per standard deviation`;
  throw new UsageError(where, { expected: problem.expected, got, hint: "Correct the weights, or narrow the bounds" });
}

/** For the model: of each process [F]; undefined where no yield follows the nuisance. */
export function acceptanceModel(
  configuration: Configuration,
  nuisance: string,
  rows: readonly AcceptanceRow[],
): Acceptance[] | undefined {
  const own = rows.filter((row) => row.nuisance === nuisance);
  if (own.length === 0) return undefined;
  return processNames(configuration).map((name) => {
    const row = own.find(({ process }) => process === name);
    return row === undefined ? { up: null, down: null } : logsOf(row);
  });
}

const others = (count: number) => (count === 0 ? "" : ` (and ${count} more such ${count === 1 ? "case" : "cases"})`);

function ignoredNote(
  ignored: readonly { readonly name: string; readonly process: string; readonly own: YieldRatio }[],
): string[] {
  const [first] = ignored;
  if (first === undefined) return [];
  const { name, process, own } = first;
  return [
    `nuisance ${name}: the samples of ${process} have ${own.sum} events at ${name} = ${own.value} and ${own.nominalSum} at the nominal ` +
      `values${others(ignored.length - 1)}. They have no weights, so these numbers are not taken for yields, and the yield does not follow ` +
      `the nuisance. If they are yields, set nuisances.${name}.acceptance to sums; if not, set it to none`,
  ];
}

/** Most rows that a sentence names. */
const MOST_NAMED = 5;

function distanceNote(configuration: Configuration, rows: readonly AcceptanceRow[]): string[] {
  const far = rows.flatMap(({ nuisance, process, up, down }) => {
    const { nominal } = configuration.nuisances[nuisance]!;
    const values = [up, down].flatMap((side) =>
      side !== null && Math.abs(side.value - nominal) !== 1 ? [side.value] : [],
    );
    return values.length === 0 ? [] : [`${process} with ${nuisance} = ${values.join(" and ")}`];
  });
  if (far.length === 0) return [];
  return [
    `the yields of ${far.slice(0, MOST_NAMED).join(", ")}${others(Math.max(0, far.length - MOST_NAMED))} come from samples that are not one ` +
      "standard deviation from nominal: the logarithm of the yield is taken as linear between nominal and these samples, the nearest ones",
  ];
}

/** "1.200 ± 0.038 at scale = 1" */
const shownSide = (nuisance: string, { value, ratio, error }: AcceptanceSide) =>
  `${measurement(ratio, error)} at ${nuisance} = ${value}`;

function largeNote(rows: readonly AcceptanceRow[]): string[] {
  const large = rows.flatMap(({ nuisance, process, up, down }) => {
    const side = [up, down].find((own) => own !== null && Math.abs(Math.log(own.ratio)) > Math.log(LARGE));
    return side ? [`${process} (${shownSide(nuisance, side)})`] : [];
  });
  if (large.length === 0) return [];
  return [
    `the yields of ${large.slice(0, MOST_NAMED).join(", ")}${others(Math.max(0, large.length - MOST_NAMED))} change by more than a factor of ` +
      `${LARGE}, as the sums of weights of their samples do. Are the weights normalised, for example to cross sections? If not, set ` +
      "nuisances.NAME.acceptance to none",
  ];
}

const isFluctuation = (side: AcceptanceSide | null) =>
  side === null || Math.abs(side.ratio - 1) < INSIGNIFICANT * side.error;

/**
 * Information on a nuisance, beside 1 of its constraint, from which on a change of the yields that may be a fluctuation is worth a note: it
 * would make the error 1 / √1.1 of what it is, 5% too small.
 */
const NOTICED_INFORMATION = 0.1;

/** Expected events of a process. */
type YieldOf = (process: string) => number | undefined;

/** N δ², what N events say of a nuisance that changes their number by a part δ; less where other processes hide them. */
function yieldInformation(yieldOf: YieldOf, { process, up, down }: AcceptanceRow): number {
  // A model that was trained before may have yields of its own: they may be large.
  const events = yieldOf(process) ?? Number.POSITIVE_INFINITY;
  const change = Math.max(...[up, down].map((side) => Math.abs((side?.ratio ?? 1) - 1)));
  return change === 0 ? 0 : events * change ** 2;
}

function fluctuationNote(yieldOf: YieldOf, rows: readonly AcceptanceRow[]): string[] {
  const fluctuations = rows.filter(({ up, down }) => isFluctuation(up) && isFluctuation(down));
  const informationOn = (name: string) =>
    fluctuations.reduce((sum, row) => sum + (row.nuisance === name ? yieldInformation(yieldOf, row) : 0), 0);
  const doubtful = fluctuations.filter(
    (row) => yieldInformation(yieldOf, row) > 0 && informationOn(row.nuisance) > NOTICED_INFORMATION,
  );
  if (doubtful.length === 0) return [];
  const named = doubtful.slice(0, MOST_NAMED).map(({ nuisance, process, up, down }) => {
    return `${process} (${shownSide(nuisance, (up ?? down)!)})`;
  });
  return [
    `the yields of ${named.join(", ")}${others(doubtful.length - named.length)} change by less than ${INSIGNIFICANT} Monte Carlo errors. ` +
      "The fit takes such a change for an effect of the nuisance all the same. Simulate more, or set nuisances.NAME.acceptance to none",
  ];
}
