/** Impacts of every nuisance, mode and group on the nuisances, the yields and the distribution of interest. */

import { aFunction, aList, anObject, checkOptions, type Options, optional } from "../../../../engine/options.js";
import type { Backend } from "../../../../engine/runtime/backend.js";
import type { EventData } from "../../../model/likelihood/likelihood.js";
import type { MixtureModel } from "../../../model/mixture-model.js";
import {
  type ImpactDefinition,
  type ImpactSources,
  modeSources,
  nuisanceSources,
  type SourceRequest,
  sourceOptions,
} from "../../../statistics/impacts/impact-sources.js";
import {
  checkGroups,
  type ImpactGroups,
  type ImpactTable,
  impactTables,
} from "../../../statistics/impacts/impact-tables.js";
import { type DistributionImpacts, distributionImpacts } from "./impacts-on-distribution.js";
import { targetsOf } from "./impacts-on-targets.js";
import { type RegionRequest, regionOptions } from "./impacts-weighted-regions.js";

export interface ImpactsRequest extends Omit<SourceRequest, "onSource"> {
  readonly model: MixtureModel;
  readonly definitions: readonly ImpactDefinition[];
  readonly groups: ImpactGroups;
  /** Absent: no impacts on the distribution. */
  readonly distribution?: RegionRequest & { readonly backend: Backend; readonly data: EventData };
  /** `refits`: nuisances whose two refits are done; `distribution`: points of ν at which T is known. */
  readonly onProgress?: (stage: "refits" | "distribution", done: number, total: number) => void;
}

export interface Impacts {
  /** Of each definition, in their order, and last of `mode`. */
  readonly sources: readonly ImpactSources[];
  /** For each of these, one table per target. */
  readonly tables: readonly ImpactTable[];
  /** Undefined where none was asked for, or where T does not respond to ν: then nothing moves it. */
  readonly distribution: DistributionImpacts | undefined;
  /** Of the objective to first order, all together. */
  readonly evaluations: number;
}

const { onSource: _onSource, ...ofSourcesOptions } = sourceOptions;
const impactsOptions: Options<ImpactsRequest> = {
  ...ofSourcesOptions,
  model: anObject,
  definitions: aList,
  groups: anObject,
  distribution: optional(anObject),
  onProgress: optional(aFunction),
};

/**
 * All impacts of one fit. `shift` and `auxiliary` cost two refits for each nuisance, each of one to a few gradients of the
 * objective; `covariance` and the modes no evaluation at all. The distribution costs a pass of its events through T, without
 * derivatives, for either end of every source.
 */
export async function impacts(request: ImpactsRequest): Promise<Impacts> {
  checkOptions("impacts", request, impactsOptions);
  const { model, definitions, groups, distribution, onProgress, ...ofSources } = request;
  const { objective, fit, covariance, signal } = ofSources;
  if (distribution !== undefined) {
    checkOptions("impacts distribution", distribution, { ...regionOptions, backend: anObject, data: anObject });
  }
  checkGroups(objective.names, groups);
  const nRefits = definitions.filter(needsFits).length * covariance.names.length;
  const modes = modeSources(ofSources);
  const sources: ImpactSources[] = [];
  let refits = 0;
  for (const definition of definitions) {
    const onSource = () => onProgress?.("refits", ++refits, nRefits);
    sources.push(await nuisanceSources({ ...ofSources, ...(needsFits(definition) && { onSource }) }, definition));
  }
  sources.push(modes);
  const estimate = fit.estimate.values;
  const tables = await impactTables(targetsOf(model), estimate, sources, modes, { covariance, groups });
  const onPoints = (done: number, total: number) => onProgress?.("distribution", done, total);
  const moved =
    distribution === undefined || model.response === undefined
      ? undefined
      : await distributionImpacts(
          { ...distribution, model, estimate, onPoints, ...(signal && { signal }) },
          sources,
          modes,
          { covariance, groups },
        );
  return Object.freeze({
    sources: Object.freeze(sources),
    tables,
    distribution: moved,
    evaluations: sources.reduce((sum, own) => sum + own.evaluations, 0),
  });
}

const needsFits = (definition: ImpactDefinition) => definition !== "covariance";
