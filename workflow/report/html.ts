/** The HTML of a report. */
import { UsageError } from "../../engine/errors.js";
import { escapeText } from "../../inference/plots/drawing/svg.js";
import { fixed, significant } from "../../inference/plots/index.js";
import { REPORT_STYLE } from "./style.js";

/** A cell: text as it is, a number rounded to four digits, nothing as a dash. */
export type Cell = string | number | undefined;

export interface ReportTable {
  readonly caption: string;
  readonly columns: readonly string[];
  /** as many cells each as there are columns; the first names the row */
  readonly rows: readonly (readonly Cell[])[];
}

export interface ReportFigure {
  /** from a plot function */
  readonly svg: string;
  readonly caption: string;
}

/** What stands in place of a figure or table that could not be made. */
export interface MissingPart {
  /** such as "the picture scan-shift" */
  readonly missing: string;
  readonly problem: string;
}

export interface ReportSection {
  readonly heading: string;
  /** paragraphs, separated by empty lines */
  readonly text: string;
  readonly figures: readonly ReportFigure[];
  readonly tables: readonly ReportTable[];
  readonly missing?: readonly MissingPart[];
}

/** A check that failed, in plain words. */
export interface FailedCheck {
  readonly check: string;
  readonly text: string;
  /** what to do, or nothing */
  readonly advice: string;
}

export interface Report {
  readonly title: string;
  readonly version: string;
  readonly seed: number;
  /** shown first: one sentence, or none */
  readonly result: string;
  /** checks that failed, shown next; undefined where nothing is known of them */
  readonly failed: readonly FailedCheck[] | undefined;
  /** steps that are not done, as they were not asked for: what they would check is not known */
  readonly leftOut?: readonly string[] | undefined;
  /** in plain words, one each */
  readonly warnings: readonly string[];
  /** the numbers a reader looks for first */
  readonly tables: readonly ReportTable[];
  /** of these tables */
  readonly missing?: readonly MissingPart[];
  readonly sections: readonly ReportSection[];
  /** the whole configuration as text, defaults filled in */
  readonly configuration: string;
}

/** One HTML page that needs nothing else: pictures and style are inside, and nothing is requested from anywhere. */
export function buildReport(report: Report): string {
  const title = escapeText(report.title);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="unbinned ${escapeText(report.version)}">
<title>${title}</title>
<style>
${REPORT_STYLE}</style>
</head>
<body>
<header>
<h1>${title}</h1>
<p class="faint">unbinned ${escapeText(report.version)} · seed ${report.seed}</p>
</header>
<main>
${firstScreen(report)}${warningBox(report.warnings)}${report.tables.map(table).join("")}${missingParts(report.missing)}${contents(report.sections)}${report.sections.map(section).join("")}<section>
<h2>Configuration</h2>
<pre>${escapeText(report.configuration)}</pre>
</section>
</main>
</body>
</html>
`;
}

function firstScreen({ result, failed, leftOut = [] }: Report): string {
  const sentence = result === "" ? "" : `<p class="result">${escapeText(result)}</p>\n`;
  if (failed === undefined) return sentence;
  const unchecked =
    leftOut.length === 0
      ? ""
      : `<p class="unchecked">What these steps check is not known, as they are not done: ${escapeText(leftOut.join(", "))}.</p>\n`;
  if (failed.length === 0) {
    const passed = leftOut.length === 0 ? "Every check passed." : "Every check that was made passed.";
    return `${sentence}<p class="verdict passed">${passed}</p>\n${unchecked}`;
  }
  const items = failed.map(({ check, text, advice }) => {
    const what = advice === "" ? "" : ` <em>${escapeText(advice)}.</em>`;
    const name = `${check}: `;
    const said = text.startsWith(name) ? text.slice(name.length) : text;
    return `<li><strong>${escapeText(check)}</strong>: ${escapeText(said)}.${what}</li>\n`;
  });
  const heading = failed.length === 1 ? "1 check failed" : `${failed.length} checks failed`;
  return `${sentence}<aside class="verdict failed">\n<h2>${heading}</h2>\n<ul>\n${items.join("")}</ul>\n</aside>\n${unchecked}`;
}

function warningBox(warnings: readonly string[]): string {
  if (warnings.length === 0) return `<p class="quiet">No warnings.</p>\n`;
  const heading = warnings.length === 1 ? "1 warning" : `${warnings.length} warnings`;
  const items = warnings.map((warning) => `<li>${escapeText(warning)}</li>\n`).join("");
  return `<aside class="warnings">\n<h2>${heading}</h2>\n<ul>\n${items}</ul>\n</aside>\n`;
}

function contents(sections: readonly ReportSection[]): string {
  const items = sections.map(({ heading }, i) => `<li><a href="#section-${i + 1}">${escapeText(heading)}</a></li>\n`);
  return items.length < 3 ? "" : `<nav>\n<ol>\n${items.join("")}</ol>\n</nav>\n`;
}

function section({ heading, text, figures, tables, missing }: ReportSection, index: number): string {
  const paragraphs = text.split(/\n\s*\n/).filter((paragraph) => paragraph.trim() !== "");
  return `<section id="section-${index + 1}">
<h2>${escapeText(heading)}</h2>
${paragraphs.map((paragraph) => `<p>${escapeText(paragraph.trim())}</p>\n`).join("")}${missingParts(missing)}${tables.map(table).join("")}${figureRow(figures)}</section>
`;
}

/** Pictures at their own size, side by side where the page is wide enough. */
function figureRow(figures: readonly ReportFigure[]): string {
  return figures.length === 0 ? "" : `<div class="figures">\n${figures.map(figure).join("")}</div>\n`;
}

const missingParts = (parts: readonly MissingPart[] = []) =>
  parts
    .map(({ missing, problem }) => `Here ${missing} is missing, as it could not be made: ${problem}`)
    .map((text) => `<p class="missing">${escapeText(text)}</p>\n`)
    .join("");

/** The HTML of a figure; throws where it is none. */
export function figure({ svg, caption }: ReportFigure): string {
  const width = /^<svg [^>]* width="(\d+)"/.exec(svg)?.[1];
  if (width === undefined || /<script/i.test(svg)) {
    throw new UsageError("buildReport", {
      expected: "SVG text from a plot function in a figure",
      got: JSON.stringify(svg.slice(0, 40)),
      hint: "Pass the string that the plot function returned, not the name of its file",
    });
  }
  const words = caption === "" ? "" : `<figcaption>${escapeText(caption)}</figcaption>\n`;
  return `<figure style="width: ${width}px">\n${svg.trimEnd()}\n${words}</figure>\n`;
}

/** The HTML of a table; throws where its cells are none. */
export function table({ caption, columns, rows }: ReportTable): string {
  const head = columns.map((name) => `<th scope="col">${escapeText(name)}</th>`).join("");
  const body = rows.map((row) => tableRow(row, caption, columns.length)).join("");
  return `<div class="scroll">
<table>
<caption>${escapeText(caption)}</caption>
<thead><tr>${head}</tr></thead>
<tbody>
${body}</tbody>
</table>
</div>
`;
}

function tableRow(row: readonly Cell[], caption: string, nColumns: number): string {
  if (row.length !== nColumns) {
    throw new UsageError("buildReport", {
      expected: `${nColumns} cells in each row of the table "${caption}"`,
      got: `${row.length} in the row of ${row[0]}`,
      hint: "Put undefined where a cell has no value",
    });
  }
  const cells = row.map((cell, i) => {
    const words = escapeText(cellText(cell, caption));
    return i === 0 ? `<th scope="row">${words}</th>` : `<td>${words}</td>`;
  });
  return `<tr>${cells.join("")}</tr>\n`;
}

function cellText(cell: Cell, caption: string): string {
  if (cell === undefined) return "–";
  if (typeof cell === "string") return cell;
  if (Number.isFinite(cell)) return Number.isInteger(cell) ? fixed(cell, 0) : significant(cell, 4);
  throw new UsageError("buildReport", {
    expected: `finite numbers in the table "${caption}"`,
    got: `${cell}`,
    hint: "Find where the number was made; put undefined where a cell has no value",
  });
}
