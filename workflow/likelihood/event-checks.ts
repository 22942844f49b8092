/** Checks of events by the likelihood that looks at them: their log-densities, and what each of them does to ν. */
import { InfluenceCheck } from "../../inference/data-checks/influence.js";
import { NAMED_ROWS } from "../../inference/data-checks/stray-values.js";
import type { Analysis } from "../configuration/analysis.js";
import { UsageError } from "../errors.js";
import { columnVerdicts, eventText } from "../events/column-checks.js";
import { type DataVerdict, rowText } from "../events/data-verdicts.js";
import type { LoadedEvents } from "../events/event-data.js";
import type { OpenLikelihood } from "./bound-likelihood.js";

/** Events whose log-densities or scores are looked at together. */
const PORTION = 2 ** 14;

type CheckedLikelihood = Pick<OpenLikelihood, "analysis" | "likelihood" | "events">;

/** `columnVerdicts` for a finished model. */
export const modelVerdicts = ({ analysis, events, model }: Pick<OpenLikelihood, "analysis" | "events" | "model">) =>
  columnVerdicts(analysis, events, model.simulated, model.transport !== undefined);

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
export async function requireFiniteDensities(
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
