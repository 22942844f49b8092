/** Checks of the columns of events: what each says by itself, and beside the simulation that a model was trained on. */

import type { SimulatedRange, ValueRange } from "../../inference/model/simulated-range.js";
import type { Analysis } from "../configuration/analysis.js";
import { featureName } from "../configuration/analysis.js";
import { type CheckedFeature, type DataVerdict, plain, sampleVerdicts } from "./data-verdicts.js";
import type { LoadedEvents } from "./loaded-events.js";

/** Where T moves y, data may lie outside of simulation: by no more than its whole range on either side. */
const widened = ([least, largest]: ValueRange): ValueRange => [2 * least - largest, 2 * largest - least];

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
  { data, file, rows }: LoadedEvents,
  simulated: SimulatedRange | undefined,
  movesY: boolean,
): DataVerdict[] {
  const features = checkedFeatures(analysis, data, simulated, movesY);
  return sampleVerdicts({
    about: "data",
    where: file,
    features,
    weights: data.weights,
    nSimulated: simulated?.events,
    fileRows: rows,
  });
}

/**
 * "row 5 (counted from 0): x = 1e+20, y = 0.3", the row being that of the file.
 *
 * @param row  position among the events that are looked at
 */
export function eventText(analysis: Analysis, { data, rows }: LoadedEvents, row: number): string {
  const features = checkedFeatures(analysis, data, undefined, false);
  return `row ${rows?.[row] ?? row} (counted from 0): ${features.map(({ name, values }) => `${name} = ${plain(values[row]!)}`).join(", ")}`;
}
