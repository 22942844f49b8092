import * as plots from "../../../inference/plots/index.js";
import { closure } from "./samples/closure.js";
import { displacementCurves, quiver } from "./samples/displacement.js";
import { impactMap } from "./samples/impact-map.js";
import { impactRanking } from "./samples/impacts.js";
import { lossCurves } from "./samples/loss-curves.js";
import { correlationMatrix } from "./samples/matrix.js";
import { projections } from "./samples/projection.js";
import { pulls } from "./samples/pulls.js";
import { replicas } from "./samples/replicas.js";
import { scan1d, scan2d } from "./samples/scan.js";
import type { PlotName, SamplesOf } from "./samples/shapes.js";

export const samples: { readonly [K in PlotName]: SamplesOf<K> } = {
  scan2d,
  scan1d,
  lossCurves,
  closure,
  quiver,
  displacementCurves,
  replicas,
  projections,
  correlationMatrix,
  impactRanking,
  impactMap,
  pulls,
};

/** Every sample with its picture, drawn by the function it belongs to. */
export const pictures = Object.entries(samples).flatMap(([name, variants]) =>
  Object.entries(variants as Record<string, plots.Caption>).map(([variant, data]) => ({
    name: `${name}-${variant}`,
    plot: name as PlotName,
    data,
    // biome-ignore lint/performance/noDynamicNamespaceImportAccess: the registry is the whole module
    draw: plots[name as PlotName] as (data: plots.Caption) => string,
  })),
);
