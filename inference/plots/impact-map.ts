import { aList, checkParts } from "../../engine/options.js";
import { categoryAxis } from "./drawing/axis.js";
import { requireFinite, requireLength, requireSome } from "./drawing/check.js";
import { type Caption, figure, type Part } from "./drawing/figure.js";
import { KEY_WIDTH } from "./drawing/marks.js";
import { fixed } from "./drawing/numbers.js";
import type { Scales } from "./drawing/scales.js";
import { element, text } from "./drawing/svg.js";
import { legibleUnit, MOST_ROWS } from "./impacts.js";

export interface ImpactMapData extends Caption {
  /** what the numbers are, with their unit: "r.m.s. displacement [σ of y]" */
  readonly valueLabel: string;
  /** columns: "all events", "y₁ < 0.2" [m] */
  readonly regions: readonly string[];
  readonly panels: readonly {
    /** the process */
    readonly title: string;
    /** sources, the largest first [n] */
    readonly names: readonly string[];
    /** sizes [n][m]; undefined where there are no events */
    readonly values: readonly (readonly (number | undefined)[])[];
  }[];
}

/** A table of sources against regions for each process, the cells shaded by the number in them. */
export function impactMap(data: ImpactMapData): string {
  checkParts("impactMap", "data", data, { regions: aList });
  requireFinite("impactMap", data);
  requireSome("impactMap", "regions", data.regions);
  data.panels.forEach(({ names, values }, p) => {
    requireSome("impactMap", `panels[${p}].names`, names);
    requireLength("impactMap", `panels[${p}].values`, values, names.length);
    values.forEach((row, i) => {
      requireLength("impactMap", `panels[${p}].values[${i}]`, row, data.regions.length);
    });
  });
  const all = data.panels.flatMap(({ values }) => values.flat().filter((value) => value !== undefined));
  const largest = Math.max(0, ...all);
  const unit = legibleUnit(largest, 0.1);
  const decimals = largest / unit.value >= 100 ? 0 : largest / unit.value >= 10 ? 1 : 2;
  const write = (value: number) => fixed(value / unit.value, decimals);
  const width = Math.max(38, Math.min(60, 420 / data.regions.length));
  return figure("impactMap", {
    ...data,
    legend: [{ label: `${data.valueLabel}${unit.suffix}: 0 to ${write(largest)}`, key: ramp() }],
    panelWidth: width * data.regions.length,
    columns: 1,
    panels: [
      {
        title: "",
        legend: [],
        x: categoryAxis(data.regions, false),
        parts: data.panels.map((panel) =>
          mapPart(panel, width, (value) => ({ share: value / (largest || 1), words: write(value) })),
        ),
      },
    ],
  });
}

/** How a value looks: its part of the largest, and its digits. */
type Look = (value: number) => { readonly share: number; readonly words: string };

function mapPart({ title, names, values }: ImpactMapData["panels"][number], width: number, look: Look): Part {
  const rows = shortened(names, values);
  // Room for a title beside few rows.
  const height = Math.max(22, 70 / rows.length);
  const y = categoryAxis(
    rows.map(({ name }) => name),
    true,
  );
  const draw = (to: Scales) =>
    rows
      .flatMap((row, i) =>
        row.values.map((value, j) => {
          const box = { x: to.x(j) - width / 2, y: to.y(i) - height / 2, width, height };
          if (value !== undefined) return mapCell(box, look(value));
          return text(to.x(j), to.y(i) + 4, "–", { size: 10.5, anchor: "middle", faint: true });
        }),
      )
      .join("");
  return { height: height * rows.length, y: { ...y, label: title }, rightLabels: [], draw };
}

/** The first rows, and the largest values of the rest as one more. */
function shortened(names: readonly string[], values: ImpactMapData["panels"][number]["values"]) {
  const rows = names.slice(0, MOST_ROWS).map((name, i) => ({ name, values: values[i]! }));
  const rest = values.slice(MOST_ROWS);
  if (rest.length === 0) return rows;
  const most = values[0]!.map((_, j) => {
    const known = rest.flatMap((row) => (row[j] === undefined ? [] : [row[j]]));
    return known.length === 0 ? undefined : Math.max(...known);
  });
  return [...rows, { name: `${rest.length} more, at most`, values: most }];
}

/** White to this blue. */
const DEEPEST = [0, 114, 178] as const;

const shade = (strength: number) =>
  `rgb(${DEEPEST.map((channel) => Math.round(255 + strength * (channel - 255))).join(",")})`;

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

function mapCell(box: Box, { share, words }: ReturnType<Look>): string {
  const ink = share > 0.6 ? "#fff" : "#1b1b1b";
  const middle = text(box.x + box.width / 2, box.y + box.height / 2 + 4, words, { size: 10.5, anchor: "middle" });
  return element("rect", { ...box, fill: shade(share) }) + element("g", { color: ink }, middle);
}

function ramp(): string {
  const steps = 6;
  const width = KEY_WIDTH / steps;
  return Array.from({ length: steps }, (_, i) =>
    element("rect", { x: i * width, y: -5, width, height: 10, fill: shade(i / (steps - 1)) }),
  ).join("");
}
