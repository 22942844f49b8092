/** Checks of events by the likelihood that looks at them: their log-densities, and what each of them does to ν. */
import { NAMED_ROWS } from "../../inference/data-checks/stray-values.js";
import type { Analysis } from "../configuration/analysis.js";
import { UsageError } from "../errors.js";
import { columnVerdicts, eventText } from "../events/column-checks.js";
import type { DataVerdict } from "../events/data-verdicts.js";
import type { LoadedEvents } from "../events/event-data.js";
import type { OpenLikelihood } from "./bound-likelihood.js";
import { eventInfluence } from "./event-influence.js";

/** Events whose log-densities are looked at together. */
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
    return { check: "finite", text, count: this.count, rows: this.rows.map((row) => events.rows?.[row] ?? row) };
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
  open: CheckedLikelihood,
  nu: readonly number[],
  signal: AbortSignal,
): Promise<readonly DataVerdict[]> {
  return (await eventInfluence(open, { estimate: nu, covariance: undefined }, new Set(), signal)).verdicts;
}
