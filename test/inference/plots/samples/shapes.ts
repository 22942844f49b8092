/** What samples of several plots are made of. */
import * as plots from "../../../../inference/plots/index.js";

/** The functions among the exports that draw: from captioned data to SVG. */
export type PlotName = {
  [K in keyof typeof plots]: (typeof plots)[K] extends (data: infer D) => string
    ? D extends plots.Caption
      ? K
      : never
    : never;
}[keyof typeof plots];

type DataOf<K extends PlotName> = Parameters<(typeof plots)[K]>[0];

/** At least one sample of a plot; its key names the snapshot. */
export type SamplesOf<K extends PlotName> = { readonly plain: DataOf<K>; readonly [variant: string]: DataOf<K> };

export const footer = plots.footerLine({ nEvents: 50_000, seed: 1, version: "0.1.0" });

/** n values from first to last. */
export const grid = (first: number, last: number, n: number) =>
  Array.from({ length: n }, (_, i) => first + ((last - first) * i) / (n - 1));

/** Plausible noise without a generator: fractional parts of multiples of the golden ratio, mapped to [-1.7, 1.7]. */
export const noise = (i: number) => 3.4 * ((i * 0.618033988749895 + 0.21) % 1) - 1.7;

export const gauss = (x: number, mean: number, sigma: number) => Math.exp(-0.5 * ((x - mean) / sigma) ** 2) / sigma;

export function histogram(mean: number, sigma: number, size: number, shift: number) {
  const edges = grid(-4, 4, 31);
  const prediction = edges.slice(1).map((edge, i) => size * gauss((edge + edges[i]!) / 2, mean, sigma));
  const counts = prediction.map((value, i) =>
    Math.max(0, Math.round(value + shift * value * noise(i) + Math.sqrt(value) * noise(i + 7))),
  );
  return { edges, counts, errors: counts.map(Math.sqrt), prediction };
}

/** Two levels of the ellipse of a covariance, [xx, xy, yy]: p = √level L (cos, sin), L its Cholesky factor. */
export function ellipses(label: string, [xx, xy, yy]: readonly [number, number, number]) {
  const [a, b, c] = [Math.sqrt(xx), xy / Math.sqrt(xx), Math.sqrt(yy - xy ** 2 / xx)];
  const contours = [2.3, 6.18].map((level) => {
    const points = Array.from({ length: 121 }, (_, i): [number, number] => {
      const angle = (2 * Math.PI * (i % 120)) / 120;
      const [u, v] = [Math.sqrt(level) * Math.cos(angle), Math.sqrt(level) * Math.sin(angle)];
      return [0.486 + a * u, -0.523 + b * u + c * v];
    });
    return { level, polylines: [points] };
  });
  return { label, contours };
}
