/** Pictures of the impacts: rankings of what moves the yields, maps of what moves the distribution of interest. */

import type { Impacts } from "../../inference/measurements/distribution-of-interest/impacts/impacts.js";
import type { DistributionTable } from "../../inference/measurements/distribution-of-interest/impacts/impacts-on-distribution.js";
import {
  type ObservedFeature,
  type Region,
  regionText,
} from "../../inference/measurements/distribution-of-interest/impacts/impacts-regions.js";
import { impactMap, impactRanking, significant } from "../../inference/plots/index.js";
import type { ImpactDefinition } from "../../inference/statistics/impacts/impact-sources.js";
import type { ImpactTable } from "../../inference/statistics/impacts/impact-tables.js";
import type { RunContext } from "../context.js";
import type { NamedFit } from "../steps/fits/fitted-model.js";
import type { Drawing } from "../store/drawings.js";
import { captionOf, featureLabel, processLabel } from "./labels.js";

/** What each definition moves, for captions. */
export const DEFINITIONS: Readonly<Record<ImpactDefinition | "mode", string>> = {
  shift: "each nuisance fixed at ν̂ ± σ, the others fitted again",
  covariance: "each nuisance at ν̂ ± σ, the others following their covariance with it",
  auxiliary: "the auxiliary measurement of each nuisance moved by ± its standard deviation, all nuisances fitted again",
  mode: "ν̂ ± σ along each principal mode of the covariance",
};

/** Sources, largest impact first. */
const ranked = <T extends { readonly rank: number }>(impacts: readonly T[]) =>
  [...impacts].sort((a, b) => a.rank - b.rank);

/** Rankings of what moves the yields, and maps of what moves the distribution, for every definition. */
export function impactPictures(context: RunContext, found: Impacts | undefined, best: NamedFit): Drawing[] {
  if (found === undefined) return [];
  const yields = found.tables.filter(({ target }) => target.kind !== "nuisance");
  const maps = (found.distribution?.tables ?? []).map(
    (table): Drawing => [`impact-map-${table.definition}`, () => mapPicture(context, found, table)],
  );
  const rankings = yields.map(
    (table): Drawing => [
      `impact-${table.definition}-${table.target.kind === "yield" ? table.target.name : "total"}`,
      () => rankingPicture(context, table, best),
    ],
  );
  return [...maps, ...rankings];
}

function rankingPicture(context: RunContext, table: ImpactTable, { summary }: NamedFit): string {
  const { definition, target, impacts: own, groups, total, statistical } = table;
  const { nuisances } = context.analysis.configuration;
  const of = target.kind === "yield" ? `yield of ${target.name}` : "expected events";
  const rows = ranked(own);
  const labels = rows.map(({ source }) => nuisances[source]?.label ?? source);
  const sums = [...groups, ...(statistical === undefined ? [] : [{ name: "data", size: statistical }])];
  const at = rows.map(({ source }) => summary.names.indexOf(source));
  const hasPulls = definition !== "mode" && summary.sigma !== null;
  return impactRanking({
    ...captionOf(context, `Impacts on the ${of}: ${DEFINITIONS[definition]}`),
    targetLabel: `${of} [events]`,
    endLabels: definition === "auxiliary" ? ["nominal + 1", "nominal − 1"] : ["+1σ", "−1σ"],
    names: labels,
    up: rows.map(({ up }) => up),
    down: rows.map(({ down }) => down),
    pulls: hasPulls
      ? {
          estimates: at.map((k) => summary.estimate[k]! - nuisances[summary.names[k]!]!.nominal),
          errors: at.map((k) => summary.sigma![k]!),
        }
      : undefined,
    sums: { names: [...sums.map(({ name }) => name), "total"], sizes: [...sums.map(({ size }) => size), total] },
  });
}

/** Three, and as many as all edges of a feature have in common. */
function digitsOf(regions: readonly Region[]): number {
  const edges = new Map<string, number[]>();
  for (const { of, feature, lower } of regions.flatMap(({ ranges }) => ranges)) {
    if (lower !== undefined) edges.set(`${of}${feature}`, [...(edges.get(`${of}${feature}`) ?? []), lower]);
  }
  const common = [...edges.values()].map((own) => {
    const [low, high] = [Math.min(...own), Math.max(...own)];
    return low === high ? 0 : Math.log10(Math.max(Math.abs(low), Math.abs(high)) / (high - low));
  });
  return 3 + Math.max(0, ...common.map(Math.floor));
}

function mapPicture(
  context: RunContext,
  found: Impacts,
  { definition, impacts: own, groups }: DistributionTable,
): string {
  const { regions } = found.distribution!;
  const { nuisances } = context.analysis.configuration;
  const digits = digitsOf(regions);
  const nameOf = ({ of, feature }: ObservedFeature) => featureLabel(context, of, feature);
  const nProcesses = context.sizes.processes;
  const panels = Array.from({ length: nProcesses }, (_, process) => {
    const rows = [
      ...groups.map(({ name, cells }) => ({ name: `group ${name}`, cells })),
      ...[...own]
        .sort((a, b) => a.ranks[process]! - b.ranks[process]!)
        .map(({ source, cells }) => ({ name: nuisances[source]?.label ?? source, cells })),
    ];
    return {
      title: processLabel(context, process),
      names: rows.map(({ name }) => name),
      values: rows.map(({ cells }) =>
        regions.map(
          (_region, region) => cells.find((cell) => cell.process === process && cell.region === region)?.size,
        ),
      ),
    };
  });
  return impactMap({
    ...captionOf(context, `Impacts on T: ${DEFINITIONS[definition]}`),
    valueLabel: "r.m.s. displacement [σ of y in the process]",
    regions: regions.map((region) => regionText(region, nameOf, (value) => significant(value, digits))),
    panels,
  });
}
