import { aList, checkParts } from "../../engine/options.js";
import { categoryAxis, horizontalAxis } from "./drawing/axis.js";
import { requireFinite, requireLength, requireSome } from "./drawing/check.js";
import { type Caption, figure } from "./drawing/figure.js";
import {
  coloured,
  errorPoints,
  horizontalError,
  KEY_WIDTH,
  type LegendEntry,
  type Style,
  seriesStyle,
  star,
  stroked,
  TRUTH,
} from "./drawing/marks.js";
import { measurement } from "./drawing/numbers.js";
import type { Scales } from "./drawing/scales.js";
import { element, segment } from "./drawing/svg.js";

export interface PullsData extends Caption {
  readonly names: readonly string[];
  /** estimates in prior standard deviations, 0 = prior mean [n] */
  readonly estimates: ArrayLike<number>;
  /** their standard deviations, 1 = as wide as the prior [n] */
  readonly errors: ArrayLike<number>;
  readonly truth?: ArrayLike<number> | undefined;
}

const ONE_SIGMA: Style = seriesStyle(2);
const TWO_SIGMA: Style = { name: "c6", colour: "#f0e442", dash: undefined };
const POINT_RADIUS = 3.4;
const PANEL_WIDTH = 300;
const BANDS = [
  { style: TWO_SIGMA, half: 2, opacity: "0.45" },
  { style: ONE_SIGMA, half: 1, opacity: "0.4" },
] as const;

/** Estimates of the nuisances against their priors; bands at one and two prior standard deviations. */
export function pulls(data: PullsData): string {
  checkParts("pulls", "data", data, { names: aList, estimates: aList, errors: aList });
  const { names, estimates, errors, truth } = data;
  requireFinite("pulls", data);
  requireSome("pulls", "names", names);
  requireLength("pulls", "estimates", estimates, names.length);
  requireLength("pulls", "errors", errors, names.length);
  if (truth) requireLength("pulls", "truth", truth, names.length);
  const reach = Math.max(
    2.2,
    ...names.map((_, i) => Math.abs(estimates[i]!) + errors[i]!),
    ...Array.from(truth ?? [], Math.abs),
  );
  const draw = (to: Scales) => {
    let markup = "";
    for (const { style, half, opacity } of BANDS) {
      const band = {
        x: to.x(-half),
        y: 0,
        width: to.x(half) - to.x(-half),
        height: to.height,
        fill: "currentColor",
        opacity,
      };
      markup += coloured(style, element("rect", band));
    }
    markup += stroked(segment(to.x(0), 0, to.x(0), to.height), 0.8, "2 3");
    const points = names.map((_, i) => {
      const [estimate, error] = [estimates[i]!, errors[i]!];
      return horizontalError(to.x(estimate), to.y(i), to.x(estimate - error), to.x(estimate + error));
    });
    const stars = Array.from(truth ?? [], (value, i) => star(to.x(value), to.y(i) - 8, 5.5));
    return markup + errorPoints(points, POINT_RADIUS) + coloured(TRUTH, ...stars);
  };
  const results = names.map((_, at) => ({ at, text: measurement(estimates[at]!, errors[at]!) }));
  return figure("pulls", {
    ...data,
    legend: pullEntries(truth !== undefined),
    panelWidth: PANEL_WIDTH,
    columns: 1,
    panels: [
      {
        title: "",
        legend: [],
        x: horizontalAxis("(estimate − prior mean) / prior σ", [-1.05 * reach, 1.05 * reach], PANEL_WIDTH),
        parts: [{ height: Math.max(60, 28 * names.length), y: categoryAxis(names, true), rightLabels: results, draw }],
      },
    ],
  });
}

function pullEntries(hasTruth: boolean): LegendEntry[] {
  const middle = KEY_WIDTH / 2;
  const swatches = BANDS.toReversed().map(({ style, half, opacity }) => ({
    label: `prior ± ${half}σ`,
    key: coloured(
      style,
      element("rect", { x: 3, y: -5, width: KEY_WIDTH - 6, height: 10, fill: "currentColor", opacity }),
    ),
  }));
  const truth = hasTruth ? [{ label: "truth", key: coloured(TRUTH, star(middle, 0, 6)) }] : [];
  return [
    { label: "estimate ± 1σ", key: errorPoints([horizontalError(middle, 0, middle - 10, middle + 10)], POINT_RADIUS) },
    ...swatches,
    ...truth,
  ];
}
