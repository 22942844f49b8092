/** What the functions that make architectures take: names and kinds; whether the numbers fit is for `checked` to judge. */
import { UsageError } from "../../engine/errors.js";
import {
  aFlag,
  aList,
  aNumber,
  anObject,
  checkOptions,
  numbers,
  type Options,
  oneOf,
  optional,
  valueText,
} from "../../engine/options.js";
import { activations } from "../networks/masked-network.js";
import type { SplineArchitecture } from "../transforms/rational-quadratic-spline.js";
import type { AffineArchitecture, ScalarArchitecture } from "../transforms/scalar-transform.js";
import type {
  AutoregressiveOptions,
  CommonOptions,
  CouplingOptions,
  FactorizableOptions,
  FlowOptions,
} from "./kinds.js";

export interface InitialOptions {
  /** Last layers start at zero, so that the transforms start as the identity. */
  readonly identity?: boolean;
}

const common: Options<CommonOptions> = {
  features: aNumber,
  context: optional(aNumber),
  hidden: numbers,
  activation: optional(oneOf(...Object.keys(activations))),
  standardisation: optional(oneOf("none", "input", "both")),
  classes: optional(aNumber),
};
const flow: Options<FlowOptions> = { ...common, transforms: aNumber, transform: anObject };
const autoregressive: Options<AutoregressiveOptions> = { ...flow, orders: optional(aList) };
const coupling: Options<CouplingOptions> = { ...flow, passive: optional(aList) };
const factorizable: Options<FactorizableOptions> = {
  ...common,
  layers: aNumber,
  nuisances: aList,
  pairs: optional(aList),
  quadraticDamping: optional(aNumber),
  pairDamping: optional(aNumber),
  shiftFirst: optional(aFlag),
  spline: optional(anObject),
};
const nuisance: Options<FactorizableOptions["nuisances"][number]> = {
  nominal: optional(aNumber),
  scale: optional(aNumber),
  linearOnly: optional(aFlag),
};
const initial: Options<InitialOptions> = { identity: optional(aFlag) };
const affine: Options<AffineArchitecture> = { kind: oneOf("affine"), leastSlope: optional(aNumber) };
const spline: Options<SplineArchitecture> = {
  kind: oneOf("spline"),
  bins: aNumber,
  bound: aNumber,
  freeRightSlope: optional(aFlag),
  scaled: optional(aFlag),
  leastSlope: optional(aNumber),
};

export const checkAutoregressiveOptions = (options: AutoregressiveOptions): void =>
  checkOptions("autoregressiveFlow", options, autoregressive);

export const checkCouplingOptions = (options: CouplingOptions): void => checkOptions("couplingFlow", options, coupling);

export function checkFactorizableOptions(options: FactorizableOptions): void {
  checkOptions("factorizableFlow", options, factorizable);
  for (const own of options.nuisances) checkOptions("factorizableFlow nuisance", own, nuisance);
}

export const checkInitialOptions = (where: string, options: InitialOptions): void =>
  checkOptions(where, options, initial);

export function checkTransformOptions(where: string, transform: ScalarArchitecture): void {
  switch (transform?.kind) {
    case "affine":
      checkOptions(where, transform, affine);
      break;
    case "spline":
      checkOptions(where, transform, spline);
      break;
    default:
      transform satisfies never;
      throw new UsageError(where, { expected: 'a transform of kind "affine" or "spline"', got: valueText(transform) });
  }
}
