/** A flow that takes columns to those of another density, or to standard normal numbers. */
import type { Var } from "../../../engine/tape/tape.js";
import type { Transformed } from "../../../flows/shapes.js";
import type { FeatureFrame } from "../feature-frame.js";
import type { Environment } from "../language/environment.js";
import type { Place } from "./probability-of-box.js";

/** A flow as a map, in the frame of its columns. */
export interface FlowMap {
  readonly of: readonly string[];
  readonly given: readonly string[];
  readonly frame: FeatureFrame | undefined;
  readonly givenFrame: FeatureFrame | undefined;
  /** Where features lie, for integrals over them. */
  readonly places: readonly Place[];
  /** Observed features [..., D] to those of the density behind the map. */
  toOrigin(at: Environment, features: Var, context: Var | undefined): Transformed;
  fromOrigin(at: Environment, features: Var, context: Var | undefined): Transformed;
}
