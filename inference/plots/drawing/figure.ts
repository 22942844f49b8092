import { type Axis, TICK_SIZE, type Tick } from "./axis.js";
import { requireSome } from "./check.js";
import { KEY_WIDTH, type LegendEntry } from "./marks.js";
import { type Scales, scale } from "./scales.js";
import { element, escapeText, pixels, segment, shorten, text, textWidth, wrap } from "./svg.js";

/** What every picture carries. */
export interface Caption {
  readonly title: string;
  /** number of events, seed, version: see `footerLine` */
  readonly footer: string;
}

/** One frame of a panel. */
export interface Part {
  readonly height: number;
  readonly y: Axis;
  /** texts outside the right edge, at values of y */
  readonly rightLabels: readonly Tick[];
  readonly draw: (to: Scales) => string;
}

/** Frames on top of each other with one x axis below the last; title and legend above the first. */
export interface Panel {
  readonly title: string;
  readonly legend: readonly LegendEntry[];
  readonly x: Axis;
  readonly parts: readonly Part[];
}

export interface Figure extends Caption {
  readonly legend: readonly LegendEntry[];
  readonly panelWidth: number;
  readonly columns: number;
  readonly panels: readonly Panel[];
}

/** Columns of a grid of panels whose order means nothing: as many as a page holds, without a nearly empty last row. */
export function gridColumns(nPanels: number): number {
  return nPanels === 4 ? 2 : Math.min(3, nPanels);
}

const TITLE = 14;
const LABEL = 12.5;
const SMALL = TICK_SIZE;
const FOOTER = 9.5;
const ROW = 17;
const MARGIN = 12;
const PART_GAP = 7;
const TICK_GAP = 6;

interface Layout {
  readonly left: number;
  readonly right: number;
  readonly header: number;
  readonly bottom: number;
  readonly tilted: boolean;
}

/** Lays out title, legend, a grid of panels and footer as one SVG document. Legends stand outside the frames. */
export function figure(where: string, spec: Figure): string {
  requireSome(where, "panels", spec.panels);
  const layout = measure(spec);
  const columns = Math.min(spec.columns, spec.panels.length);
  const cellWidth = layout.left + spec.panelWidth + layout.right;
  const cellHeight = layout.header + Math.max(...spec.panels.map(stackHeight)) + layout.bottom;
  const width = columns * cellWidth + MARGIN;
  const inner = width - 2 * MARGIN;

  let y = MARGIN;
  let body = "";
  for (const row of wrap(spec.title, TITLE, inner * 0.95)) {
    y += 16;
    body += text(MARGIN, y - 2, row, { size: TITLE, bold: true });
  }
  const legend = legendGrid(spec.legend, MARGIN, y + 6, inner);
  body += legend.markup;
  y += 6 + legend.height;
  spec.panels.forEach((panel, i) => {
    const x = MARGIN / 2 + (i % columns) * cellWidth;
    body += drawPanel(panel, spec.panelWidth, layout, x, y + Math.floor(i / columns) * cellHeight);
  });
  y += Math.ceil(spec.panels.length / columns) * cellHeight + 16;
  body += text(MARGIN, y, shorten(spec.footer, FOOTER, inner), { size: FOOTER, faint: true });
  const height = y + 9;
  return element(
    "svg",
    {
      xmlns: "http://www.w3.org/2000/svg",
      class: "plot",
      viewBox: `0 0 ${Math.ceil(width)} ${Math.ceil(height)}`,
      width: Math.ceil(width),
      height: Math.ceil(height),
      "font-family": "Helvetica, Arial, 'Liberation Sans', sans-serif",
      color: "#1b1b1b",
      role: "img",
    },
    `\n${element("title", {}, escapeText(spec.title))}`,
    element("rect", { class: "paper", width: Math.ceil(width), height: Math.ceil(height), fill: "#fff" }),
    body,
  );
}

function stackHeight(panel: Panel): number {
  return panel.parts.reduce((sum, part) => sum + part.height, 0) + (panel.parts.length - 1) * PART_GAP;
}

function widest(ticks: readonly Tick[]): number {
  return Math.max(0, ...ticks.map((tick) => textWidth(tick.text, SMALL)));
}

/** Margins shared by all panels, so that their frames line up. */
function measure(spec: Figure): Layout {
  const parts = spec.panels.flatMap((panel) => panel.parts);
  const hasYLabel = parts.some((part) => part.y.label !== "");
  const tilted = spec.panels.some(
    ({ x }) => x.isCategorical && widest(x.ticks) > (0.95 * spec.panelWidth) / x.ticks.length,
  );
  const tickRows = tilted ? 0.71 * Math.max(...spec.panels.map((panel) => widest(panel.x.ticks))) + 10 : 14;
  const headerRows = Math.max(...spec.panels.map((panel) => (panel.title === "" ? 0 : 1) + panel.legend.length));
  return {
    left: Math.max(...parts.map((part) => widest(part.y.ticks))) + TICK_GAP + (hasYLabel ? 28 : 8),
    right: Math.max(16, ...parts.map((part) => widest(part.rightLabels) + TICK_GAP + 6)),
    header: headerRows * ROW + 10,
    bottom: TICK_GAP + tickRows + (spec.panels.some((panel) => panel.x.label !== "") ? 18 : 0) + 8,
    tilted,
  };
}

/** Entries in columns of equal width, as many as fit. */
function legendGrid(entries: readonly LegendEntry[], x: number, y: number, width: number) {
  if (entries.length === 0) return { markup: "", height: 0 };
  const widths = entries.map(({ label }) => KEY_WIDTH + 7 + textWidth(label, SMALL) + 16);
  const nColumns = Math.max(1, Math.min(entries.length, Math.floor(width / Math.max(...widths))));
  const cell = Math.min(width, Math.max(...widths));
  const markup = entries.map((entry, i) =>
    legendItem(entry, x + (i % nColumns) * cell, y + (Math.floor(i / nColumns) + 0.5) * ROW, cell),
  );
  return { markup: markup.join(""), height: Math.ceil(entries.length / nColumns) * ROW + 2 };
}

function legendItem({ label, key }: LegendEntry, x: number, y: number, width: number): string {
  const indent = key === "" ? 0 : KEY_WIDTH + 7;
  const drawn = key === "" ? "" : element("g", { transform: `translate(${pixels(x)} ${pixels(y)})` }, key);
  return drawn + text(x + indent, y + 4, shorten(label, SMALL, width - indent), { size: SMALL });
}

function drawPanel(panel: Panel, width: number, layout: Layout, cellX: number, cellY: number): string {
  const x = cellX + layout.left;
  const room = width + layout.right;
  let y = cellY + layout.header - 6 - ROW * ((panel.title === "" ? 0 : 1) + panel.legend.length);
  let markup = "";
  if (panel.title !== "") {
    markup += text(x, y + 12, shorten(panel.title, LABEL, room), { size: LABEL });
    y += ROW;
  }
  for (const entry of panel.legend) {
    markup += legendItem(entry, x, y + ROW / 2, room);
    y += ROW;
  }
  y = cellY + layout.header;
  panel.parts.forEach((part, i) => {
    markup += drawPart(panel.x, part, width, x, y, layout);
    y += part.height + (i < panel.parts.length - 1 ? PART_GAP : 0);
  });
  return markup + xLabels(panel.x, width, x, y, layout.tilted);
}

function drawPart(xAxis: Axis, part: Part, width: number, x: number, y: number, layout: Layout): string {
  const { height } = part;
  const to: Scales = { x: scale(xAxis.domain, 0, width), y: scale(part.y.domain, height, 0), width, height };
  // A nested svg clips to its box without an id, so that many pictures may share one page.
  const data = element("svg", { x, y, width, height }, `\n${part.draw(to)}`);
  const frame = element("rect", { x, y, width, height, fill: "none", stroke: "currentColor", "stroke-width": 1 });
  let markup = data + frame + tickMarks(xAxis, part.y, to, x, y);
  for (const tick of part.y.ticks) {
    markup += text(x - TICK_GAP, y + to.y(tick.at) + 4, tick.text, { size: SMALL, anchor: "end" });
  }
  for (const tick of part.rightLabels) {
    markup += text(x + width + TICK_GAP, y + to.y(tick.at) + 4, tick.text, { size: SMALL });
  }
  if (part.y.label !== "") {
    const label = shorten(part.y.label, LABEL, height + 6);
    markup += text(x - layout.left + 16, y + height / 2, label, { size: LABEL, anchor: "middle", rotate: -90 });
  }
  return markup;
}

/** Ticks point inwards on all four sides. */
function tickMarks(xAxis: Axis, yAxis: Axis, to: Scales, x: number, y: number): string {
  const { width, height } = to;
  let d = "";
  const stroke = (x1: number, y1: number, x2: number, y2: number) => {
    d += segment(x + x1, y + y1, x + x2, y + y2);
  };
  const mark = (axis: Axis, draw: (at: number, size: number) => void) => {
    if (axis.isCategorical) return;
    for (const tick of axis.ticks) draw(tick.at, 6);
    for (const at of axis.minor) draw(at, 3);
  };
  mark(xAxis, (at, size) => {
    stroke(to.x(at), height, to.x(at), height - size);
    stroke(to.x(at), 0, to.x(at), size);
  });
  mark(yAxis, (at, size) => {
    stroke(0, to.y(at), size, to.y(at));
    stroke(width, to.y(at), width - size, to.y(at));
  });
  return d === "" ? "" : element("path", { d, stroke: "currentColor", "stroke-width": 0.8 });
}

function xLabels(axis: Axis, width: number, x: number, y: number, tilted: boolean): string {
  const at = scale(axis.domain, 0, width);
  let markup = "";
  for (const tick of axis.ticks) {
    markup += tilted
      ? text(x + at(tick.at) + 4, y + 14, tick.text, { size: SMALL, anchor: "end", rotate: -45 })
      : text(x + at(tick.at), y + 16, tick.text, { size: SMALL, anchor: "middle" });
  }
  if (axis.label !== "") {
    const label = shorten(axis.label, LABEL, width + 20);
    markup += text(x + width, y + 34, label, { size: LABEL, anchor: "end" });
  }
  return markup;
}
