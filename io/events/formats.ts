/** The kinds of files of events, by their extensions. */
import { extname } from "node:path";
import { FileError, quote } from "../errors.js";
import type { EventFile, EventFormat } from "../event-format.js";
import { foreignHint } from "../foreign-formats.js";
import { npy, npz, safetensors } from "./array-formats.js";
import { csv } from "./csv-format.js";
import { hdf5 } from "./hdf5-format.js";
import { parquet } from "./parquet-format.js";
import { type EventPath, type Place, placesOf, splitPart } from "./place.js";
import { root } from "./root-format.js";

const formats: Readonly<Record<string, EventFormat>> = {
  ".npz": npz,
  ".npy": npy,
  ".safetensors": safetensors,
  ".csv": csv,
  ".parquet": parquet,
  ".pq": parquet,
  ".root": root,
  ".h5": hdf5,
  ".hdf5": hdf5,
  ".hdf": hdf5,
};

/** The extensions of files of events. */
export const eventExtensions: readonly string[] = Object.keys(formats);

/** Those of files that are written, too. */
export const writtenExtensions: readonly string[] = eventExtensions.filter(
  (extension) => formats[extension]!.write !== undefined,
);

const extensionOf = (path: string) => extname(splitPart(path).path).toLowerCase();

/** Whether there is a format of events for the file, by its extension. */
export const isEventFile = (path: string): boolean => Object.hasOwn(formats, extensionOf(path));

/** Whether files of this extension are written. */
export const isWritten = (path: string): boolean => writtenExtensions.includes(extensionOf(path));

export function formatOf(path: string): EventFormat {
  const extension = extensionOf(path);
  if (Object.hasOwn(formats, extension)) return formats[extension]!;
  const hint = foreignHint(extension);
  throw new FileError(path, {
    expected: `a file of events: ${eventExtensions.join(", ")}`,
    got: `the extension ${quote(extname(path))}`,
    ...(hint !== undefined && { hint }),
  });
}

/** The format that a file is written in. */
export function writerOf(path: string): NonNullable<EventFormat["write"]> {
  const { write } = formatOf(path);
  if (write !== undefined) return write;
  throw new FileError(path, {
    expected: `a kind of file that is written: ${writtenExtensions.join(", ")}`,
    got: extensionOf(path),
    hint: "docs/files.md says how to convert what is written to ROOT",
  });
}

/** Whether all files of a path are read piece by piece, so that they need not fit in memory. */
export const isReadInPieces = (path: EventPath): boolean =>
  placesOf(path).every((place) => formatOf(place.path).hasPieces === true);

export const openPlace = ({ path, part }: Place): Promise<EventFile> => formatOf(path).open(path, part);
