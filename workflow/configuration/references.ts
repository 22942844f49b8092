/** Names in a configuration that refer to something else in it. */
import { suggestion } from "../../io/edit-distance.js";
import type { Entry } from "./entries.js";
import { type Path, type ReportProblem, shown } from "./validation.js";

/** What names of a group may be, and what a message calls one of them. */
export interface Group {
  readonly names: readonly string[];
  /** "a density" */
  readonly what: string;
}

/**
 * Reports every name that is none of its group, with the name that may be meant.
 *
 * @param value   of the entry, validated
 * @param groups  by what entries refer to
 */
export function checkReferences(
  entry: Entry,
  value: unknown,
  groups: Readonly<Record<string, Group>>,
  report: ReportProblem,
  path: Path = [],
): void {
  if (value === undefined || value === null) return;
  const check = (at: Path, group: string | undefined, name: unknown) => {
    if (group === undefined || typeof name !== "string") return;
    const { names, what } = groups[group]!;
    if (names.includes(name)) return;
    report(at, what, shown(name), () =>
      names.length === 0
        ? `Declare it under \`${group === "values" ? "parameters" : group}\``
        : suggestion(name, names),
    );
  };
  const inner = (part: Entry, own: unknown, key: string | number) =>
    checkReferences(part, own, groups, report, [...path, key]);
  switch (entry.kind) {
    case "text":
      check(path, entry.refersTo, value);
      return;
    case "value":
      if (!entry.words?.includes(value as string)) check(path, entry.refersTo, value);
      return;
    case "list":
      for (const [i, own] of (value as readonly unknown[]).entries()) inner(entry.item, own, i);
      return;
    case "map":
      for (const [name, own] of Object.entries(value)) {
        check([...path, name], entry.namesReferTo, name);
        inner(entry.item, own, name);
      }
      return;
    case "section":
      for (const [key, part] of Object.entries(entry.keys))
        inner(part, (value as Readonly<Record<string, unknown>>)[key], key);
      return;
    case "variant": {
      const [[key, own]] = Object.entries(value) as [[string, unknown]];
      inner(entry.of[key]!, own, key);
      return;
    }
  }
}
