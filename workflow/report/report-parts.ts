/** Parts of a report, each of which may be missing: then the page says why. */
import { type Picture, reasonOf } from "../store/drawings.js";
import { figure, type MissingPart, type ReportFigure, type ReportSection, type ReportTable, table } from "./html.js";

/** The tables as far as they can be made; each that cannot is a warning. */
export function tablesOf(
  warn: (text: string) => void,
  what: string,
  make: () => ReportTable[],
): (ReportTable | MissingPart)[] {
  try {
    const made = make();
    for (const own of made) table(own);
    return made;
  } catch (error) {
    const problem = reasonOf(error);
    warn(`${what} of the report: left out, as it cannot be made: ${problem}`);
    return [{ missing: what, problem }];
  }
}

export const isMissing = (part: object): part is MissingPart => "missing" in part;
export const isThere = <T extends object>(part: T | MissingPart): part is T => !isMissing(part);

/** A picture for the page, or why there is none. */
export function figureOf(picture: Picture, caption: string): ReportFigure | MissingPart {
  const missing = (problem: string) => ({ missing: `the picture ${picture.name}`, problem });
  if ("problem" in picture) return missing(picture.problem);
  try {
    const own = { svg: picture.svg, caption };
    figure(own);
    return own;
  } catch (error) {
    return missing(reasonOf(error));
  }
}

/** A section with what there is of it; none where there is nothing. */
export function sectionOf(
  heading: string,
  text: string,
  own: readonly (ReportFigure | MissingPart)[],
  below: readonly (ReportTable | MissingPart)[] = [],
): ReportSection[] {
  const missing = [...own, ...below].filter(isMissing);
  const [shown, made] = [own.filter(isThere), below.filter(isThere)];
  return own.length + below.length === 0 ? [] : [{ heading, text, figures: shown, tables: made, missing }];
}
