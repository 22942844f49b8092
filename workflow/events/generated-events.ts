/** Data that are generated, in a folder that several commands of one analysis may share. */
import type { EventData } from "../../inference/model/likelihood/likelihood.js";
import { UsageError } from "../errors.js";
import { type LoadedEvents, saveEvents } from "./event-data.js";
import { digestOf } from "./event-digest.js";

/**
 * Generated data from their file, which is written where it has others. Units of work of the same analysis share a folder: a file that all of them
 * would replace is one that others are reading.
 */
export async function generatedEvents(
  folder: string,
  generated: EventData,
  load: () => Promise<LoadedEvents>,
): Promise<LoadedEvents> {
  // A file that cannot be read is replaced.
  const kept = await load().catch(() => undefined);
  if (kept !== undefined && hasData(kept, generated)) return kept;
  await saveEvents(folder, generated);
  const written = await load();
  if (hasData(written, generated)) return written;
  throw new UsageError(written.file, {
    expected: "the data of this analysis, just written",
    got: "others: another analysis writes to this folder",
    hint: "Wait until it has finished, or choose another --out",
  });
}

const hasData = ({ data }: LoadedEvents, { x, y }: EventData): boolean =>
  digestOf({ x, ...(data.y && y && { y }) }) === digestOf(data);
