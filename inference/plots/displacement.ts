import { aList, checkParts } from "../../engine/options.js";
import { domainAround, horizontalAxis, linearAxis } from "./drawing/axis.js";
import { BAND_OPACITY, bandEdges, bandEntries, requireBands, type ShadedBand } from "./drawing/band.js";
import { requireFinite, requireLength, requireSome } from "./drawing/check.js";
import { type Caption, figure, gridColumns, type Panel } from "./drawing/figure.js";
import {
  coloured,
  horizontalRule,
  KEY_WIDTH,
  type LegendEntry,
  line,
  lineEntry,
  type Style,
  seriesStyle,
} from "./drawing/marks.js";
import { significant } from "./drawing/numbers.js";
import type { Scales } from "./drawing/scales.js";
import { element, pathThrough, segment } from "./drawing/svg.js";

type Point = readonly [number, number];

export interface QuiverPanel {
  /** process and direction: "A, mode 1, +1σ" */
  readonly title: string;
  /** where the arrows start, in the units of the two features [n][2] */
  readonly points: readonly Point[];
  /** Δ, in the same units [n][2] */
  readonly displacements: readonly Point[];
  /** where the tips are by an ensemble, and their standard deviations [n][2] each */
  readonly errors?: { readonly centre: readonly Point[]; readonly sigma: readonly Point[] } | undefined;
}

export interface QuiverData extends Caption {
  readonly xLabel: string;
  readonly yLabel: string;
  readonly panels: readonly QuiverPanel[];
  /** what the errors of the panels are */
  readonly errorLabel?: string | undefined;
  /** panels side by side, where their order means something */
  readonly columns?: number | undefined;
}

const ARROW: Style = seriesStyle(0);
const ERRORS: Style = seriesStyle(1);
const PANEL_WIDTH = 250;
const PANEL_HEIGHT = 240;

/**
 * Displacement fields in a plane of two features. All panels share axes and magnification, so that they compare by
 * eye; the legend's arrows give the scale of either axis. An ellipse at an arrow's tip is its error.
 */
export function quiver(data: QuiverData): string {
  checkParts("quiver", "data", data, { panels: aList });
  requireFinite("quiver", data);
  requireSome("quiver", "panels", data.panels);
  data.panels.forEach(({ points, displacements, errors }, i) => {
    requireSome("quiver", `panels[${i}].points`, points);
    requireLength("quiver", `panels[${i}].displacements`, displacements, points.length);
    requireLength("quiver", `panels[${i}].errors.centre`, errors?.centre ?? points, points.length);
    requireLength("quiver", `panels[${i}].errors.sigma`, errors?.sigma ?? points, points.length);
  });
  const magnification = arrowMagnification(data.panels);
  // Where the arrows and the ellipses at their tips are drawn to, so that none leaves its frame.
  const tips = data.panels.flatMap((panel) =>
    panel.points.flatMap(([x, y], i) =>
      reaches(panel, i).map(([dx, dy]): Point => [x + magnification * dx, y + magnification * dy]),
    ),
  );
  const ends = [...data.panels.flatMap(({ points }) => points), ...tips];
  const x = horizontalAxis(data.xLabel, extent(ends, 0, 0.04), PANEL_WIDTH);
  const y = linearAxis(data.yLabel, extent(ends, 1, 0.04), 5);
  const perX = PANEL_WIDTH / (x.domain[1] - x.domain[0]);
  const perY = PANEL_HEIGHT / (y.domain[1] - y.domain[0]);
  const columns = data.columns ?? gridColumns(data.panels.length);
  return figure("quiver", {
    ...data,
    legend: [
      ...scaleEntries(perX * magnification, perY * magnification, data.xLabel, data.yLabel, magnification),
      ...(data.errorLabel !== undefined && data.panels.some(({ errors }) => errors)
        ? [errorsEntry(data.errorLabel)]
        : []),
    ],
    panelWidth: PANEL_WIDTH,
    columns,
    panels: data.panels.map(({ title, points, displacements, errors }): Panel => {
      const draw = (to: Scales) => {
        const ellipses = points.flatMap(([px, py], i) => {
          if (errors === undefined) return [];
          const [[x, y], [sx, sy]] = [errors.centre[i]!, errors.sigma[i]!];
          const at = [to.x(px) + x * perX * magnification, to.y(py) - y * perY * magnification] as const;
          return [ellipse(...at, sx * perX * magnification, sy * perY * magnification)];
        });
        const arrows = coloured(
          ARROW,
          ...points.map(([px, py], i) => {
            const [dx, dy] = displacements[i]!;
            return arrow(to.x(px), to.y(py), dx * perX * magnification, -dy * perY * magnification);
          }),
        );
        return (ellipses.length === 0 ? "" : coloured(ERRORS, ...ellipses)) + arrows;
      };
      return { title, legend: [], x, parts: [{ height: PANEL_HEIGHT, y, rightLabels: [], draw }] };
    }),
  });
}

/** Displacements that the picture of a point spans: its arrow's, and those at the corners of the box around its ellipse. */
function reaches({ displacements, errors }: QuiverPanel, i: number): readonly Point[] {
  if (errors === undefined) return [displacements[i]!];
  const [[x, y], [sx, sy]] = [errors.centre[i]!, errors.sigma[i]!];
  return [displacements[i]!, [x - sx, y - sy], [x + sx, y + sy]];
}

function ellipse(cx: number, cy: number, rx: number, ry: number): string {
  return element("ellipse", { cx, cy, rx, ry, fill: "currentColor", opacity: "0.45" });
}

function errorsEntry(label: string): LegendEntry {
  return { label, key: coloured(ERRORS, ellipse(KEY_WIDTH / 2, 0, 9, 5)) };
}

function extent(points: readonly Point[], coordinate: 0 | 1, margin: number): [number, number] {
  return domainAround(
    Array.from(points, (point) => point[coordinate]),
    margin,
  );
}

/** Factor of one significant digit at which the longest arrow spans at most one spacing of a square grid. */
function arrowMagnification(panels: readonly QuiverPanel[]): number {
  const all = panels.flatMap(({ points }) => points);
  const [[left, right], [bottom, top]] = [extent(all, 0, 0), extent(all, 1, 0)];
  const lengths = panels.flatMap((panel) =>
    panel.points.flatMap((_, i) =>
      reaches(panel, i).map(([dx, dy]) => Math.hypot(dx / (right - left), dy / (top - bottom))),
    ),
  );
  const longest = Math.max(...lengths);
  if (longest === 0) return 1;
  const nPoints = Math.max(...panels.map(({ points }) => points.length));
  const largest = 1 / (longest * Math.max(1, Math.sqrt(nPoints) - 1));
  const decade = 10 ** Math.floor(Math.log10(largest));
  return Math.floor(largest / decade) * decade;
}

/** The largest of 1, 2, 5 times a power of ten that is not above the value. */
function roundDown(value: number): number {
  const decade = 10 ** Math.floor(Math.log10(value));
  return (value / decade >= 5 ? 5 : value / decade >= 2 ? 2 : 1) * decade;
}

/** Reference arrows of round length along each axis, both at most as long as a legend key. */
function scaleEntries(
  pixelsPerX: number,
  pixelsPerY: number,
  x: string,
  y: string,
  magnification: number,
): LegendEntry[] {
  const lengthX = roundDown(KEY_WIDTH / pixelsPerX);
  const lengthY = roundDown(15 / pixelsPerY);
  const half = (lengthY * pixelsPerY) / 2;
  return [
    { label: `${significant(lengthX, 1)} in ${x}`, key: coloured(ARROW, arrow(0, 0, lengthX * pixelsPerX, 0)) },
    { label: `${significant(lengthY, 1)} in ${y}`, key: coloured(ARROW, arrow(KEY_WIDTH / 2, half, 0, -2 * half)) },
    { label: `arrows drawn × ${significant(magnification, 1)}`, key: "" },
  ];
}

/** An arrow by pixels; a dot where it has no length to speak of. */
function arrow(x: number, y: number, dx: number, dy: number): string {
  const length = Math.hypot(dx, dy);
  if (length < 0.7) return element("circle", { cx: x, cy: y, r: 0.9, fill: "currentColor" });
  const head = Math.min(5, 0.5 * length);
  const [ux, uy] = [dx / length, dy / length];
  const [tipX, tipY] = [x + dx, y + dy];
  const barb = (side: number): [number, number] => [
    tipX - head * ux - 0.5 * side * head * uy,
    tipY - head * uy + 0.5 * side * head * ux,
  ];
  const shaft = segment(x, y, tipX - 0.8 * head * ux, tipY - 0.8 * head * uy);
  const tip = `${pathThrough([[tipX, tipY], barb(1), barb(-1)])}Z`;
  return element("path", { d: shaft + tip, fill: "currentColor", stroke: "currentColor", "stroke-width": 1 });
}

export interface DisplacementCurvesData extends Caption {
  readonly xLabel: string;
  readonly yLabel: string;
  readonly panels: readonly {
    readonly title: string;
    /** x: the feature, ascending; displacement: Δ in the same units; both [n] */
    readonly curves: readonly {
      readonly label: string;
      readonly x: ArrayLike<number>;
      readonly displacement: ArrayLike<number>;
      /** total, then systematic [n] */
      readonly bands?: readonly ShadedBand[] | undefined;
    }[];
  }[];
}

/** Displacement of a single feature as curves with their bands; a zero line in each panel, axes shared. */
export function displacementCurves(data: DisplacementCurvesData): string {
  checkParts("displacementCurves", "data", data, { panels: aList });
  requireFinite("displacementCurves", data);
  requireSome("displacementCurves", "panels", data.panels);
  const labels: string[] = [];
  data.panels.forEach(({ curves }, i) => {
    requireSome("displacementCurves", `panels[${i}].curves`, curves);
    curves.forEach(({ label, x, displacement, bands }, j) => {
      requireSome("displacementCurves", `panels[${i}].curves[${j}].x`, x);
      requireBands("displacementCurves", `panels[${i}].curves[${j}]`, bands, x.length);
      requireLength("displacementCurves", `panels[${i}].curves[${j}].displacement`, displacement, x.length);
      if (!labels.includes(label)) labels.push(label);
    });
  });
  const columns = gridColumns(data.panels.length);
  const panelWidth = columns === 1 ? 400 : 250;
  const curves = data.panels.flatMap((panel) => panel.curves);
  const xs = curves.flatMap((curve) => Array.from(curve.x));
  const displacements = curves.flatMap(({ displacement, bands = [] }) => [
    ...Array.from(displacement),
    ...bands.flatMap((band) => bandEdges(band, displacement).flat()),
  ]);
  const shadedLabel = curves.find(({ bands }) => bands !== undefined)?.label;
  const x = horizontalAxis(data.xLabel, domainAround(xs, 0.02), panelWidth);
  const y = linearAxis(data.yLabel, domainAround([0, ...displacements], 0.08), 5);
  return figure("displacementCurves", {
    ...data,
    legend: [
      ...labels.map((label, i) => lineEntry(label, seriesStyle(i), 1.8)),
      ...bandEntries(
        curves.map(({ bands }) => bands),
        seriesStyle(Math.max(0, labels.indexOf(shadedLabel ?? ""))),
      ),
    ],
    panelWidth,
    columns,
    panels: data.panels.map((panel): Panel => {
      const draw = (to: Scales) => {
        const zero = horizontalRule(to, 0);
        const lines = panel.curves.map((curve) => {
          const style = seriesStyle(labels.indexOf(curve.label));
          const points = Array.from(curve.x, (value, i): [number, number] => [
            to.x(value),
            to.y(curve.displacement[i]!),
          ]);
          const areas = (curve.bands ?? []).map((band) => shaded(to, curve.x, bandEdges(band, curve.displacement)));
          return coloured(style, ...areas, line(points, 1.8, style.dash));
        });
        return zero + lines.join("");
      };
      return { title: panel.title, legend: [], x, parts: [{ height: 220, y, rightLabels: [], draw }] };
    }),
  });
}

function shaded(to: Scales, x: ArrayLike<number>, [lower, upper]: readonly [number[], number[]]): string {
  const edge = (values: readonly number[]) => values.map((value, i): Point => [to.x(x[i]!), to.y(value)]);
  const outline = [...edge(upper), ...edge(lower).reverse()];
  return element("path", { d: `${pathThrough(outline)}Z`, fill: "currentColor", opacity: String(BAND_OPACITY) });
}
