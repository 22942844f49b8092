/** What checks of the events found, as sentences and as data. */
import type { ColumnData } from "../../engine/runtime/backend.js";
import { copiesOf } from "../../inference/data-checks/copies.js";
import { COARSE_STEP, DOUBTFUL_STEP, type ValueGrid, valueGrid } from "../../inference/data-checks/grid.js";
import { type StrayValue, strayValues } from "../../inference/data-checks/stray-values.js";
import { type EventsOutside, eventsOutside } from "../../inference/data-checks/support.js";
import { dominantWeight } from "../../inference/data-checks/weights.js";
import type { ValueRange } from "../../inference/model/simulated-range.js";
import { UsageError } from "../errors.js";
import type { Verdict } from "../verdicts.js";

/** What a check of events found. */
export interface DataVerdict extends Verdict {
  readonly about: "simulation" | "data";
  readonly check:
    | "stray value"
    | "spike"
    | "grid"
    | "rounding"
    | "support"
    | "copies"
    | "weights"
    | "influence"
    | "finite"
    | "sides"
    | "apart";
  /** Events that it is about. */
  readonly count: number;
  /** The first of them, counted from 0. */
  readonly rows: readonly number[];
  /** Of a spike: the feature, and the value that these events have. */
  readonly spike?: { readonly name: string; readonly value: number };
}

/** What was found and what to do about it. */
type Said = Pick<DataVerdict, "text" | "advice">;

/** One feature of a sample, and where its values should lie. */
export interface CheckedFeature {
  /** As the file calls it. */
  readonly name: string;
  readonly values: ColumnData;
  /** Where simulated events lie; absent for simulation itself, and where it is unknown. */
  readonly simulated?: ValueRange | undefined;
  /** Where these should lie for all that is known: there, or around it. */
  readonly expected?: ValueRange | undefined;
}

/** As JavaScript writes it, but 1e+20 in place of its digits. */
export const plain = (value: number) => (Math.abs(value) >= 1e15 ? value.toExponential() : `${value}`);
/** Enough digits to find it again, and no more. */
const short = (value: number) => plain(Number(value.toPrecision(6)));
const between = ([least, largest]: ValueRange) => `between ${short(least)} and ${short(largest)}`;

/** "row 5", "rows 5, 7 and 12", "rows 5, 7, 12 and others" */
export function rowText(rows: readonly number[], count: number): string {
  if (count === 1) return `row ${rows[0]}`;
  if (count > rows.length) return `rows ${rows.join(", ")} and others`;
  return `rows ${rows.slice(0, -1).join(", ")} and ${rows.at(-1)}`;
}

const events = (count: number, of: number) => `${count} of ${of} events`;

function strayText(where: string, { name, values, simulated }: CheckedFeature, stray: StrayValue): Said {
  const { value, count, rows, isFar } = stray;
  const who = `${where}: ${events(count, values.length)} (${rowText(rows, count)}, counted from 0)`;
  const exactly = count === 1 ? "has" : "have";
  const found = `${who} ${exactly} ${name} = ${plain(value)}${count === 1 ? "" : " exactly"}`;
  if (!isFar) {
    return {
      text: `${found}, where other values hardly repeat. It looks like a sentinel, a default or a clipped value, of which there is no density`,
      advice: "Remove these events, or impute the value",
    };
  }
  const range =
    simulated === undefined ? "where no other event is near" : `while simulated events lie ${between(simulated)}`;
  return count === 1
    ? {
        text: `${found}, ${range}. It looks like a sentinel, a wrong unit or a broken event`,
        advice: "Remove it, or impute the value",
      }
    : {
        text: `${found}, ${range}. It looks like a sentinel for a missing value`,
        advice: "Remove these events, or impute the value",
      };
}

function gridText(where: string, { name, values }: CheckedFeature, { distinct, step, example }: ValueGrid): Said {
  const found =
    distinct === 1
      ? `the central 80% of ${values.length} events have ${name} = ${plain(example[0]!)}`
      : `${name} has ${distinct} different values in the central 80% of ${values.length} events, such as ${example.map(short).join(" and ")}: ` +
        `steps of ${step.toPrecision(2)} standard deviations`;
  return {
    text: `${where}: ${found}. A density of a continuous variable does not describe whole numbers, labels or coarsely rounded values`,
    advice:
      "Store more digits, or add a uniform random number of the width of a step, in simulation and data alike, or leave the feature out",
  };
}

function supportText(where: string, { name, values, simulated }: CheckedFeature, found: EventsOutside): Said {
  const { side, count, rows, interval, pValue } = found;
  const [end, word] = side === "below" ? [simulated![0], "least"] : [simulated![1], "largest"];
  return {
    text:
      `${where}: ${events(count, values.length)} (${rowText(rows, count)}, counted from 0) have ${name} ${between(interval)}, ` +
      `${side} ${short(end)}, the ${word} simulated value (probability ${pValue < 1e-12 ? "below 1e-12" : pValue.toExponential(1)}). ` +
      "Densities are not trained there",
    advice: "Cut data and simulation to the same range, or simulate what is missing",
  };
}

export interface CheckedSample {
  readonly about: DataVerdict["about"];
  /** The file. */
  readonly where: string;
  readonly features: readonly CheckedFeature[];
  readonly weights?: ColumnData | undefined;
  /** Effective number of simulated events, of which the ranges are; absent where there are none. */
  readonly nSimulated?: number | undefined;
  /** Of each event its row in the file, where that is not its position. */
  readonly fileRows?: Int32Array | undefined;
}

type Found = Omit<DataVerdict, "about" | "failed">;

/** What the columns of a sample say by themselves. */
export function sampleVerdicts({ about, ...sample }: CheckedSample): DataVerdict[] {
  return foundIn(sample).map((own) => ({ ...own, about, failed: true }));
}

function foundIn({ where, features, weights, nSimulated, fileRows }: Omit<CheckedSample, "about">): Found[] {
  const inFile = <T extends { readonly rows: readonly number[] }>(found: T): T =>
    fileRows === undefined ? found : { ...found, rows: found.rows.map((row) => fileRows[row]!) };
  const ofFeatures = features.flatMap((feature): Found[] => {
    const { values, expected } = feature;
    const strays = strayValues(values, expected).map(inFile);
    const far = new Set(strays.flatMap(({ value, isFar }) => (isFar ? [value] : [])));
    const outside =
      expected === undefined || nSimulated === undefined
        ? []
        : eventsOutside(values, expected, nSimulated, features.length, far).map(inFile);
    return [
      ...strays.map((stray) => ({
        check: stray.isSpike ? ("spike" as const) : ("stray value" as const),
        ...strayText(where, feature, stray),
        count: stray.count,
        rows: stray.rows,
        ...(stray.isSpike && { spike: { name: feature.name, value: stray.value } }),
      })),
      ...gridVerdicts(where, feature, new Set(strays.map(({ value }) => value))),
      ...outside.map((found) => ({
        check: "support" as const,
        ...supportText(where, feature, found),
        count: found.count,
        rows: found.rows,
      })),
    ];
  });
  return [...ofFeatures, ...copyVerdicts(where, features), ...weightVerdicts(where, weights, fileRows)];
}

function gridVerdicts(where: string, feature: CheckedFeature, strays: ReadonlySet<number>): Found[] {
  const found = valueGrid(feature.values, strays);
  if (found === undefined || found.step < DOUBTFUL_STEP) return [];
  const check = found.step < COARSE_STEP ? "rounding" : "grid";
  return [{ check, ...gridText(where, feature, found), count: feature.values.length, rows: [] }];
}

function copyVerdicts(where: string, features: readonly CheckedFeature[]): Found[] {
  const copies = copiesOf(features.map(({ values }) => values));
  if (copies === 1) return [];
  const count = features[0]!.values.length;
  const text =
    `${where}: every value occurs ${copies} times or a multiple of it, as if each of ${count / copies} events were there ` +
    `${copies} times. Errors would be too small by the root of that`;
  return [{ check: "copies", text, advice: "Remove the copies", count, rows: [] }];
}

function weightVerdicts(where: string, weights: ColumnData | undefined, fileRows: Int32Array | undefined): Found[] {
  const heavy = weights && dominantWeight(weights);
  if (heavy === undefined) return [];
  const row = fileRows?.[heavy.row] ?? heavy.row;
  const text =
    `${where}: the weight of the event in row ${row} (counted from 0), ${short(heavy.weight)}, outweighs all others: ` +
    "it holds more than half of the sum of squared weights";
  return [{ check: "weights", text, advice: "Remove this event, or correct its weight", count: 1, rows: [row] }];
}

/** Refuses, before anything is trained, features that have no density: each finding was a warning before. */
export function requireDensities(file: string, spikes: "refuse" | "keep", verdicts: readonly DataVerdict[]): void {
  const found = spikes === "keep" ? [] : verdicts.filter(({ check }) => check === "spike" || check === "grid");
  if (found.length === 0) return;
  const values = new Map<string, Set<number>>();
  for (const { spike } of found) {
    if (spike !== undefined) values.set(spike.name, (values.get(spike.name) ?? new Set()).add(spike.value));
  }
  const without = [...values].map(
    ([name, own]) => `{feature: ${JSON.stringify(name)}, values: [${[...own].map(plain).join(", ")}]}`,
  );
  const remove = `data.without: [${without.join(", ")}] removes the events with such values, in data and simulation alike`;
  throw new UsageError(file, {
    expected: "features that have a density",
    got: `${found.length} finding${found.length === 1 ? "" : "s"}, named in the warnings, of values that no density has`,
    hint: `Correct them${without.length === 0 ? "" : `, or remove them: ${remove}`}. With data.spikes: keep they are fitted all the same`,
  });
}

/** Refuses data outside of simulation where the configuration says so: each finding was a warning before. */
export function requireSupport(
  file: string,
  outside: "warn" | "refuse" | "drop",
  verdicts: readonly DataVerdict[],
): void {
  const found = verdicts.filter(({ check }) => check === "support");
  if (outside !== "refuse" || found.length === 0) return;
  throw new UsageError(`${file}: data.outside is refuse`, {
    expected: "data where simulated events lie, up to chance",
    got: `${found.length} finding${found.length === 1 ? "" : "s"}, named in the warnings`,
    hint: "Cut data and simulation to the same range, or set data.outside to drop",
  });
}
