/** What a likelihood is made of: events, a model and how they are counted. */
import { UsageError } from "../../../engine/errors.js";
import {
  aColumn,
  aFlag,
  aNumber,
  anObject,
  aSignal,
  checkOptions,
  type Options,
  oneOf,
  optional,
} from "../../../engine/options.js";
import type { Backend, ColumnData } from "../../../engine/runtime/backend.js";
import type { LikelihoodForm } from "../mixture.js";
import type { MixtureModel } from "../mixture-model.js";

/** A sample of events, each column `[features, events]` with the events contiguous. */
export interface EventData {
  readonly count: number;
  /** [Dx, events] */
  readonly x: ColumnData;
  /** [Dy, events]. Absent: the likelihood of x alone, whatever else the model knows. */
  readonly y?: ColumnData | undefined;
  /** [events]; of either sign. Absent: every event counts 1. */
  readonly weights?: ColumnData | undefined;
}

export interface LikelihoodRequest {
  readonly backend: Backend;
  readonly model: MixtureModel;
  readonly data: EventData;
  readonly form: LikelihoodForm;
  /** With the Poisson term of the number of events. */
  readonly extended: boolean;
  /**
   * Bytes of what data and weights alone decide, computed once and cached from one ν to the next; what goes beyond is computed every
   * time. `CACHE_BYTES` where absent. Decides how results round.
   */
  readonly cacheBytes?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * 1 GiB: a part of the memory of any machine that computes for hours, and what the published model with T fixed takes for 128 000
 * events in f32, 2090 numbers each. The same on every machine.
 */
export const CACHE_BYTES = 2 ** 30;

const likelihoodOptions: Options<LikelihoodRequest> = {
  backend: anObject,
  model: anObject,
  data: anObject,
  form: oneOf("joint", "conditional"),
  extended: aFlag,
  cacheBytes: optional(aNumber),
  signal: optional(aSignal),
};

const eventDataOptions: Options<EventData> = {
  count: aNumber,
  x: aColumn,
  y: optional(aColumn),
  weights: optional(aColumn),
};

/** Misspelt weights would be no weights. */
export const checkEventData = (where: string, data: EventData): void => checkOptions(where, data, eventDataOptions);

/** Refuses a request with options that are none. */
export const checkLikelihoodOptions = (request: LikelihoodRequest): void =>
  checkOptions("likelihood", request, likelihoodOptions);

/** Refuses data that do not fit the model, or each other. */
export function checkData({ model, data, extended }: LikelihoodRequest, yWeights: readonly ColumnData[]): void {
  const { count, x, y, weights } = data;
  if (model.nuisances.length === 0) {
    throw new UsageError("likelihood", { expected: "at least one nuisance", got: "none" });
  }
  if (y !== undefined && model.y === undefined) {
    throw new UsageError("likelihood", { expected: "data without y: the model knows x alone", got: "a column y" });
  }
  const widths = {
    x: model.x.nominal.architecture.features,
    y: model.y?.nominal.architecture.features ?? 0,
    weights: 1,
  };
  for (const [name, column] of Object.entries({ x, y, weights })) {
    const width = widths[name as keyof typeof widths];
    if (column !== undefined && column.length !== width * count) {
      throw new UsageError("likelihood", {
        expected: `${width} x ${count} numbers in column "${name}"`,
        got: `${column.length}`,
      });
    }
  }
  // That there are none is the measurement of an extended likelihood.
  if (!(count > 0 || (count === 0 && extended))) {
    throw new UsageError("likelihood", { expected: "at least one event, unless it is extended", got: `${count}` });
  }
  if (yWeights.length > 0 && y === undefined) {
    throw new UsageError("likelihood", { expected: "data with y where y has weights", got: "x alone" });
  }
  for (const column of yWeights) {
    if (column.length !== count) {
      throw new UsageError("likelihood", { expected: `${count} weights of y`, got: `${column.length}` });
    }
  }
}

/** Refuses other events that have not the columns of those before: programs are compiled for them. */
export function checkSameColumns(before: EventData, data: EventData): void {
  for (const name of ["y", "weights"] as const) {
    const [has, had] = [data[name] !== undefined, before[name] !== undefined];
    if (has === had) continue;
    throw new UsageError("bind", {
      expected: `data ${had ? "with" : "without"} ${name}, as before`,
      got: `data ${has ? "with" : "without"} ${name}`,
    });
  }
}
