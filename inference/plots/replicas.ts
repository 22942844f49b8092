import { aList, checkParts } from "../../engine/options.js";
import { domainAround, horizontalAxis, linearAxis } from "./drawing/axis.js";
import { requireFinite, requireLength, requireSome } from "./drawing/check.js";
import { type Caption, figure, gridColumns, type Panel } from "./drawing/figure.js";
import {
  coloured,
  dot,
  KEY_WIDTH,
  type LegendEntry,
  lineEntry,
  seriesStyle,
  star,
  stroked,
  TRUTH,
} from "./drawing/marks.js";
import type { Scales } from "./drawing/scales.js";
import { pathThrough, segment } from "./drawing/svg.js";

type Point = readonly [number, number];

/** An estimate of two nuisances with its Gaussian errors. */
export interface EstimateEllipse {
  readonly label: string;
  readonly at: Point;
  /** one standard deviation of each nuisance, the other one profiled */
  readonly errors: Point;
  readonly correlation: number;
}

/** The plane of two nuisances. */
export interface ReplicasPanel {
  readonly xLabel: string;
  readonly yLabel: string;
  /** ν̂_b of the replicas, both [B] */
  readonly x: ArrayLike<number>;
  readonly y: ArrayLike<number>;
  /** such as of the likelihood of the data and of the average over the replicas */
  readonly ellipses: readonly EstimateEllipse[];
  readonly truth?: Point | undefined;
}

export interface ReplicasData extends Caption {
  readonly panels: readonly ReplicasPanel[];
}

/** −2Δ ln L of two parameters that holds 68.3% and 95.4%: -2 ln(1 - content). */
const LEVELS = [
  { deltaTwoNll: 2.3, label: "68.3%", width: 2 },
  { deltaTwoNll: 6.18, label: "95.4%", width: 1.1 },
] as const;

const ELLIPSE_POINTS = 120;

/** pixels */
const DOT_RADIUS = 2.8;

/** Estimates of the replicas in planes of two nuisances, and the errors that they should scatter by. */
export function replicas(data: ReplicasData): string {
  checkParts("replicas", "data", data, { panels: aList });
  requireFinite("replicas", data);
  data.panels.forEach(({ x, y }, i) => {
    requireSome("replicas", `panels[${i}].x`, x);
    requireLength("replicas", `panels[${i}].y`, y, x.length);
  });
  const columns = gridColumns(data.panels.length);
  const panelWidth = columns === 1 ? 400 : 290;
  const labels = [...new Set(data.panels.flatMap(({ ellipses }) => ellipses.map(({ label }) => label)))];
  const hasTruth = data.panels.some(({ truth }) => truth !== undefined);
  return figure("replicas", {
    ...data,
    legend: [
      { label: "replicas", key: dot(KEY_WIDTH / 2, 0, DOT_RADIUS) },
      ...labels.map((label, i) => lineEntry(label, seriesStyle(i), 2)),
      ...(labels.length === 0 ? [] : LEVELS.map(levelEntry)),
      ...(hasTruth ? [{ label: "truth", key: coloured(TRUTH, star(KEY_WIDTH / 2, 0, 7)) }] : []),
    ],
    panelWidth,
    columns,
    panels: data.panels.map((panel) => replicasPanel(panel, labels, panelWidth)),
  });
}

const levelEntry = ({ label, width }: (typeof LEVELS)[number]): LegendEntry => ({
  label,
  key: stroked(segment(0, 0, KEY_WIDTH, 0), width),
});

function replicasPanel(panel: ReplicasPanel, labels: readonly string[], panelWidth: number): Panel {
  const points = Array.from(panel.x, (x, b): Point => [x, panel.y[b]!]);
  const outermost = panel.ellipses.flatMap((ellipse) => outline(ellipse, LEVELS[1].deltaTwoNll));
  const everything = [...points, ...outermost, ...(panel.truth ? [panel.truth] : [])];
  const domainOf = (i: 0 | 1) =>
    domainAround(
      everything.map((point) => point[i]),
      0.06,
    );
  const draw = (to: Scales) => {
    const toPixels = ([x, y]: Point): [number, number] => [to.x(x), to.y(y)];
    const ellipses = panel.ellipses.map((ellipse) => {
      const style = seriesStyle(labels.indexOf(ellipse.label));
      const lines = LEVELS.map(({ deltaTwoNll, width }) =>
        stroked(`${pathThrough(outline(ellipse, deltaTwoNll).map(toPixels))}Z`, width, style.dash),
      );
      const [x, y] = toPixels(ellipse.at);
      return coloured(style, ...lines, stroked(segment(x - 5, y, x + 5, y) + segment(x, y - 5, x, y + 5), 1.8));
    });
    const dots = points.map((point) => dot(...toPixels(point), DOT_RADIUS));
    const truth = panel.truth === undefined ? "" : coloured(TRUTH, star(...toPixels(panel.truth), 8));
    return ellipses.join("") + dots.join("") + truth;
  };
  return {
    title: "",
    legend: [],
    x: horizontalAxis(panel.xLabel, domainOf(0), panelWidth),
    parts: [{ height: panelWidth, y: linearAxis(panel.yLabel, domainOf(1), 6), rightLabels: [], draw }],
  };
}

/** dᵀ C⁻¹ d = level: d = √level L (cos, sin) with L the Cholesky factor of C. */
function outline({ at, errors, correlation }: EstimateEllipse, level: number): Point[] {
  const [a, b] = [Math.sqrt(level) * errors[0], Math.sqrt(level) * errors[1]];
  return Array.from({ length: ELLIPSE_POINTS }, (_, i) => {
    const angle = (2 * Math.PI * i) / ELLIPSE_POINTS;
    const [c, s] = [Math.cos(angle), Math.sin(angle)];
    return [at[0] + a * c, at[1] + b * (correlation * c + Math.sqrt(1 - correlation ** 2) * s)];
  });
}
