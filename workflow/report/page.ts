/** The report of a run: a fold over what its parts left. */
import type { Picture } from "../store/drawings.js";
import { failedOf, type Verdict, verdictText } from "../verdicts.js";
import { readVersion } from "../version.js";
import type { Report } from "./html.js";
import type { PagePart, SectionPart } from "./leaves.js";
import { figureOf, isMissing, isThere, sectionOf } from "./report-parts.js";

/** What every page says. */
export interface Frame {
  readonly title: string;
  readonly seed: number;
  readonly verdicts: readonly Verdict[];
  /** Steps that are not done, as they were not asked for. */
  readonly leftOut: readonly string[];
  readonly warnings: readonly string[];
  /** As text. */
  readonly configuration: string;
}

/** What failed, and the warnings that say something else. */
export function judged({ verdicts, warnings }: Pick<Frame, "verdicts" | "warnings">) {
  const failed = failedOf(verdicts);
  const said = new Set(failed.map(verdictText));
  return { failed, warnings: warnings.filter((text) => !said.has(text)) };
}

export function reportOf(
  frame: Frame,
  parts: readonly PagePart[],
  pictures: readonly Picture[],
  warn: (text: string) => void,
): Report {
  const top = parts.flatMap((part) => (part.top ?? []).flatMap((make) => make(warn)));
  return {
    title: frame.title,
    version: readVersion(),
    seed: frame.seed,
    result: parts.map(({ sentence }) => sentence?.() ?? "").join(""),
    ...judged(frame),
    leftOut: frame.leftOut,
    tables: top.filter(isThere),
    missing: top.filter(isMissing),
    sections: [...byHeading(parts)].flatMap(([heading, own]) =>
      sectionOf(
        heading,
        own.map(({ text }) => text()).join(""),
        own.flatMap(({ figures = [] }) => figures.flatMap((figure) => figuresOf(pictures, figure))),
        own.flatMap((part) => (part.tables ?? []).flatMap((make) => make(warn))),
      ),
    ),
    configuration: frame.configuration,
  };
}

/** In the order in which headings come first. */
function byHeading(parts: readonly PagePart[]): ReadonlyMap<string, readonly SectionPart[]> {
  const found = new Map<string, SectionPart[]>();
  for (const section of parts.flatMap(({ sections = [] }) => sections)) {
    found.set(section.heading, [...(found.get(section.heading) ?? []), section]);
  }
  return found;
}

const figuresOf = (pictures: readonly Picture[], [prefix, caption]: readonly [string, string]) =>
  pictures.flatMap((picture) => (picture.name.startsWith(prefix) ? [figureOf(picture, caption)] : []));
