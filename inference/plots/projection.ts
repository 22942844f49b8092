import { aList, checkParts } from "../../engine/options.js";
import { horizontalAxis } from "./drawing/axis.js";
import { BAND_OPACITY, bandEdges, bandEntries, requireBands, type ShadedBand } from "./drawing/band.js";
import { requireFinite, requireLength } from "./drawing/check.js";
import { type Caption, figure, type Panel } from "./drawing/figure.js";
import {
  coloured,
  filledSteps,
  type LegendEntry,
  line,
  lineEntry,
  pointEntry,
  type Style,
  seriesStyle,
  steps,
  stroked,
  swatchEntry,
} from "./drawing/marks.js";
import { type GoodnessOfFit, goodnessText } from "./drawing/numbers.js";
import { type Counts, countPoints, countsAxis, ratioPart, requireCounts } from "./drawing/ratio.js";
import type { Scales } from "./drawing/scales.js";
import { pathThrough, segment } from "./drawing/svg.js";

export interface Prediction extends GoodnessOfFit {
  /** expected events per bin, all processes [n] */
  readonly total: ArrayLike<number>;
}

export interface ProjectionPanel extends Counts {
  readonly title: string;
  readonly xLabel: string;
  readonly before: Prediction;
  readonly after: Prediction;
  /** around `after.total` [n]: total, then systematic */
  readonly bands?: readonly ShadedBand[] | undefined;
  /** the processes that make up `after.total`, stacked in this order from the bottom [n] each; may be empty */
  readonly components: readonly { readonly label: string; readonly values: ArrayLike<number> }[];
}

export interface ProjectionsData extends Caption {
  readonly yLabel: string;
  readonly panels: readonly ProjectionPanel[];
}

const BEFORE: Style = { ...seriesStyle(1), dash: "5 3" };
const AFTER: Style = seriesStyle(0);
// Components are areas under the two lines, so they take the colours that the lines leave.
const componentStyle = (index: number) => seriesStyle(2 + (index % 4));
const COMPONENT_OPACITY = 0.45;

/** Data against the prediction before and after the fit, one panel per feature, with the ratio to the fit below. */
export function projections(data: ProjectionsData): string {
  checkParts("projections", "data", data, { panels: aList });
  requireFinite("projections", data);
  const labels: string[] = [];
  data.panels.forEach((panel, i) => {
    const path = `panels[${i}]`;
    const nBins = panel.counts.length;
    requireCounts("projections", path, panel);
    requireLength("projections", `${path}.before.total`, panel.before.total, nBins);
    requireLength("projections", `${path}.after.total`, panel.after.total, nBins);
    requireBands("projections", path, panel.bands, nBins);
    panel.components.forEach(({ label, values }, j) => {
      requireLength("projections", `${path}.components[${j}].values`, values, nBins);
      if (!labels.includes(label)) labels.push(label);
    });
  });
  const columns = Math.min(2, data.panels.length);
  const panelWidth = columns === 1 ? 420 : 330;
  return figure("projections", {
    ...data,
    legend: [
      pointEntry("data"),
      ...labels.map((label, i) => swatchEntry(label, componentStyle(i), COMPONENT_OPACITY)),
      ...bandEntries(
        data.panels.map(({ bands }) => bands),
        AFTER,
      ),
    ],
    panelWidth,
    columns,
    panels: data.panels.map((panel) => projectionPanel(panel, labels, data.yLabel, panelWidth)),
  });
}

function projectionPanel(panel: ProjectionPanel, labels: readonly string[], yLabel: string, panelWidth: number): Panel {
  const { edges, before, after, bands = [] } = panel;
  const tops = [before.total, after.total, ...bands.map((band) => bandEdges(band, after.total)[1])];
  const draw = (to: Scales) =>
    stack(panel, labels, to) +
    shades(panel, to) +
    coloured(BEFORE, line(steps(to, edges, before.total), 1.6, BEFORE.dash)) +
    coloured(AFTER, line(steps(to, edges, after.total), 1.8)) +
    countPoints(panel, to);
  return {
    title: panel.title,
    legend: fitEntries(before, after),
    x: horizontalAxis(panel.xLabel, [edges[0]!, edges[edges.length - 1]!], panelWidth),
    parts: [
      { height: 220, y: countsAxis(yLabel, panel, tops), rightLabels: [], draw },
      ratioPart("data / fit", panel, after.total, (to) => ratioLines(panel, to)),
    ],
  };
}

function fitEntries(before: GoodnessOfFit, after: GoodnessOfFit): LegendEntry[] {
  return [
    lineEntry(`before fit, ${goodnessText(before)}`, BEFORE, 1.6),
    lineEntry(`after fit, ${goodnessText(after)}`, AFTER, 1.8),
  ];
}

function stack({ edges, components }: ProjectionPanel, labels: readonly string[], to: Scales): string {
  let lower = new Float64Array(edges.length - 1);
  let markup = "";
  for (const { label, values } of components) {
    const upper = lower.map((value, i) => value + values[i]!);
    markup += coloured(componentStyle(labels.indexOf(label)), filledSteps(to, edges, lower, upper, COMPONENT_OPACITY));
    lower = upper;
  }
  return markup;
}

function shades({ edges, after, bands }: ProjectionPanel, to: Scales): string {
  if (bands === undefined) return "";
  const areas = bands.map((band) => filledSteps(to, edges, ...bandEdges(band, after.total), BAND_OPACITY));
  return coloured(AFTER, ...areas);
}

/** The prediction before the fit and the bands, both relative to the fit; nothing where that is zero. */
function ratioLines({ edges, before, after, bands = [] }: ProjectionPanel, to: Scales): string {
  let areas = "";
  let outline = "";
  for (let i = 0; i < after.total.length; i++) {
    const total = after.total[i]!;
    if (!(total > 0)) continue;
    const bin = [edges[i]!, edges[i + 1]!];
    const path = pathThrough(steps(to, bin, [before.total[i]! / total]));
    const continues = i > 0 && after.total[i - 1]! > 0;
    outline += continues ? path.replace("M", "L") : path;
    for (const { lower, upper } of bands) {
      areas += filledSteps(to, bin, [1 - lower[i]! / total], [1 + upper[i]! / total], BAND_OPACITY);
    }
  }
  const unity = stroked(segment(0, to.y(1), to.width, to.y(1)), 1.4);
  return coloured(AFTER, areas, unity) + coloured(BEFORE, stroked(outline, 1.6, BEFORE.dash));
}
