/** Steps as `unbinned steps` lists them. */
import type { StepState } from "../store/step-store.js";
import type { PlannedStep } from "./planned-steps.js";

/** A step and what a folder has of it. */
export interface StepRow extends PlannedStep {
  /** Null where it is not known, as it follows from what is not there. */
  readonly key: string | null;
  /** `waiting`: for a step that it needs; `not needed`: with what the others found, there is nothing to do. */
  readonly state: StepState | "waiting" | "not needed";
}
