import { aList, checkParts } from "../../engine/options.js";
import { type Axis, categoryAxis, horizontalAxis } from "./drawing/axis.js";
import { requireFinite, requireLength, requireSome } from "./drawing/check.js";
import { type Caption, figure, type Part } from "./drawing/figure.js";
import {
  coloured,
  errorPoints,
  horizontalError,
  KEY_WIDTH,
  type LegendEntry,
  type Style,
  seriesStyle,
  stroked,
} from "./drawing/marks.js";
import { powerOfTen, significant } from "./drawing/numbers.js";
import type { Scales } from "./drawing/scales.js";
import { element, pathThrough, segment, shorten, text } from "./drawing/svg.js";

/** Rows shown of a longer ranking. */
export const MOST_ROWS = 20;

export interface ImpactRankingData extends Caption {
  /** what is moved, with its unit: "yield of A [events]" */
  readonly targetLabel: string;
  /** what the two ends are: "ν̂ + 1σ", "ν̂ − 1σ" */
  readonly endLabels: readonly [string, string];
  /** sources, largest impact first [n] */
  readonly names: readonly string[];
  /** change of the target at either end, in its units [n] */
  readonly up: ArrayLike<number>;
  readonly down: ArrayLike<number>;
  /** of the same nuisances, in prior standard deviations, 0 = prior mean [n]; modes have none */
  readonly pulls?: { readonly estimates: ArrayLike<number>; readonly errors: ArrayLike<number> } | undefined;
  /** groups and total, in the target's units [m] */
  readonly sums: { readonly names: readonly string[]; readonly sizes: ArrayLike<number> };
}

const UP: Style = seriesStyle(0);
const DOWN: Style = seriesStyle(1);
const ONE_SIGMA: Style = seriesStyle(2);
const TWO_SIGMA: Style = { name: "c6", colour: "#f0e442", dash: undefined };
const BANDS = [
  { style: TWO_SIGMA, half: 2, opacity: "0.45" },
  { style: ONE_SIGMA, half: 1, opacity: "0.4" },
] as const;
const IMPACT_WIDTH = 330;
const PULL_WIDTH = 190;
/** rows of the band above the bars that says what its columns are */
const HEADER = 1.1;
/** part of a row that a bar fills */
const BAR = 0.64;
/** a sum that goes further beyond the largest impact than this factor runs off the picture, so that the impacts are seen */
const LONGEST_SUM = 2.5;

/** A column of the frame: from its own units to pixels of the frame. */
interface Column {
  readonly axis: Axis;
  readonly left: number;
  readonly width: number;
  readonly x: (value: number) => number;
}

/** @param unit  what the numbers at the ticks are multiples of */
function columnOf(label: string, reach: number, left: number, width: number, unit = 1): Column {
  const shown = horizontalAxis(label, [-reach / unit, reach / unit], width);
  const axis: Axis = {
    ...shown,
    domain: [-reach, reach],
    ticks: shown.ticks.map((tick) => ({ ...tick, at: tick.at * unit })),
    minor: shown.minor.map((at) => at * unit),
  };
  return { axis, left, width, x: (value) => left + (0.5 + (0.5 * value) / reach) * width };
}

/** What numbers are divided by to be legible: 1 from `least` to 10⁵, else the power of a thousand that leaves 1 to 1000. */
export function legibleUnit(largest: number, least: number): { readonly value: number; readonly suffix: string } {
  if (largest === 0 || (largest >= least && largest < 1e5)) return { value: 1, suffix: "" };
  const exponent = 3 * Math.floor(Math.log10(largest) / 3);
  return { value: 10 ** exponent, suffix: ` / ${powerOfTen(exponent)}` };
}

/** The columns side by side as one axis, in pixels. */
function sharedAxis(columns: readonly Column[]): Axis {
  const last = columns.at(-1)!;
  return {
    label: "",
    domain: [0, last.left + last.width],
    ticks: columns.flatMap(({ axis, x }) => axis.ticks.map((tick) => ({ at: x(tick.at), text: tick.text }))),
    minor: columns.flatMap(({ axis, x }) => axis.minor.map(x)),
    isCategorical: false,
  };
}

/**
 * Ranking of impacts: bars to where either end of each source takes the target, beside the pulls of the nuisances; groups
 * and total below.
 */
export function impactRanking(data: ImpactRankingData): string {
  checkParts("impactRanking", "data", data, { names: aList, up: aList, down: aList });
  checkRanking(data);
  const { up, down, pulls, sums } = data;
  const largest = Math.max(...Array.from(up, Math.abs), ...Array.from(down, Math.abs));
  const within = Array.from(sums.sizes).filter((size) => size <= LONGEST_SUM * largest);
  // Nothing moves the target: any width will do.
  const reach = 1.08 * Math.max(largest, ...within) || 1;
  const unit = legibleUnit(largest, 0.01);
  const impact = columnOf(`Impact on ${data.targetLabel}${unit.suffix}`, reach, 0, IMPACT_WIDTH, unit.value);
  const pull = pulls && columnOf("Pull [prior σ]", pullReach(pulls), IMPACT_WIDTH, PULL_WIDTH);
  const columns = pull ? [impact, pull] : [impact];
  const ranking = rankingPart(data, impact, pull, unit.value);
  return figure("impactRanking", {
    ...data,
    legend: rankingLegend(data),
    panelWidth: IMPACT_WIDTH + (pull ? PULL_WIDTH : 0),
    columns: 1,
    panels: [
      {
        title: "",
        legend: [],
        x: sharedAxis(columns),
        parts: sums.names.length === 0 ? [ranking] : [ranking, sumsPart(sums, impact, columns, unit.value)],
      },
    ],
  });
}

function rankingPart(data: ImpactRankingData, impact: Column, pull: Column | undefined, unit: number): Part {
  const { up, down, pulls } = data;
  const names = data.names.slice(0, MOST_ROWS);
  const labels = names.map((_, i) => `${signed(up[i]! / unit)} / ${signed(down[i]! / unit)}`);
  const rest = data.names.length - names.length;
  const hidden = [up, down].flatMap((ends) => Array.from(ends).slice(MOST_ROWS).map(Math.abs));
  const more =
    rest > 0 ? [{ name: `and ${rest} more`, label: `up to ${significant(Math.max(...hidden) / unit, 2)}` }] : [];
  const nRows = names.length + more.length;
  const rowHeight = nRows > 12 ? 20 : 24;
  const axis = categoryAxis([...names, ...more.map(({ name }) => name)], true);
  return {
    height: rowHeight * (nRows + HEADER),
    y: { ...axis, domain: [nRows - 0.5, -0.5 - HEADER] },
    rightLabels: [...labels, ...more.map(({ label }) => label)].map((label, at) => ({ at, text: label })),
    draw(to) {
      const bars = names.map((_, i) => impactBars(to, impact, i, up[i]!, down[i]!, rowHeight));
      return (
        stripes(to, nRows, rowHeight) +
        (pull && pulls ? drawPulls(to, pull, pulls, names.length, rowHeight) : "") +
        stroked(segment(impact.x(0), to.y(-0.5), impact.x(0), to.height), 0.8, "2 3") +
        bars.join("") +
        header(to, pull ? [impact, pull] : [impact], rowHeight)
      );
    },
  };
}

function checkRanking(data: ImpactRankingData): void {
  const { names, up, down, pulls, sums } = data;
  requireFinite("impactRanking", data);
  requireSome("impactRanking", "names", names);
  requireLength("impactRanking", "up", up, names.length);
  requireLength("impactRanking", "down", down, names.length);
  requireLength("impactRanking", "sums.sizes", sums.sizes, sums.names.length);
  if (pulls === undefined) return;
  requireLength("impactRanking", "pulls.estimates", pulls.estimates, names.length);
  requireLength("impactRanking", "pulls.errors", pulls.errors, names.length);
}

function pullReach({ estimates, errors }: NonNullable<ImpactRankingData["pulls"]>): number {
  return 1.05 * Math.max(2.2, ...Array.from(estimates, (value, i) => Math.abs(value) + errors[i]!));
}

const signed = (value: number) => (value > 0 ? `+${significant(value, 2)}` : significant(value, 2));

/** Every other row shaded, for the eye to follow it across. */
function stripes(to: Scales, nRows: number, rowHeight: number): string {
  let markup = "";
  for (let i = 1; i < nRows; i += 2) {
    const box = { x: 0, y: to.y(i) - rowHeight / 2, width: to.width, height: rowHeight };
    markup += element("rect", { ...box, fill: "currentColor", opacity: "0.05" });
  }
  return markup;
}

function header(to: Scales, columns: readonly Column[], rowHeight: number): string {
  const bottom = to.y(-0.5);
  const titles = columns.map(({ axis, left, width }) =>
    text(left + width / 2, bottom - 0.5 * HEADER * rowHeight + 5, shorten(axis.label, 11.5, width - 16), {
      size: 11.5,
      anchor: "middle",
    }),
  );
  return titles.join("") + stroked(segment(0, bottom, to.width, bottom), 0.8) + seams(to, columns);
}

function seams(to: Scales, columns: readonly Column[]): string {
  return columns
    .slice(1)
    .map(({ left }) => stroked(segment(left, 0, left, to.height), 1))
    .join("");
}

const bar = (from: number, until: number, y: number, height: number) => ({
  x: Math.min(from, until),
  y,
  width: Math.abs(until - from),
  height,
});
const solid = { fill: "currentColor", opacity: "0.85" };
const hollow = { fill: "currentColor", "fill-opacity": "0.18", stroke: "currentColor", "stroke-width": 1.3 };

/** One bar to each end; where both lie on the same side, above each other. */
function impactBars(to: Scales, { x }: Column, row: number, up: number, down: number, rowHeight: number): string {
  const height = BAR * rowHeight;
  const top = to.y(row) - height / 2;
  const isOneSided = up * down > 0;
  const each = isOneSided ? height / 2 : height;
  return (
    coloured(UP, element("rect", { ...bar(x(0), x(up), top, each), ...solid })) +
    coloured(DOWN, element("rect", { ...bar(x(0), x(down), isOneSided ? top + each : top, each), ...hollow }))
  );
}

function drawPulls(
  to: Scales,
  { x }: Column,
  { estimates, errors }: NonNullable<ImpactRankingData["pulls"]>,
  shown: number,
  rowHeight: number,
): string {
  const top = to.y(-0.5);
  const bands = BANDS.map(({ style, half, opacity }) => {
    const box = bar(x(-half), x(half), top, to.height - top);
    return coloured(style, element("rect", { ...box, fill: "currentColor", opacity }));
  });
  const points = Array.from({ length: shown }, (_, i) => {
    const [value, error] = [estimates[i]!, errors[i]!];
    return horizontalError(x(value), to.y(i), x(value - error), x(value + error));
  });
  const middle = stroked(segment(x(0), top, x(0), to.height), 0.8, "2 3");
  return bands.join("") + middle + errorPoints(points, rowHeight > 20 ? 3.2 : 2.8);
}

function sumsPart(sums: ImpactRankingData["sums"], impact: Column, columns: readonly Column[], unit: number): Part {
  const rowHeight = 20;
  const { axis, x } = impact;
  const [low, high] = axis.domain;
  const draw = (to: Scales) => {
    const bars = sums.names.map((_, i) => {
      const size = sums.sizes[i]!;
      const y = to.y(i) - 0.25 * rowHeight;
      const box = bar(x(Math.max(low, -size)), x(Math.min(high, size)), y, 0.5 * rowHeight);
      const isBeyond = size > high;
      return (
        element("rect", { ...box, fill: "currentColor", opacity: "0.4" }) +
        (isBeyond ? runsOff(x(low), to.y(i), 1) + runsOff(x(high), to.y(i), -1) : "")
      );
    });
    return stripes(to, sums.names.length, rowHeight) + bars.join("") + seams(to, columns);
  };
  return {
    height: rowHeight * sums.names.length + 6,
    y: { ...categoryAxis(sums.names, true), domain: [sums.names.length - 0.35, -0.65] },
    rightLabels: sums.names.map((_, at) => ({ at, text: `± ${significant(sums.sizes[at]! / unit, 2)}` })),
    draw,
  };
}

/** A notch in the colour of the paper at the edge that a bar runs off. */
function runsOff(x: number, y: number, inwards: 1 | -1): string {
  const chevron = (at: number): [number, number][] => [
    [at + 4 * inwards, y - 6],
    [at, y],
    [at + 4 * inwards, y + 6],
  ];
  return [8, 13]
    .map((distance) =>
      element("path", {
        class: "edge",
        d: pathThrough(chevron(x + distance * inwards)),
        fill: "none",
        stroke: "#fff",
        "stroke-width": 1.8,
      }),
    )
    .join("");
}

function rankingLegend({ endLabels, pulls, sums }: ImpactRankingData): LegendEntry[] {
  const key = { x: 3, y: -5, width: KEY_WIDTH - 6, height: 10 };
  const middle = KEY_WIDTH / 2;
  return [
    { label: endLabels[0], key: coloured(UP, element("rect", { ...key, ...solid })) },
    { label: endLabels[1], key: coloured(DOWN, element("rect", { ...key, ...hollow })) },
    ...(sums.names.length === 0
      ? []
      : [{ label: "groups, total", key: element("rect", { ...key, fill: "currentColor", opacity: "0.4" }) }]),
    ...(pulls === undefined
      ? []
      : [
          { label: "estimate ± 1σ", key: errorPoints([horizontalError(middle, 0, middle - 10, middle + 10)], 3.2) },
          ...BANDS.toReversed().map(({ style, half, opacity }) => ({
            label: `prior ± ${half}σ`,
            key: coloured(style, element("rect", { ...key, fill: "currentColor", opacity })),
          })),
        ]),
  ];
}
