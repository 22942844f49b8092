import { aList, checkParts } from "../../engine/options.js";
import { type Axis, domainAround, horizontalAxis, linearAxis } from "./drawing/axis.js";
import { requireFinite, requireLength, requireSome } from "./drawing/check.js";
import { type Caption, figure, gridColumns, type Panel } from "./drawing/figure.js";
import { coloured, KEY_WIDTH, line, lineEntry, seriesStyle } from "./drawing/marks.js";
import type { Scales } from "./drawing/scales.js";
import { element } from "./drawing/svg.js";

export interface LossPanel {
  readonly title: string;
  /** x: epoch or step, ascending; loss: mean over events, nats; both [n] */
  readonly curves: readonly {
    readonly label: string;
    readonly x: ArrayLike<number>;
    readonly loss: ArrayLike<number>;
  }[];
  /** the point whose parameters were kept */
  readonly best?: { readonly x: number; readonly loss: number } | undefined;
}

export interface LossCurvesData extends Caption {
  /** "epoch" or "step" */
  readonly xLabel: string;
  readonly yLabel: string;
  readonly panels: readonly LossPanel[];
}

interface PanelSize {
  readonly columns: number;
  readonly width: number;
  readonly height: number;
  /** Of the y axis, about. */
  readonly ticks: number;
  /** Names of the axes at every panel; else once for all, in the legend. */
  readonly hasAxisLabels: boolean;
}

/** As many panels as a page shows at full size. More are for a look over all of them: the one that stands out is the wrong one. */
const MOST_LARGE = 12;

function panelSize(nPanels: number): PanelSize {
  if (nPanels > MOST_LARGE) return { columns: 5, width: 165, height: 90, ticks: 3, hasAxisLabels: false };
  const columns = gridColumns(nPanels);
  return { columns, width: columns === 1 ? 420 : 250, height: 190, ticks: 4, hasAxisLabels: true };
}

/**
 * Training histories, one panel per training, small ones where there are many. The y axis spans what is left after the first tenth of the history:
 * the steep start would flatten all that follows, so it may leave the frame at the top.
 */
export function lossCurves(data: LossCurvesData): string {
  checkParts("lossCurves", "data", data, { panels: aList });
  requireFinite("lossCurves", data);
  const labels: string[] = [];
  data.panels.forEach(({ curves }, i) => {
    requireSome("lossCurves", `panels[${i}].curves`, curves);
    curves.forEach(({ label, x, loss }, j) => {
      requireSome("lossCurves", `panels[${i}].curves[${j}].x`, x);
      requireLength("lossCurves", `panels[${i}].curves[${j}].loss`, loss, x.length);
      if (!labels.includes(label)) labels.push(label);
    });
  });
  const size = panelSize(data.panels.length);
  const axesEntry = { label: `vertical: ${data.yLabel}, horizontal: ${data.xLabel}`, key: "" };
  const bestEntry = { label: "kept", key: bestMark(KEY_WIDTH / 2, 0) };
  return figure("lossCurves", {
    ...data,
    legend: [
      ...labels.map((label, i) => lineEntry(label, seriesStyle(i), 1.6)),
      ...(data.panels.some(({ best }) => best !== undefined) ? [bestEntry] : []),
      ...(size.hasAxisLabels ? [] : [axesEntry]),
    ],
    panelWidth: size.width,
    columns: size.columns,
    panels: data.panels.map((panel) => lossPanel(panel, labels, size, data)),
  });
}

function bestMark(x: number, y: number): string {
  return element("circle", { cx: x, cy: y, r: 4.5, fill: "none", stroke: "currentColor", "stroke-width": 1.4 });
}

function lossPanel(
  panel: LossPanel,
  labels: readonly string[],
  { width, height, ticks, hasAxisLabels }: PanelSize,
  { xLabel, yLabel }: LossCurvesData,
): Panel {
  const { curves, best } = panel;
  const x = horizontalAxis(
    hasAxisLabels ? xLabel : "",
    domainAround(
      curves.flatMap((curve) => Array.from(curve.x)),
      0.02,
    ),
    width,
  );
  const draw = (to: Scales) => {
    const lines = curves.map((curve) => {
      const style = seriesStyle(labels.indexOf(curve.label));
      const points = Array.from(curve.x, (value, i): [number, number] => [to.x(value), to.y(curve.loss[i]!)]);
      return coloured(style, line(points, 1.6, style.dash));
    });
    return lines.join("") + (best === undefined ? "" : bestMark(to.x(best.x), to.y(best.loss)));
  };
  return {
    title: panel.title,
    legend: [],
    x,
    parts: [{ height, y: lossAxis(panel, x, hasAxisLabels ? yLabel : "", ticks), rightLabels: [], draw }],
  };
}

function lossAxis({ curves, best }: LossPanel, x: Axis, label: string, ticks: number): Axis {
  const start = x.domain[0] + 0.1 * (x.domain[1] - x.domain[0]);
  const later = curves.flatMap((curve) =>
    Array.from(curve.loss).filter((_, i) => curve.x[i]! >= start || curve.x.length === 1),
  );
  return linearAxis(label, domainAround(best === undefined ? later : [...later, best.loss], 0.08), ticks);
}
