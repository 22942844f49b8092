/** Which errors of T there are and which are missing: said wherever they are shown. */

import type { Configuration } from "./configuration/table.js";
import type { FittedModel } from "./steps/fits/fitted-model.js";

/** What decides it. */
export interface MapErrorSources {
  /** Does T respond to ν? */
  readonly hasResponse: boolean;
  /** Of the ensemble. */
  readonly replicas: number;
  /** Epochs of a replica, which starts at the T of the data, and of that T. */
  readonly epochs: { readonly replica: number; readonly transport: number };
}

/** The fluctuation of the data in T at fixed ν, and how far ν moves T. */
export interface MapErrors {
  readonly statistical: boolean;
  /** Are replicas trained for less than T, so that they stay too close to it? */
  readonly isShort: boolean;
  readonly nuisances: boolean;
  /** One sentence or two, null where nothing is missing. */
  readonly missing: string | null;
}

/** A spread needs two; with so many it is known to a quarter of itself, 1 / √(2 (B - 1)). */
const ENOUGH_REPLICAS = 9;

/**
 * A replica that is trained for less than T stays too close to it: on 5000 events of the toy replicas of 30 epochs spread by 0.07 and 0.08, of
 * 100 epochs, which T takes, by 0.11 and 0.14 (docs/studies/coverage.md).
 */
export function mapErrors({ hasResponse, replicas, epochs }: MapErrorSources): MapErrors {
  const statistical = replicas >= 2;
  const isShort = statistical && epochs.replica < epochs.transport;
  const data = statistical
    ? []
    : [
        `the statistical error of T, which the fluctuation of the data gives it at fixed nuisances and which is as a rule the larger part: set ensemble.replicas to ${ENOUGH_REPLICAS}`,
      ];
  const short = isShort
    ? [
        `a part of the statistical error, as replicas are trained for ${epochs.replica} epochs and T for ${epochs.transport}: set ensemble.training.epochs to ${epochs.transport}`,
      ]
    : [];
  const nuisances = hasResponse ? [] : ["the error of the nuisances: set response.enabled to true"];
  const missing = [...data, ...short, ...nuisances];
  return {
    statistical,
    isShort,
    nuisances: hasResponse,
    missing: missing.length === 0 ? null : `Errors of T lack ${missing.join("; and ")}.`,
  };
}

/** What a band or an error bar of T is, in as few words as a legend has room for. */
export function errorLabel({ statistical, isShort, nuisances }: MapErrors): string {
  if (statistical && nuisances) return isShort ? "total ± 1σ, of replicas too short" : "total ± 1σ";
  if (statistical) return "replicas ± 1σ, nuisances missing";
  return nuisances ? "nuisances ± 1σ, statistical error missing" : "simulation ± 1σ, errors of T missing";
}

/** How long replicas and T are trained. */
export const epochsOf = ({ ensemble, transport }: Configuration) => ({
  replica: ensemble.training.epochs,
  transport: transport.training.epochs,
});

/** Undefined where no T was fitted. */
export function errorsOfT(
  configuration: Configuration,
  { model, replicas }: Pick<FittedModel, "model" | "replicas">,
): MapErrors | undefined {
  if (model.transport === undefined) return undefined;
  const epochs = epochsOf(configuration);
  return mapErrors({ hasResponse: model.response !== undefined, replicas: replicas.length, epochs });
}
