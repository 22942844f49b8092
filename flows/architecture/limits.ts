/** The largest architectures: far beyond what anyone trains, and small enough for any machine to look at. */
import { UsageError } from "../../engine/errors.js";

/** Numbers of a file or of a user's options end here before anything of their size is made. */
export const LARGEST = {
  features: 1024,
  context: 65_536,
  /** Transforms or layers in sequence. */
  layers: 256,
  hiddenLayers: 32,
  /** Units of a hidden layer. */
  units: 65_536,
  /** Of a spline. */
  bins: 4096,
  nuisances: 4096,
  pairs: 65_536,
  /** Networks of all layers, nuisances and pairs. */
  networks: 65_536,
  /** Numbers in f64, 128 MiB; a training keeps four of each. */
  weights: 2 ** 24,
} as const;

type Limited = keyof typeof LARGEST;

const WORDS: Readonly<Record<Limited, string>> = {
  features: "features",
  context: "context columns",
  layers: "transforms in sequence",
  hiddenLayers: "hidden layers",
  units: "units of a hidden layer",
  bins: "bins of a spline",
  nuisances: "nuisances",
  pairs: "pairs",
  networks: "networks",
  weights: "weights",
};

/** Refuses sizes beyond the largest; what is no number is for others to refuse. */
export function checkLimits(where: string, sizes: { readonly [L in Limited]?: number | undefined }): void {
  for (const [name, size] of Object.entries(sizes) as [Limited, number | undefined][]) {
    if (size === undefined || !(size > LARGEST[name])) continue;
    throw new UsageError(where, { expected: `at most ${LARGEST[name]} ${WORDS[name]}`, got: `${size}` });
  }
}
