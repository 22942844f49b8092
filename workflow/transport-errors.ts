/** Which errors of T there are and which are missing: said wherever they are shown. */

import type { FittedModel } from "./steps/fits/fitted-model.js";

/** What decides it. */
export interface MapErrorSources {
  /** Does T respond to ν? */
  readonly hasResponse: boolean;
  /** Of the ensemble. */
  readonly replicas: number;
}

/** The fluctuation of the data in T at fixed ν, and how far ν moves T. */
export interface MapErrors {
  readonly statistical: boolean;
  readonly nuisances: boolean;
  /** One sentence or two, null where nothing is missing. */
  readonly missing: string | null;
}

/** A spread needs two; with so many it is known to a quarter of itself, 1 / √(2 (B - 1)). */
const ENOUGH_REPLICAS = 9;

export function mapErrors({ hasResponse, replicas }: MapErrorSources): MapErrors {
  const statistical = replicas >= 2;
  const data = statistical
    ? []
    : [
        `the statistical error of T, which the fluctuation of the data gives it at fixed nuisances and which is as a rule the larger part: set ensemble.replicas to ${ENOUGH_REPLICAS}`,
      ];
  const nuisances = hasResponse ? [] : ["the error of the nuisances: set response.enabled to true"];
  const missing = [...data, ...nuisances];
  return {
    statistical,
    nuisances: hasResponse,
    missing: missing.length === 0 ? null : `Errors of T lack ${missing.join("; and ")}.`,
  };
}

/** What a band or an error bar of T is, in as few words as a legend has room for. */
export function errorLabel({ statistical, nuisances }: MapErrors): string {
  if (statistical && nuisances) return "total ± 1σ";
  if (statistical) return "replicas ± 1σ, nuisances missing";
  return "nuisances ± 1σ, statistical error missing";
}

/** Undefined where no T was fitted. */
export function errorsOfT({ model, replicas }: Pick<FittedModel, "model" | "replicas">): MapErrors | undefined {
  if (model.transport === undefined) return undefined;
  return mapErrors({ hasResponse: model.response !== undefined, replicas: replicas.length });
}
