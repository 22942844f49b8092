import { categoryAxis, linearAxis } from "./axis.js";
import { requireFinite, requireLength, requireSome } from "./check.js";
import { type Caption, figure, type Scales } from "./figure.js";
import { coloured, KEY_WIDTH, type LegendEntry, type Style, seriesStyle, star } from "./marks.js";
import { fixed } from "./numbers.js";
import { element, pathThrough } from "./svg.js";

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
const TRUTH: Style = seriesStyle(1);
const BANDS = [
  { style: TWO_SIGMA, half: 2, opacity: "0.45" },
  { style: ONE_SIGMA, half: 1, opacity: "0.4" },
] as const;

/** Estimates of the nuisances against their priors; bands at one and two prior standard deviations. */
export function pulls(data: PullsData): string {
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
    const zero = pathThrough([
      [to.x(0), 0],
      [to.x(0), to.height],
    ]);
    markup += element("path", { d: zero, stroke: "currentColor", "stroke-width": 0.8, "stroke-dasharray": "2 3" });
    names.forEach((_, i) => {
      const [y, estimate, error] = [to.y(i), estimates[i]!, errors[i]!];
      markup += horizontalPoint(to.x(estimate), y, to.x(estimate - error), to.x(estimate + error));
      if (truth) markup += coloured(TRUTH, star(to.x(truth[i]!), y - 8, 5.5));
    });
    return markup;
  };
  const results = names.map((_, at) => ({ at, text: `${fixed(estimates[at]!, 3)} ± ${fixed(errors[at]!, 3)}` }));
  return figure("pulls", {
    ...data,
    legend: pullEntries(truth !== undefined),
    panelWidth: 300,
    columns: 1,
    panels: [
      {
        title: "",
        legend: [],
        x: linearAxis("estimate / prior σ", [-1.05 * reach, 1.05 * reach], 6),
        parts: [{ height: Math.max(60, 28 * names.length), y: categoryAxis(names, true), rightLabels: results, draw }],
      },
    ],
  });
}

function horizontalPoint(x: number, y: number, low: number, high: number): string {
  return (
    element("path", {
      d: pathThrough([
        [low, y],
        [high, y],
      ]),
      stroke: "currentColor",
      "stroke-width": 1.6,
    }) + element("circle", { cx: x, cy: y, r: 3.4, fill: "currentColor" })
  );
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
  return [{ label: "estimate ± 1σ", key: horizontalPoint(middle, 0, middle - 10, middle + 10) }, ...swatches, ...truth];
}
