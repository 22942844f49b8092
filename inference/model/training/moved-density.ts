/** Densities that a morph moves, as trainings of morphs and what judges them bind them to tapes. */
import { add, sub } from "../../../engine/tape/operations.js";
import type { Tape, Var } from "../../../engine/tape/tape.js";
import type { FactorizableArchitecture, FlowArchitecture } from "../../../flows/architecture/architecture.js";
import { bindFactorizableFlow } from "../../../flows/factorizable.js";
import { bindFlow } from "../../../flows/flow.js";
import { named } from "../../../flows/networks/weights.js";
import { type FlowModel, parameterPrefixes } from "../mixture-model.js";
import type { ObservableName } from "../sampling/simulated-events.js";
import type { ObservedColumns } from "./densities.js";

/** Of events: what a density is of, and what it is conditional on. */
export type MovedColumns = Omit<ObservedColumns, "weight">;

/** Of the nuisances of a morph, in their order: undefined where it has its nominal value, which costs nothing. */
export type NuisanceValues = readonly (Var | undefined)[];

/** A density and its morph on a tape. */
export interface BoundMove {
  /** Parameters of the morph. */
  readonly trainable: readonly Var[];
  /** log p(x | ν). */
  logProb(columns: MovedColumns, values: NuisanceValues): Var;
  /** log p_0(x). */
  logNominal(columns: MovedColumns): Var;
  /** Numbers [D] that are distributed alike at all ν, for events of p(x | ν), where the morph is right, whatever is wrong with p_0. */
  latent(columns: MovedColumns, values: NuisanceValues): Var;
}

export interface MovedDensity {
  /** What the names of the parameters of the morph begin with. */
  readonly prefix: string;
  /** Whether it has latent numbers. */
  readonly hasLatent: boolean;
  /** With the morph of these networks. */
  bind(tape: Tape, morph: FactorizableArchitecture): BoundMove;
}

/** With the weights of the density, by the names of its parameters. */
export interface TrainedDensity extends MovedDensity {
  readonly parameters: Readonly<Record<string, Float64Array>>;
}

/** The nominal flow of x or y of a mixture. */
export function movedFlow(of: ObservableName, nominal: FlowArchitecture): MovedDensity {
  const prefix = parameterPrefixes[`${of}.morph`];
  return {
    prefix,
    hasLatent: true,
    bind(tape, morph) {
      const density = bindFlow(tape, nominal, parameterPrefixes[`${of}.nominal`]);
      const flow = bindFactorizableFlow(tape, morph, prefix);
      return {
        trainable: [...flow.trainable.values()],
        logProb({ features, context }, values) {
          const { value, logDet } = flow.toNominal(features, context, values);
          return add(density.logProb(value, context), logDet);
        },
        logNominal: ({ features, context }) => density.logProb(features, context),
        latent: ({ features, context }, values) =>
          density.toLatent(flow.toNominal(features, context, values).value, context).value,
      };
    },
  };
}

/** The same with its weights. */
export const movedModel = (
  of: ObservableName,
  { architecture, weights }: FlowModel<FlowArchitecture>,
): TrainedDensity => ({
  ...movedFlow(of, architecture),
  parameters: named(parameterPrefixes[`${of}.nominal`], weights),
});

/** log p(x | ν) - log p_0(x). */
export const logRatio = (density: BoundMove, columns: MovedColumns, values: NuisanceValues): Var =>
  sub(density.logProb(columns, values), density.logNominal(columns));
