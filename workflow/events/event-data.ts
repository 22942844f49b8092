/** The data of an analysis: its file of events, or what `run` generated. */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import type { ColumnData } from "../../engine/runtime/backend.js";
import { sharedColumn } from "../../engine/runtime/shared-column.js";
import { totalWeight } from "../../flows/training/weighted-moments.js";
import type { EventData } from "../../inference/model/likelihood/likelihood.js";
import { isThere } from "../../io/events/place.js";
import { writeNpz } from "../../io/index.js";
import { type Analysis, pathOf } from "../configuration/analysis.js";
import { type Derivation, dataDerivation } from "../configuration/derivation.js";
import { UsageError } from "../errors.js";
import { DATA_FILE } from "../store/output-folder.js";
import { type EventSource, fileSource, readDerived } from "./derived/read.js";
import type { LoadedEvents } from "./loaded-events.js";
import { afterSelection, withoutValues } from "./selection.js";

export type { LoadedEvents } from "./loaded-events.js";

/** [features, events] → [events, features] */
export function transposed(column: ColumnData, count: number): Float32Array | Float64Array {
  const width = column.length / count;
  const rows = column instanceof Float32Array ? new Float32Array(column.length) : new Float64Array(column.length);
  for (let i = 0; i < width; i++) for (let e = 0; e < count; e++) rows[e * width + i] = column[i * count + e]!;
  return rows;
}

/** Leaves generated data where `loadEvents` finds them. */
export async function saveEvents(folder: string, { count, x, y, weights }: EventData): Promise<void> {
  const columns = Object.entries({ x, y, weight: weights }).flatMap(([name, column]) =>
    column === undefined
      ? []
      : [[name, { shape: [count, column.length / count], data: transposed(column, count) }] as const],
  );
  await writeNpz(join(folder, DATA_FILE), new Map(columns));
}

/**
 * The analysis of other data.
 *
 * @param file  the user's --events, relative to where the command was given
 */
export function withEvents(analysis: Analysis, file: string | undefined): Analysis {
  if (file === undefined) return analysis;
  const { configuration } = analysis;
  const data = { ...configuration.data, file: resolve(file), source: undefined };
  return { ...analysis, configuration: { ...configuration, data } };
}

/** Whether the data of an analysis are there. */
export function hasEvents(analysis: Analysis, folders: readonly string[]): boolean {
  const { file } = analysis.configuration.data;
  if (file !== undefined) return isThere(pathOf(analysis, file));
  return folders.some((folder) => existsSync(join(folder, DATA_FILE)));
}

/** Generated data have the columns of the observables alone. */
const AS_SAVED: Derivation = { columns: new Map(), missing: {}, where: [], weights: [] };

/** The file of the data. @param folders where `run` may have left generated data, the likeliest first */
export const dataFile = (analysis: Analysis, folders: readonly string[]): string => {
  const { file } = analysis.configuration.data;
  return file === undefined ? generatedData(analysis, folders) : pathOf(analysis, file);
};

/**
 * The columns that the likelihood looks at.
 *
 * @param folders where `run` may have left generated data, the likeliest first
 * @param head    number of events to keep; all where undefined
 */
export async function loadEvents(
  analysis: Analysis,
  folders: readonly string[],
  head: number | undefined,
): Promise<LoadedEvents> {
  const file = dataFile(analysis, folders);
  const loaded = await eventsFrom(analysis, await fileSource(file, head));
  checkHead(file, head, loaded.total);
  checkLoaded(analysis, loaded);
  return loaded;
}

export function checkHead(file: string, head: number | undefined, total: number): void {
  if (head === undefined || head <= total) return;
  throw new UsageError("--head", {
    expected: `at most ${total}, the events of ${file}`,
    got: `${head}`,
    hint: "Leave it out to take all",
  });
}

/** The same of some events of the file, which are not yet checked as a whole. */
export async function eventsFrom(analysis: Analysis, source: EventSource): Promise<LoadedEvents> {
  const { file } = source;
  const { data, likelihood, observables } = analysis.configuration;
  // Generated data are saved under the names of the observables.
  const names = (observable: "x" | "y") =>
    data.file === undefined ? [observable] : (observables[observable]?.columns ?? []);
  const hasY = likelihood.observables.includes("y");
  const wanted = [...names("x"), ...(hasY ? names("y") : [])];
  const derived = await readDerived(source, data.file === undefined ? AS_SAVED : dataDerivation(analysis), wanted);
  const { count, total, weights } = derived;
  const column = (name: readonly string[], features: number) => sharedColumn(derived.column(name, features));
  const all: EventData = {
    count,
    x: column(names("x"), observables.x.features),
    ...(hasY && { y: column(names("y"), observables.y!.features) }),
    ...(weights && { weights: sharedColumn(weights) }),
  };
  const { rows, leftOut } = derived;
  const selected = { data: all, total, file, rows, ...(leftOut.length > 0 && { leftOut }) };
  return afterSelection(selected, withoutValues(analysis, file, all));
}

/** Refuses events, of those that are looked at, of which no likelihood can be made. */
export function checkLoaded(analysis: Analysis, { data: { count, weights }, file }: LoadedEvents): void {
  if (count === 0) requireNoEvents(analysis, file);
  const { weight } = analysis.configuration.data;
  if (weights !== undefined && count > 0) checkWeights(`${file}, column ${JSON.stringify(weight)}`, { count, weights });
}

/** Refuses no events where they are needed: without any, only their number says something, and T cannot be fitted. */
function requireNoEvents({ configuration: { likelihood, transport } }: Analysis, file: string): void {
  const needs = !likelihood.extended
    ? "likelihood.extended is false, so that their number says nothing"
    : likelihood.form !== "joint"
      ? "likelihood.form is conditional"
      : likelihood.observables.includes("y") && transport.enabled
        ? "T is fitted to them (transport.enabled)"
        : undefined;
  if (needs === undefined) return;
  throw new UsageError(file, {
    expected: `at least one event, as ${needs}`,
    got: "none",
    hint: "An extended fit of x alone can do without",
  });
}

/** Weights may be of either sign, but not the data as a whole. */
export function checkWeights(where: string, sample: Required<Pick<EventData, "count" | "weights">>): void {
  checkTotalWeight(where, sample.count, totalWeight(sample));
}

/** @param total  Σ w of so many events */
export function checkTotalWeight(where: string, count: number, total: number): void {
  if (total > 0 && Number.isFinite(total)) return;
  throw new UsageError(where, {
    expected: "weights with a positive finite sum",
    got: `${total} for ${count} events`,
    hint: "Look for a wrong column, and for too many negative weights",
  });
}

function generatedData(analysis: Analysis, folders: readonly string[]): string {
  const found = folders.map((folder) => join(folder, DATA_FILE)).find((file) => existsSync(file));
  if (found !== undefined) return found;
  throw new UsageError(analysis.file, {
    expected: `the generated data, ${join(folders[0]!, DATA_FILE)}`,
    got: "no such file",
    hint: `Make them with \`unbinned run ${analysis.file}\``,
  });
}
