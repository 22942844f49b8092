import type { Scales } from "./scales.js";
import { element, pathThrough, pixels, segment } from "./svg.js";

/**
 * A colour with a class that a page may use to restyle it (the report does for dark screens), and a dash pattern, so
 * that no two series differ by colour alone.
 */
export interface Style {
  readonly name: string;
  readonly colour: string;
  readonly dash: string | undefined;
}

// Okabe and Ito 2008, "Color Universal Design": distinguishable with every common kind of colour vision.
const SERIES: readonly Style[] = [
  { name: "c0", colour: "#0072b2", dash: undefined },
  { name: "c1", colour: "#d55e00", dash: "7 3" },
  { name: "c2", colour: "#009e73", dash: "2 2" },
  { name: "c3", colour: "#cc79a7", dash: "9 3 2 3" },
  { name: "c4", colour: "#e69f00", dash: "12 4" },
  { name: "c5", colour: "#56b4e9", dash: "4 2 1 2 1 2" },
];

/** The truth, in every picture. */
export const TRUTH: Style = { name: "truth", colour: "#a3195b", dash: "10 3 2 3" };

export function seriesStyle(index: number): Style {
  return SERIES[index % SERIES.length]!;
}

/** Children drawn with this style's colour as `currentColor`. */
export function coloured(style: Style, ...children: readonly string[]): string {
  return element("g", { class: style.name, color: style.colour }, ...children);
}

/** Strokes a path. */
export function stroked(d: string, width: number, dash?: string): string {
  return element("path", {
    d,
    fill: "none",
    stroke: "currentColor",
    "stroke-width": width,
    "stroke-dasharray": dash,
    "stroke-linejoin": "round",
  });
}

export function dot(x: number, y: number, radius: number): string {
  return element("circle", { cx: x, cy: y, r: radius, fill: "currentColor" });
}

/** Straight pieces through the points; a dot where there is only one. */
export function line(points: readonly (readonly [number, number])[], width: number, dash?: string): string {
  const [first] = points;
  if (points.length === 1) return dot(first![0], first![1], 1.5 * width);
  return stroked(pathThrough(points), width, dash);
}

/** A thin dotted line across the frame at a value of y. */
export function horizontalRule(to: Scales, y: number): string {
  return stroked(segment(0, to.y(y), to.width, to.y(y)), 0.8, "2 3");
}

/** Outline of a histogram: edges [n + 1], values [n]. */
export function steps(to: Scales, edges: ArrayLike<number>, values: ArrayLike<number>): [number, number][] {
  const points: [number, number][] = [];
  for (let i = 0; i < values.length; i++) {
    points.push([to.x(edges[i]!), to.y(values[i]!)], [to.x(edges[i + 1]!), to.y(values[i]!)]);
  }
  return points;
}

/** Area between two histograms over the same edges. */
export function filledSteps(
  to: Scales,
  edges: ArrayLike<number>,
  lower: ArrayLike<number>,
  upper: ArrayLike<number>,
  opacity: number,
): string {
  const outline = [...steps(to, edges, upper), ...steps(to, edges, lower).reverse()];
  return element("path", { d: `${pathThrough(outline)}Z`, fill: "currentColor", opacity: String(opacity) });
}

export interface ErrorPoint {
  readonly x: number;
  readonly y: number;
  /** path of the error bar */
  readonly bar: string;
}

export function verticalError(x: number, y: number, low: number, high: number): ErrorPoint {
  return { x, y, bar: segment(x, low, x, high) };
}

export function horizontalError(x: number, y: number, low: number, high: number): ErrorPoint {
  return { x, y, bar: segment(low, y, high, y) };
}

/** Dots with error bars, by pixels: one path of bars, one of empty segments whose round caps are the dots. */
export function errorPoints(points: readonly ErrorPoint[], radius: number): string {
  if (points.length === 0) return "";
  const bars = points.map(({ bar }) => bar).join("");
  const dots = points.map(({ x, y }) => `M${pixels(x)},${pixels(y)}h0`).join("");
  const ink = { fill: "none", stroke: "currentColor" };
  return (
    element("path", { d: bars, ...ink, "stroke-width": 0.45 * radius }) +
    element("path", { d: dots, ...ink, "stroke-width": 2 * radius, "stroke-linecap": "round" })
  );
}

/** A small triangle at the edge of a panel: the point lies beyond it. */
export function offScale(x: number, y: number, direction: "up" | "down"): string {
  const tip = direction === "up" ? -7 : 7;
  const outline = [
    [x - 4, y],
    [x + 4, y],
    [x, y + tip],
  ] as const;
  return element("path", { d: `${pathThrough(outline)}Z`, fill: "currentColor" });
}

/** Five-pointed star, outlined in the colour of the paper. */
export function star(x: number, y: number, radius: number): string {
  const points = Array.from({ length: 10 }, (_, i): [number, number] => {
    const r = i % 2 === 0 ? radius : 0.4 * radius;
    const angle = (Math.PI * i) / 5 - Math.PI / 2;
    return [x + r * Math.cos(angle), y + r * Math.sin(angle)];
  });
  return element("path", {
    class: "edge",
    d: `${pathThrough(points)}Z`,
    fill: "currentColor",
    stroke: "#fff",
    "stroke-width": 0.8,
  });
}

/** Entry of a legend: the key is drawn in a box from (0, -6) to (KEY_WIDTH, 6); without one the label is a line of text. */
export interface LegendEntry {
  readonly label: string;
  readonly key: string;
}

export const KEY_WIDTH = 26;

export function lineEntry(label: string, style: Style, width: number): LegendEntry {
  return {
    label,
    key: coloured(style, stroked(segment(0, 0, KEY_WIDTH, 0), width, style.dash)),
  };
}

export function pointEntry(label: string): LegendEntry {
  return { label, key: errorPoints([verticalError(KEY_WIDTH / 2, 0, -6, 6)], 2.6) };
}

export function swatchEntry(label: string, style: Style, opacity: number): LegendEntry {
  const swatch = { x: 3, y: -5, width: KEY_WIDTH - 6, height: 10, fill: "currentColor", opacity: String(opacity) };
  return { label, key: coloured(style, element("rect", swatch)) };
}
