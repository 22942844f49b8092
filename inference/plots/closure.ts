import { aList, checkParts } from "../../engine/options.js";
import { horizontalAxis } from "./drawing/axis.js";
import { requireFinite, requireLength } from "./drawing/check.js";
import { type Caption, figure, gridColumns, type Panel } from "./drawing/figure.js";
import { coloured, line, lineEntry, pointEntry, type Style, seriesStyle, steps } from "./drawing/marks.js";
import { type GoodnessOfFit, goodnessText } from "./drawing/numbers.js";
import { type Counts, countPoints, countsAxis, ratioPart, requireCounts } from "./drawing/ratio.js";
import type { Scales } from "./drawing/scales.js";

/** Held-out simulation of one feature, one class and one anchor, against what the flow predicts for these events. */
export interface ClosurePanel extends Counts {
  /** class and anchor: "A, shift = +1" */
  readonly title: string;
  /** the feature */
  readonly xLabel: string;
  /** expected events per bin [n] */
  readonly prediction: ArrayLike<number>;
  readonly goodness?: GoodnessOfFit | undefined;
}

export interface ClosureData extends Caption {
  readonly yLabel: string;
  /** legend of the points: "held-out simulation" */
  readonly pointsLabel: string;
  /** legend of the line: "flow" */
  readonly predictionLabel: string;
  readonly panels: readonly ClosurePanel[];
  /** panels side by side, where their order means something */
  readonly columns?: number | undefined;
}

const PREDICTION: Style = { ...seriesStyle(1), dash: undefined };

/** Closure of trained densities: small multiples, each a histogram with its ratio to the prediction. */
export function closure(data: ClosureData): string {
  checkParts("closure", "data", data, { panels: aList });
  requireFinite("closure", data);
  data.panels.forEach((panel, i) => {
    requireCounts("closure", `panels[${i}]`, panel);
    requireLength("closure", `panels[${i}].prediction`, panel.prediction, panel.counts.length);
  });
  const columns = data.columns ?? gridColumns(data.panels.length);
  const panelWidth = columns === 1 ? 400 : 240;
  return figure("closure", {
    ...data,
    legend: [pointEntry(data.pointsLabel), lineEntry(data.predictionLabel, PREDICTION, 1.8)],
    panelWidth,
    columns,
    panels: data.panels.map((panel) => closurePanel(panel, data.yLabel, panelWidth)),
  });
}

function closurePanel(panel: ClosurePanel, yLabel: string, panelWidth: number): Panel {
  const { edges, prediction, goodness } = panel;
  const draw = (to: Scales) => coloured(PREDICTION, line(steps(to, edges, prediction), 1.8)) + countPoints(panel, to);
  const flat = Array.from(prediction, () => 1);
  const unity = (to: Scales) => coloured(PREDICTION, line(steps(to, edges, flat), 1.8));
  return {
    title: panel.title,
    legend: goodness === undefined ? [] : [{ label: goodnessText(goodness), key: "" }],
    x: horizontalAxis(panel.xLabel, [edges[0]!, edges[edges.length - 1]!], panelWidth),
    parts: [
      { height: 170, y: countsAxis(yLabel, panel, [prediction]), rightLabels: [], draw },
      ratioPart("ratio", panel, prediction, unity),
    ],
  };
}
