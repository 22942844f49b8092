/** Keys that had another name: for messages that say the new one, and for `unbinned migrate`. */
import { isPlainMap, MOST_PROBLEMS, type Path } from "./validation.js";

/** Paths as they were, and as they are: only the last name of a path changes. `*` is any name that the user chose. */
export const RENAMES: readonly (readonly [from: string, to: string])[] = [
  ["events", "data"],
  ["fnf", "morph"],
  ["fnf.q", "morph.quadraticDamping"],
  ["fnf.r", "morph.pairDamping"],
  ["transfer", "transport"],
  ["profile", "response"],
  ["profile.box", "response.range"],
  ["nuisances.*.centre", "nuisances.*.nominal"],
];

const ROWS = RENAMES.map(([from, to]) => ({
  parent: to.split(".").slice(0, -1),
  from: from.split(".").at(-1)!,
  to: to.split(".").at(-1)!,
}));

/** No key is renamed deeper than this. */
const DEEPEST = Math.max(...ROWS.map(({ parent }) => parent.length + 1));

/**
 * The new name of a key; undefined where it has none.
 *
 * @param parent  path of the map that holds the key, in new names
 */
export function newName(parent: Path, key: string): string | undefined {
  return ROWS.find(
    (row) =>
      row.from === key &&
      row.parent.length === parent.length &&
      row.parent.every((part, i) => part === "*" || part === parent[i]),
  )?.to;
}

/** A path with every key by its new name. */
export function newPath(path: readonly string[]): readonly string[] {
  const found: string[] = [];
  for (const key of path) found.push(newName(found, key) ?? key);
  return found;
}

/** A key that was found under its old name. */
export interface Renamed {
  /** As the file has it. */
  readonly path: Path;
  readonly to: readonly string[];
}

/** The keys of a parsed file that have new names, a hundred at most. */
export function renamedKeys(raw: unknown): readonly Renamed[] {
  const found: Renamed[] = [];
  const visit = (value: unknown, path: readonly string[], now: readonly string[]) => {
    if (!isPlainMap(value) || path.length === DEEPEST) return;
    for (const [key, inner] of Object.entries(value)) {
      if (found.length >= MOST_PROBLEMS) return;
      const name = newName(now, key);
      const [old, to] = [
        [...path, key],
        [...now, name ?? key],
      ];
      if (name !== undefined) found.push({ path: old, to });
      visit(inner, old, to);
    }
  };
  visit(raw, [], []);
  return found;
}
