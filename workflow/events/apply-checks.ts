/** Checks of the events that T is applied to, and of what it makes of them. */

import { NAMED_ROWS } from "../../inference/data-checks/stray-values.js";
import type { ApplySample, Direction } from "../../inference/measurements/distribution-of-interest/apply.js";
import type { MixtureModel } from "../../inference/model/mixture-model.js";
import type { NamedArray } from "../../io/index.js";
import type { Analysis } from "../configuration/analysis.js";
import { verdictText } from "../verdicts.js";
import { columnVerdicts } from "./column-checks.js";
import { type DataVerdict, rowText } from "./data-verdicts.js";

/** Events that lie where nothing was trained. */
export function sampleWarnings(
  analysis: Analysis,
  { simulated }: MixtureModel,
  file: string,
  { count, x, y }: ApplySample,
  direction: Direction,
): string[] {
  const events = { data: { count, x, y }, total: count, file };
  return columnVerdicts(analysis, events, simulated, direction === "to-simulation").map(verdictText);
}

/** Events whose results are no numbers. */
export function resultVerdicts(file: string, results: readonly NamedArray[], count: number): DataVerdict[] {
  const isLost = new Uint8Array(count);
  for (const { data } of results) {
    const width = data.length / count;
    for (let i = 0; i < data.length; i++) if (!Number.isFinite(Number(data[i]))) isLost[Math.floor(i / width)] = 1;
  }
  const lost = isLost.reduce((sum, one) => sum + one, 0);
  if (lost === 0) return [];
  const rows: number[] = [];
  for (let row = isLost.indexOf(1); row >= 0 && rows.length < NAMED_ROWS; row = isLost.indexOf(1, row + 1))
    rows.push(row);
  const text =
    `${file}: T gives no finite numbers for ${lost} of ${count} events (${rowText(rows, lost)}, counted from 0): they lie too far ` +
    "from the events of its training";
  const advice = "Remove them, or look for a sentinel or a wrong unit in them";
  return [{ check: "finite", about: "data", failed: true, text, advice, count: lost, rows }];
}
