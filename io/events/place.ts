/** Where events are: files, several of them by wildcards, and what of each file. */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { FileError } from "../errors.js";
import { isPattern, matchesOf, statsAt } from "../glob.js";

/** A path as a user writes it: `data.npz`, `2016*.root:Events`, or a list of such. */
export type EventPath = string | readonly string[];

export interface Place {
  readonly path: string;
  /** What of the file: the tree of a ROOT file, the group of an HDF5 file. */
  readonly part: string | undefined;
}

// A colon may stand in a name: only behind these extensions it is a tree or a group.
const WITH_PART = /^(.*\.(?:root|h5|hdf5|hdf)):(.*)$/is;

export function splitPart(path: string): Place {
  const [, file, part] = WITH_PART.exec(path) ?? [];
  return file === undefined ? { path, part: undefined } : { path: file, part: part! };
}

export function checkEventPath(where: string, path: unknown): void {
  const isPath = typeof path === "string" || (Array.isArray(path) && path.every((one) => typeof one === "string"));
  if (isPath) return;
  const got = path === null || path === undefined ? String(path) : `a value of type ${typeof path}`;
  throw new FileError(where, { expected: "a path, or a list of paths", got });
}

/** What messages call the events of a path. */
export const labelOf = (path: EventPath): string => (typeof path === "string" ? path : path.join(", "));

/** The files of events, sorted by name within each pattern; no match is an error. */
export function placesOf(path: EventPath): Place[] {
  const paths = typeof path === "string" ? [path] : path;
  if (paths.length === 0)
    throw new FileError("files of events", { expected: "at least one path", got: "an empty list" });
  const places = paths.flatMap(placesOfOne);
  // However a path is written. A link to a file is another path: whoever makes links wants the events as often.
  const parts = new Map<string, string[]>();
  const repeated = places.findIndex(({ path: file, part = "" }) => {
    const known = parts.get(resolve(file)) ?? [];
    parts.set(resolve(file), [...known, part]);
    // Without a part, it is the only tree of the file.
    return known.some((other) => part === "" || other === "" || other === part);
  });
  if (repeated < 0) return places;
  throw new FileError(labelOf(path), {
    expected: "every file once",
    got: `${places[repeated]!.path} twice`,
    hint: "Its events would count twice",
  });
}

function placesOfOne(text: string): Place[] {
  const { path, part } = splitPart(text);
  // A file whose name has a bracket or a star is itself.
  if (!isPattern(path) || statsAt(path) !== undefined) return [{ path, part }];
  const found = matchesOf(path);
  if (found.length > 0) return found.map((match) => ({ path: match, part }));
  throw new FileError(text, {
    expected: `files that match ${JSON.stringify(path)}`,
    got: "none",
    hint: path.includes("\\")
      ? "Write / between the names of folders"
      : "Check the pattern and the folder it is relative to",
  });
}

/** The files that a path of events names, each without its part: what there is to look at, to hash or to copy. */
export function eventFiles(path: EventPath): string[] {
  checkEventPath("eventFiles", path);
  return placesOf(path).map((place) => place.path);
}

/** Whether there are files that a path of events names. */
export function isThere(path: string): boolean {
  const { path: file } = splitPart(path);
  return existsSync(file) || (isPattern(file) && matchesOf(file).length > 0);
}
