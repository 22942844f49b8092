/** Checks of the events that T is applied to, and of what it makes of them. */

import { NAMED_ROWS } from "../../inference/data-checks/stray-values.js";
import type { Direction } from "../../inference/measurements/distribution-of-interest/apply.js";
import type { MixtureModel } from "../../inference/model/mixture-model.js";
import type { NamedArray } from "../../io/index.js";
import type { Analysis } from "../configuration/analysis.js";
import { verdictText } from "../verdicts.js";
import { columnVerdicts } from "./column-checks.js";
import { type DataVerdict, rowText } from "./data-verdicts.js";
import type { LoadedEvents } from "./loaded-events.js";

/** Events that lie where nothing was trained. */
export function sampleWarnings(
  analysis: Analysis,
  { simulated }: MixtureModel,
  events: LoadedEvents,
  direction: Direction,
): string[] {
  return columnVerdicts(analysis, events, simulated, direction === "to-simulation").map(verdictText);
}

/** Events whose results are no numbers, of all blocks. */
export class LostEvents {
  private readonly rows: number[] = [];
  private count = 0;

  /** @param firstRow  of the file, of the first of these events */
  add(results: readonly NamedArray[], count: number, firstRow: number): void {
    const isLost = new Uint8Array(count);
    for (const { data } of results) {
      const width = data.length / count;
      for (let i = 0; i < data.length; i++) if (!Number.isFinite(Number(data[i]))) isLost[Math.floor(i / width)] = 1;
    }
    this.count += isLost.reduce((sum, one) => sum + one, 0);
    for (let row = isLost.indexOf(1); row >= 0 && this.rows.length < NAMED_ROWS; row = isLost.indexOf(1, row + 1))
      this.rows.push(firstRow + row);
  }

  /** @param of  number of all events */
  verdicts(file: string, of: number): DataVerdict[] {
    const { count, rows } = this;
    if (count === 0) return [];
    const text =
      `${file}: T gives no finite numbers for ${count} of ${of} events (${rowText(rows, count)}, counted from 0): they lie too far ` +
      "from the events of its training";
    const advice = "Remove them, or look for a sentinel or a wrong unit in them";
    return [{ check: "finite", about: "data", failed: true, text, advice, count, rows }];
  }
}
