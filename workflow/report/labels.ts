/** Names of features, processes and nuisances, and captions, as pictures and tables show them. */
import { type Caption, footerLine } from "../../inference/plots/index.js";
import type { ChiSquareResult } from "../../inference/statistics/goodness/goodness-of-fit.js";
import { featureLabel as labelOfFeature, nuisanceNames, processNames } from "../configuration/analysis.js";
import type { RunContext } from "../context.js";
import { readVersion } from "../version.js";

export function captionOf({ analysis, events }: RunContext, title: string): Caption {
  const { seed } = analysis.configuration;
  return { title, footer: footerLine({ nEvents: events.data.count, seed, version: readVersion() }) };
}

/** Axis name of a feature. */
export const featureLabel = ({ analysis }: RunContext, of: "x" | "y", feature: number): string =>
  labelOfFeature(analysis, of, feature);

export const processLabel = ({ analysis: { configuration } }: RunContext, process: number): string => {
  const name = processNames(configuration)[process]!;
  return configuration.processes[name]!.label ?? name;
};

/** None where nothing is left to test. */
export function goodnessOf({ chiSquare, ndf, pValue }: Omit<ChiSquareResult, "groups">) {
  return pValue === undefined ? undefined : { chi2: chiSquare, ndf, pValue };
}

/** In declared order. */
export function nuisanceLabels({ analysis: { configuration } }: RunContext): string[] {
  return nuisanceNames(configuration).map((name) => configuration.nuisances[name]!.label ?? name);
}
