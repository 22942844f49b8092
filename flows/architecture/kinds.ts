/** The kinds of architecture: plain JSON data, and the options from which they are made. */
import type { Activation } from "../networks/masked-network.js";
import type { SplineArchitecture } from "../transforms/rational-quadratic-spline.js";
import type { ScalarArchitecture } from "../transforms/scalar-transform.js";

/** Constants of the training sample: at the observed side (`input`: a density), or undone behind the transforms too (`both`: a transport). */
export type Standardisation = "none" | "input" | "both";

/** One masked transform. Feature i is conditioned on the features of smaller order. */
export interface AutoregressiveLayer {
  readonly order: readonly number[];
  /** Per hidden layer, units of degree 0, 1, ..., D - 1. */
  readonly hidden: readonly (readonly number[])[];
}

/** One coupling transform: the passive features, left as they are, condition all others. */
export type CouplingLayer = Readonly<Record<"passive" | "hidden", readonly number[]>>;

export interface CommonArchitecture {
  readonly features: number;
  readonly context: number;
  readonly activation: Activation;
  readonly standardisation: Standardisation;
  /** The first so many columns of the context are a class, one-hot, each with its own constants of the features; absent: one set for all. */
  readonly classes?: number;
}

export interface AutoregressiveArchitecture extends CommonArchitecture {
  readonly kind: "autoregressive";
  readonly transform: ScalarArchitecture;
  /** Applied to observed values from first to last. */
  readonly layers: readonly AutoregressiveLayer[];
}

export interface CouplingArchitecture extends CommonArchitecture {
  readonly kind: "coupling";
  readonly transform: ScalarArchitecture;
  readonly layers: readonly CouplingLayer[];
}

/** One nuisance of a factorizable flow: u = (ν - nominal value) / scale. */
export interface NuisanceArchitecture {
  readonly nominal: number;
  readonly scale: number;
  /** Samples on one side only: the quadratic outputs cannot be identified and are 0. */
  readonly linearOnly: boolean;
  /** Units of its own networks, of each layer by degree; null where a network puts out 0. Absent: those of the layers. */
  readonly networks?: readonly (AutoregressiveLayer["hidden"] | null)[];
}

/** What nuisances do to a density, as a transformation of observed to nominal values, arXiv:2606.30489. */
export interface FactorizableArchitecture extends CommonArchitecture {
  readonly kind: "factorizable";
  readonly nuisances: readonly NuisanceArchitecture[];
  /** Pairs (k, l), k < l, of nuisances with a term u_k u_l. */
  readonly pairs: readonly (readonly [number, number])[];
  /** Dampings q of the quadratic and r of the pair terms. */
  readonly quadraticDamping: number;
  readonly pairDamping: number;
  /** (y + t) e^s: what a nuisance does to a mean does not depend on what others do to a width. Absent: y e^s + t, as published. */
  readonly shiftFirst?: boolean;
  /** Behind the affine step of each layer: it reshapes densities, which scales and shifts cannot. Absent: none, as published. */
  readonly spline?: SplineArchitecture;
  readonly layers: readonly AutoregressiveLayer[];
}

export type FlowArchitecture = AutoregressiveArchitecture | CouplingArchitecture;
export type Architecture = FlowArchitecture | FactorizableArchitecture;
type Combination = Partial<Pick<FactorizableArchitecture, "quadraticDamping" | "pairDamping" | "shiftFirst">>;

export interface CommonOptions {
  readonly features: number;
  readonly context?: number;
  readonly hidden: readonly number[];
  readonly activation?: Activation;
  readonly standardisation?: Standardisation;
  readonly classes?: number;
}

export interface FlowOptions extends CommonOptions {
  readonly transforms: number;
  readonly transform: ScalarArchitecture;
}

export interface AutoregressiveOptions extends FlowOptions {
  readonly orders?: readonly (readonly number[])[];
}

export interface CouplingOptions extends FlowOptions {
  readonly passive?: readonly (readonly number[])[];
}

export interface FactorizableOptions extends CommonOptions, Combination {
  readonly layers: number;
  readonly nuisances: readonly Partial<Omit<NuisanceArchitecture, "networks">>[];
  readonly pairs?: readonly (readonly [number, number])[];
  readonly spline?: SplineArchitecture | undefined;
}
