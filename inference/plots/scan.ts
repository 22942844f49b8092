import { aList, checkParts } from "../../engine/options.js";
import { domainAround, horizontalAxis, linearAxis } from "./drawing/axis.js";
import { requireFinite, requireLength, requireSome } from "./drawing/check.js";
import { type Caption, figure } from "./drawing/figure.js";
import {
  coloured,
  dot,
  errorPoints,
  horizontalError,
  horizontalRule,
  KEY_WIDTH,
  type LegendEntry,
  line,
  lineEntry,
  seriesStyle,
  star,
  stroked,
  TRUTH,
  verticalError,
} from "./drawing/marks.js";
import type { Scales } from "./drawing/scales.js";
import { element, pathThrough, segment, smoothPath } from "./drawing/svg.js";

type Point = readonly [number, number];

/** Lines of equal −2Δ ln L. A polyline whose last point repeats its first is closed; others leave the scanned box. */
export interface Contour {
  /** value of −2Δ ln L, 2.30 for 68.3% of two parameters */
  readonly level: number;
  readonly polylines: readonly (readonly Point[])[];
}

export interface LabelledContours {
  readonly label: string;
  readonly contours: readonly Contour[];
}

const PANEL_WIDTH = 420;

export interface Scan2dData extends Caption {
  readonly xLabel: string;
  readonly yLabel: string;
  /** the first one is filled */
  readonly scans: readonly LabelledContours[];
  /** their quadratic approximations */
  readonly ellipses: readonly LabelledContours[];
  /** with one standard deviation each way */
  readonly bestFit?: { readonly at: Point; readonly errors: Point } | undefined;
  readonly truth?: Point | undefined;
}

// Probability content of a two-dimensional Gaussian within −2Δ ln L: 1 - exp(-level / 2).
const contentOf = (level: number) => 1 - Math.exp(-level / 2);
const levelName = (level: number) =>
  `${(100 * contentOf(level)).toFixed(contentOf(level) > 0.99 ? 2 : 1)}% (${level.toFixed(2)})`;

// The inner contour is the thicker one: 68% is read more often.
const levelWidth = (rank: number) => (rank === 0 ? 2.2 : rank === 1 ? 1.3 : 0.8);

/** Contours of the profile likelihood in two nuisances, the Hessian's ellipses, best fit and truth. */
export function scan2d(data: Scan2dData): string {
  checkParts("scan2d", "data", data, { scans: aList, ellipses: aList });
  requireFinite("scan2d", data);
  const series = [...data.scans, ...data.ellipses];
  const contours = series.flatMap((one) => one.contours);
  const points = [...contours.flatMap(({ polylines }) => polylines.flat()), ...markerExtent(data)];
  requireSome("scan2d", "scans, ellipses, bestFit or truth", points);
  const levels = [...new Set(contours.map(({ level }) => level))].sort((a, b) => a - b);
  const widthOf = (level: number) => levelWidth(levels.indexOf(level));
  const domainOf = (i: 0 | 1) =>
    domainAround(
      Array.from(points, (p) => p[i]),
      0.06,
    );
  const draw = (to: Scales) => {
    const toPixels = ([x, y]: Point): [number, number] => [to.x(x), to.y(y)];
    const fills = (data.scans[0]?.contours ?? []).map(({ polylines }) => {
      const d = polylines.filter(isClosed).map((p) => `${pathThrough(p.map(toPixels))}Z`);
      return d.length === 0
        ? ""
        : element("path", { d: d.join(""), fill: "currentColor", "fill-rule": "evenodd", opacity: "0.13" });
    });
    const lines = series.map((one, i) => {
      const style = seriesStyle(i);
      const strokes = one.contours.flatMap(({ level, polylines }) =>
        polylines.map((p) => line(p.map(toPixels), widthOf(level), style.dash)),
      );
      return coloured(style, ...strokes);
    });
    return coloured(seriesStyle(0), ...fills) + lines.join("") + markers(data, to);
  };
  return figure("scan2d", {
    ...data,
    legend: [
      ...series.map((one, i) => lineEntry(one.label, seriesStyle(i), 2)),
      ...levels.map((level) => ({
        label: levelName(level),
        key: stroked(segment(0, 0, KEY_WIDTH, 0), widthOf(level)),
      })),
      ...markerEntries(data),
    ],
    panelWidth: PANEL_WIDTH,
    columns: 1,
    panels: [
      {
        title: "",
        legend: [],
        x: horizontalAxis(data.xLabel, domainOf(0), PANEL_WIDTH),
        parts: [{ height: 390, y: linearAxis(data.yLabel, domainOf(1), 6), rightLabels: [], draw }],
      },
    ],
  });
}

function isClosed(polyline: readonly Point[]): boolean {
  const first = polyline[0];
  const last = polyline.at(-1);
  return first !== undefined && last !== undefined && first[0] === last[0] && first[1] === last[1];
}

function markerExtent({ truth, bestFit }: Scan2dData): Point[] {
  const points: Point[] = truth === undefined ? [] : [truth];
  if (bestFit !== undefined) {
    const { at, errors } = bestFit;
    points.push([at[0] - errors[0], at[1] - errors[1]], [at[0] + errors[0], at[1] + errors[1]]);
  }
  return points;
}

function cross(x: number, y: number, halfWidth: number, halfHeight: number): string {
  const points = [
    horizontalError(x, y, x - halfWidth, x + halfWidth),
    verticalError(x, y, y - halfHeight, y + halfHeight),
  ];
  return errorPoints(points, 3.2);
}

function markers({ truth, bestFit }: Scan2dData, to: Scales): string {
  let markup = "";
  if (bestFit !== undefined) {
    const { at, errors } = bestFit;
    const [x, y] = [to.x(at[0]), to.y(at[1])];
    markup += cross(x, y, to.x(at[0] + errors[0]) - x, y - to.y(at[1] + errors[1]));
  }
  if (truth !== undefined) markup += coloured(TRUTH, star(to.x(truth[0]), to.y(truth[1]), 8));
  return markup;
}

function markerEntries({ truth, bestFit }: Scan2dData): LegendEntry[] {
  const entries: LegendEntry[] = [];
  if (bestFit !== undefined) entries.push({ label: "best fit ± 1σ", key: cross(KEY_WIDTH / 2, 0, 9, 6) });
  if (truth !== undefined) entries.push({ label: "truth", key: coloured(TRUTH, star(KEY_WIDTH / 2, 0, 7)) });
  return entries;
}

export interface Scan1dData extends Caption {
  readonly xLabel: string;
  /** deltaTwoNll: −2Δ ln L, 0 at the minimum; x ascending, both [n] */
  readonly curves: readonly {
    readonly label: string;
    readonly x: ArrayLike<number>;
    readonly deltaTwoNll: ArrayLike<number>;
  }[];
  /** what the Hessian says the first curve should be: ((x - at) / sigma)² */
  readonly parabola?: { readonly label: string; readonly at: number; readonly sigma: number } | undefined;
  readonly truth?: number | undefined;
}

/** More points than these draw the curve by themselves. */
const MOST_DOTS = 25;

/** Points at which the parabola is drawn: even over the width of the scan. */
const PARABOLA_POINTS = 61;

/** −2Δ ln L along one nuisance, dots where it was scanned, with lines at 1 and 4 (one and two standard deviations). */
export function scan1d(data: Scan1dData): string {
  checkParts("scan1d", "data", data, { curves: aList });
  requireFinite("scan1d", data);
  requireSome("scan1d", "curves", data.curves);
  data.curves.forEach(({ x, deltaTwoNll }, i) => {
    requireSome("scan1d", `curves[${i}].x`, x);
    requireLength("scan1d", `curves[${i}].deltaTwoNll`, deltaTwoNll, x.length);
  });
  const { truth, parabola } = data;
  const parabolaStyle = seriesStyle(data.curves.length);
  const xs = [...data.curves.flatMap(({ x }) => Array.from(x)), ...(truth === undefined ? [] : [truth])];
  const highest = Math.max(...data.curves.flatMap(({ deltaTwoNll }) => Array.from(deltaTwoNll)));
  const y = linearAxis("−2Δ ln L", [0, Math.min(Math.max(highest, 4.6), 9.6)], 5);
  const draw = (to: Scales) => {
    const levels = horizontalRule(to, 1) + horizontalRule(to, 4);
    const curves = data.curves.map(({ x, deltaTwoNll }, i) => {
      const points = Array.from(x, (value, j): [number, number] => [to.x(value), to.y(deltaTwoNll[j]!)]);
      const dots = points.length > MOST_DOTS ? [] : points.map(([cx, cy]) => dot(cx, cy, 2.6));
      return coloured(seriesStyle(i), stroked(smoothPath(points), 2, seriesStyle(i).dash), ...dots);
    });
    const [from, upTo] = [Math.min(...xs), Math.max(...xs)];
    const approximation =
      parabola === undefined
        ? ""
        : coloured(parabolaStyle, line(parabolaPoints(to, parabola, from, upTo), 1.4, parabolaStyle.dash));
    const truthPath = truth === undefined ? "" : segment(to.x(truth), 0, to.x(truth), to.height);
    const truthLine = truth === undefined ? "" : coloured(TRUTH, stroked(truthPath, 1.6, TRUTH.dash));
    return levels + truthLine + approximation + curves.join("");
  };
  const truthEntry = truth === undefined ? [] : [lineEntry("truth", TRUTH, 1.4)];
  return figure("scan1d", {
    ...data,
    legend: [
      ...data.curves.map(({ label }, i) => lineEntry(label, seriesStyle(i), 2)),
      ...(parabola === undefined ? [] : [lineEntry(parabola.label, parabolaStyle, 1.4)]),
      ...truthEntry,
    ],
    panelWidth: PANEL_WIDTH,
    columns: 1,
    panels: [
      {
        title: "",
        legend: [],
        x: horizontalAxis(data.xLabel, domainAround(xs, 0.02), PANEL_WIDTH),
        parts: [
          {
            height: 300,
            y,
            rightLabels: [
              { at: 1, text: "1σ" },
              { at: 4, text: "2σ" },
            ],
            draw,
          },
        ],
      },
    ],
  });
}

function parabolaPoints(
  to: Scales,
  { at, sigma }: { readonly at: number; readonly sigma: number },
  from: number,
  upTo: number,
): [number, number][] {
  return Array.from({ length: PARABOLA_POINTS }, (_, i) => {
    const x = from + ((upTo - from) * i) / (PARABOLA_POINTS - 1);
    return [to.x(x), to.y(((x - at) / sigma) ** 2)];
  });
}
