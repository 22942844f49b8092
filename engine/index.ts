/** Reverse-mode autodiff on columns of events, and the backends that run it. */

export { type CpuOptions, cpuBackend } from "./cpu/backend.js";
export { gradient, hessian } from "./derivatives/gradient.js";
export { DeviceLostError, ShapeError, UsageError } from "./errors.js";
export {
  fillNormal,
  fillPoissonOne,
  fillUniform,
  fillWords,
  normal,
  poissonOne,
  type RandomKey,
  randomKey,
  uniform,
} from "./random/random.js";
export {
  type Distribution,
  normalColumn,
  poissonOneColumn,
  type RandomColumn,
  uniformColumn,
} from "./random/random-column.js";
export { fillShuffled, shuffledIndex } from "./random/shuffle.js";
export { referenceBackend } from "./reference/backend.js";
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
} from "./runtime/backend.js";
export { backendNames } from "./runtime/backend.js";
export { BlockedColumn } from "./runtime/blocked-column.js";
export { type KernelTimes, type ProgramTimes, timesBetween } from "./runtime/kernel-times.js";
export * from "./tape/operations.js";
export { type EventSet, type OperationName, type Shape, sizeOf, Tape, type Var } from "./tape/tape.js";
export { type WebgpuOptions, webgpuBackend } from "./webgpu/backend.js";
