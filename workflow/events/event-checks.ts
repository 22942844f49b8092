/** Checks of the data that a likelihood looks at: their columns, their log-densities, and what each of them does to ν. */
import { InfluenceCheck } from "../../inference/data-checks/influence.js";
import { NAMED_ROWS } from "../../inference/data-checks/stray-values.js";
import type { ObservableName } from "../../inference/model/sampling/simulated-events.js";
import type { Interval, SimulatedRange } from "../../inference/model/sampling/simulated-range.js";
import type { Analysis } from "../configuration/analysis.js";
import { UsageError } from "../errors.js";
import type { OpenLikelihood } from "../likelihood/open-likelihood.js";
import { type CheckedFeature, type DataVerdict, plain, rowText, sampleVerdicts } from "./data-verdicts.js";
import type { LoadedEvents } from "./event-data.js";

/** Events whose log-densities or scores are looked at together. */
const PORTION = 2 ** 14;

type CheckedLikelihood = Pick<OpenLikelihood, "analysis" | "likelihood" | "events">;

/** What a file calls a feature: as in `io/columns`. */
function featureName({ configuration }: Analysis, of: ObservableName, feature: number): string {
  const { columns, features } = configuration.observables[of]!;
  if (columns.length === features) return columns[feature]!;
  return columns.length === 1 ? `${columns[0]}[${feature}]` : `${of}[${feature}]`;
}

/** Where T moves y, data may lie outside of simulation: by no more than its whole range on either side. */
const widened = ([least, largest]: Interval): Interval => [2 * least - largest, 2 * largest - least];

/** The features of events, with the range in which they are expected. */
export function checkedFeatures(
  analysis: Analysis,
  events: Pick<LoadedEvents["data"], "count" | "x" | "y">,
  simulated: SimulatedRange | undefined,
  movesY: boolean,
): CheckedFeature[] {
  return (["x", "y"] as const).flatMap((of) => {
    const column = events[of];
    if (column === undefined) return [];
    return Array.from({ length: column.length / events.count }, (_, feature) => {
      const range = simulated?.[of]?.[feature];
      return {
        name: featureName(analysis, of, feature),
        values: column.subarray(feature * events.count, (feature + 1) * events.count),
        simulated: range,
        expected: range && of === "y" && movesY ? widened(range) : range,
      };
    });
  });
}

/**
 * What the columns say by themselves, before any fit.
 *
 * @param simulated  where the model was trained, as far as it is known
 * @param movesY     does T, or will it, move y of the data?
 */
export function columnVerdicts(
  analysis: Analysis,
  { data, file }: LoadedEvents,
  simulated: SimulatedRange | undefined,
  movesY: boolean,
): DataVerdict[] {
  const features = checkedFeatures(analysis, data, simulated, movesY);
  return sampleVerdicts({ where: file, features, weights: data.weights, nSimulated: simulated?.events });
}

/** `columnVerdicts` for a finished model. */
export const modelVerdicts = ({ analysis, events, model }: Pick<OpenLikelihood, "analysis" | "events" | "model">) =>
  columnVerdicts(analysis, events, model.simulated, model.transfer !== undefined);

/** "row 5 (counted from 0): x = 1e+20, y = 0.3" */
function eventText(analysis: Analysis, { data }: LoadedEvents, row: number): string {
  const features = checkedFeatures(analysis, data, undefined, false);
  return `row ${row} (counted from 0): ${features.map(({ name, values }) => `${name} = ${plain(values[row]!)}`).join(", ")}`;
}

/** Rows of log-densities that are no numbers, the first few, and how many there are. */
export class NonFinite {
  readonly rows: number[] = [];
  readonly values: number[] = [];
  count = 0;

  add(logProb: Float64Array, start: number): void {
    for (const [i, value] of logProb.entries()) {
      if (Number.isFinite(value)) continue;
      if (++this.count > NAMED_ROWS) continue;
      this.rows.push(start + i);
      this.values.push(value);
    }
  }

  verdict(analysis: Analysis, events: LoadedEvents): DataVerdict {
    const text = `${events.file}: ${this.text(analysis, events)}. Remove such events, or look for a sentinel or a wrong unit in them`;
    return { check: "finite", text, count: this.count, rows: this.rows };
  }

  /** "row 5 (counted from 0): x = 1e20, with log p = -infinity; 3 such events of 100" */
  text(analysis: Analysis, events: LoadedEvents): string {
    const first = `${eventText(analysis, events, this.rows[0]!)}, with log p = ${infinityText(this.values[0]!)}`;
    const rest = this.count === 1 ? "" : `; ${this.count} such events of ${events.data.count}`;
    return `${first}${rest}`;
  }
}

/** Overflow on the way to log p leaves NaN; both say that the density is 0 to the precision of the numbers. */
const infinityText = (value: number) => (value > 0 ? "infinity" : "-infinity");

/** Refuses events whose log-density at ν is not finite: no fit can begin there. */
export async function requireFinite(
  { analysis, likelihood, events }: CheckedLikelihood,
  nu: readonly number[],
  signal: AbortSignal,
): Promise<void> {
  const found = new NonFinite();
  const { count } = events.data;
  for (let start = 0; start < count; start += PORTION) {
    signal.throwIfAborted();
    const stop = Math.min(count, start + PORTION);
    found.add(await likelihood.logProb(nu, [start, stop]), start);
  }
  if (found.count === 0) return;
  throw new UsageError(events.file, {
    expected: `a finite log p of every event at nu = (${nu.join(", ")})`,
    got: found.text(analysis, events),
    hint: "Remove these events, or look for a sentinel or a wrong unit in them",
  });
}

/** Events that alone decide ν, by their scores at a point. */
export async function influenceVerdicts(
  { analysis, likelihood, events }: CheckedLikelihood,
  nu: readonly number[],
  signal: AbortSignal,
): Promise<DataVerdict[]> {
  const { count, weights } = events.data;
  const check = new InfluenceCheck(count, nu.length);
  for (let start = 0; start < count; start += PORTION) {
    signal.throwIfAborted();
    const stop = Math.min(count, start + PORTION);
    const scores = await likelihood.eventScores(nu, [start, stop]);
    const size = stop - start;
    check.add(weights === undefined ? scores : scores.map((g, i) => g * weights[start + (i % size)]!), start);
  }
  const dominant = check.dominant();
  const [first] = dominant;
  if (first === undefined) return [];
  const [logProb] = await likelihood.logProb(nu, [first.row, first.row + 1]);
  const shift = Number.isFinite(first.shift)
    ? `by ${first.shift.toPrecision(3)} standard deviations`
    : "beyond measure";
  const rows = dominant.slice(0, NAMED_ROWS).map(({ row }) => row);
  const others = dominant.length === 1 ? "" : `; in all, ${rowText(rows, dominant.length)} do so`;
  return [
    {
      check: "influence",
      text:
        `${events.file}: ${eventText(analysis, events, first.row)}, with log p = ${logProb!.toPrecision(6)}, alone moves ` +
        `${likelihood.names[first.nuisance]} ${shift}${others}. It dominates the likelihood: remove it, or find out what it is`,
      count: dominant.length,
      rows,
    },
  ];
}
