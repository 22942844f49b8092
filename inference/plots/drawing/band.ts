import { requireLength } from "./check.js";
import { type LegendEntry, type Style, swatchEntry } from "./marks.js";

/** Widths below and above a line, neither negative [n] each. Of several the widest comes first: others are drawn over it. */
export interface ShadedBand {
  readonly label: string;
  readonly lower: ArrayLike<number>;
  readonly upper: ArrayLike<number>;
}

/** Of one band. A narrower one over it comes out darker. */
export const BAND_OPACITY = 0.25;

export function requireBands(where: string, path: string, bands: readonly ShadedBand[] | undefined, n: number): void {
  bands?.forEach(({ lower, upper }, i) => {
    requireLength(where, `${path}.bands[${i}].lower`, lower, n);
    requireLength(where, `${path}.bands[${i}].upper`, upper, n);
  });
}

/** Lower and upper edge of a band around a line. */
export function bandEdges({ lower, upper }: ShadedBand, line: ArrayLike<number>): readonly [number[], number[]] {
  return [Array.from(line, (value, i) => value - lower[i]!), Array.from(line, (value, i) => value + upper[i]!)];
}

/** One swatch per label, as dark as its band is where it lies over those before it. */
export function bandEntries(all: readonly (readonly ShadedBand[] | undefined)[], style: Style): LegendEntry[] {
  const labels = [...new Set(all.flatMap((bands) => bands?.map(({ label }) => label) ?? []))];
  return labels.map((label, i) => swatchEntry(label, style, 1 - (1 - BAND_OPACITY) ** (i + 1)));
}
