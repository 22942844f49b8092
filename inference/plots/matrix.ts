import { aList, checkParts } from "../../engine/options.js";
import { categoryAxis } from "./drawing/axis.js";
import { requireFinite, requireLength, requireSome } from "./drawing/check.js";
import { type Caption, figure } from "./drawing/figure.js";
import { fixed } from "./drawing/numbers.js";
import type { Scales } from "./drawing/scales.js";
import { element, text } from "./drawing/svg.js";

export interface CorrelationData extends Caption {
  readonly names: readonly string[];
  /** correlation coefficients [n][n] */
  readonly matrix: readonly (readonly number[])[];
}

/** Heat map of correlations, blue below zero and vermillion above, with the number in every cell. */
export function correlationMatrix(data: CorrelationData): string {
  checkParts("correlationMatrix", "data", data, { names: aList, matrix: aList });
  const { names, matrix } = data;
  requireFinite("correlationMatrix", data);
  requireSome("correlationMatrix", "names", names);
  requireLength("correlationMatrix", "matrix", matrix, names.length);
  matrix.forEach((row, i) => {
    requireLength("correlationMatrix", `matrix[${i}]`, row, names.length);
  });
  const cell = Math.max(26, Math.min(70, 420 / names.length));
  const size = cell * names.length;
  const draw = (to: Scales) =>
    matrix.flatMap((row, i) => row.map((value, j) => drawCell(value, to.x(j), to.y(i), cell))).join("");
  return figure("correlationMatrix", {
    ...data,
    legend: [],
    panelWidth: size,
    columns: 1,
    panels: [
      {
        title: "",
        legend: [],
        x: categoryAxis(names, false),
        parts: [{ height: size, y: categoryAxis(names, true), rightLabels: [], draw }],
      },
    ],
  });
}

type Rgb = readonly [number, number, number];
const NEGATIVE: Rgb = [0, 114, 178];
const POSITIVE: Rgb = [213, 94, 0];

function drawCell(value: number, x: number, y: number, cell: number): string {
  const strength = Math.min(1, Math.abs(value));
  const end = value < 0 ? NEGATIVE : POSITIVE;
  const rgb = end.map((channel) => Math.round(255 + strength * (channel - 255)));
  const ink = strength > 0.8 ? "#fff" : "#1b1b1b";
  return (
    element("rect", { x: x - cell / 2, y: y - cell / 2, width: cell, height: cell, fill: `rgb(${rgb.join(",")})` }) +
    element("g", { color: ink }, text(x, y + 4, fixed(value, 2), { size: Math.min(12, cell / 3.5), anchor: "middle" }))
  );
}
