/** Reverse-mode autodiff on columns of events, and the backends that run it. */
export type {
  Backend,
  BackendName,
  ColumnData,
  ColumnSource,
  Named,
  Program,
  ProgramRequest,
  RunOptions,
  StepPlan,
} from "./backend.js";
export { backendNames } from "./backend.js";
export { BlockedColumn } from "./blocked-column.js";
export { type CpuOptions, cpuBackend } from "./cpu/backend.js";
export { gradient, hessian } from "./derivatives.js";
export { DeviceLostError, ShapeError, UsageError } from "./errors.js";
export * from "./operations.js";
export { type KernelProfile, type Profile, profileBetween } from "./profile.js";
export {
  fillNormal,
  fillPoissonOne,
  fillShuffled,
  fillUniform,
  fillWords,
  normal,
  poissonOne,
  type RandomKey,
  randomKey,
  shuffledIndex,
  uniform,
} from "./random.js";
export {
  type Distribution,
  normalColumn,
  poissonOneColumn,
  type RandomColumn,
  uniformColumn,
} from "./random-column.js";
export { referenceBackend } from "./reference.js";
export { type EventSet, type OperationName, type Shape, sizeOf, Tape, type Var } from "./tape.js";
export { type WebgpuOptions, webgpuBackend } from "./webgpu/backend.js";
