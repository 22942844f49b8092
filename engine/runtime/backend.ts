/** What every backend offers: compile a part of a tape once, keep its state, replay it on data. */

import type { RandomColumn } from "../random/random-column.js";
import type { Var } from "../tape/tape.js";
import type { BlockedColumn } from "./blocked-column.js";
import type { ColumnData } from "./column-data.js";
import type { ProgramTimes } from "./kernel-times.js";

export const backendNames = ["reference", "cpu", "webgpu"] as const;
export type BackendName = (typeof backendNames)[number];

export type { ColumnData } from "./column-data.js";

/** What can be bound to a column: its data, the same block by block, or random numbers that the backend makes itself. */
export type ColumnSource = ColumnData | BlockedColumn | RandomColumn;

/** Numbers by name of an output, column or parameter. */
export type Named<T> = Readonly<Record<string, T>>;

export interface ProgramRequest {
  /** What a run gives back. Nodes without events: their elements, f64. Nodes with events: `[...shape, events]`. */
  readonly outputs: Named<Var>;
  /** New values of parameters, by name of the parameter, taken over at the end of every step. */
  readonly updates?: Named<Var>;
  /** Measures the time of every kernel, for `times`. The kernels are the same; timers around them take their time. */
  readonly timed?: boolean;
}

export interface RunOptions {
  /** First (inclusive) and last (exclusive) event per event set; all bound events where absent. */
  readonly range?: Named<readonly [number, number]>;
  /** Outputs with events that are not given back, but written to these columns, at the places of the events in their set. */
  readonly into?: Named<BlockedColumn>;
  readonly signal?: AbortSignal | undefined;
}

export interface StepPlan {
  readonly count: number;
  /** Per event set, the events of all steps one after another; step s takes the s-th of `count` equal parts. */
  readonly indices: Named<Int32Array>;
  /** Per parameter, its value before every step (e.g. a learning rate), `[count, ...shape]`. */
  readonly schedule?: Named<Float64Array>;
  readonly signal?: AbortSignal | undefined;
}

export interface Program {
  /** What the program was lowered to, for people. */
  readonly description: string;
  /** Binds data to columns; columns of one event set have equally many events. Stays until bound anew. */
  bind(columns: Named<ColumnSource>): Promise<void>;
  /** Sets parameters. They start undefined: a run without a value for one is refused. */
  write(parameters: Named<ArrayLike<number>>): Promise<void>;
  /** Current values, as far as they were written or updated. */
  read(parameters: readonly string[]): Promise<Record<string, Float64Array>>;
  /** Evaluates the outputs on the bound events. Does not apply updates. */
  run(options?: RunOptions): Promise<Record<string, Float64Array>>;
  /**
   * Applies the updates `count` times; gives back the outputs without events of every step, `[count, ...shape]`. A signal
   * ends this between two steps: the updates so far stay.
   */
  steps(plan: StepPlan): Promise<Record<string, Float64Array>>;
  /** What all runs so far took, kernel by kernel. Refused where the program was not compiled with `timed`. */
  times(): Promise<ProgramTimes>;
  close(): Promise<void>;
}

export interface Backend {
  readonly name: BackendName;
  readonly precision: "f32" | "f64";
  compile(request: ProgramRequest): Promise<Program>;
  close(): Promise<void>;
}
