/** Events of a file, and which of them are looked at. */
import type { EventData } from "../../inference/model/likelihood/likelihood.js";

/** Events of a file that are left out for one reason. */
export interface LeftOut {
  readonly file: string;
  readonly count: number;
  /** Events of the file that were asked for. */
  readonly of: number;
  /** Sum of their weights. */
  readonly sum: number;
  /** "mass = -999"; of a condition that they do not fulfil, "pt > 20". */
  readonly reason: string;
  /** They do not fulfil a condition that the configuration gives. */
  readonly isCondition?: true;
}

export interface LoadedEvents {
  /** The first `head` events, or all, save those left out. */
  readonly data: EventData;
  /** Events in the file. */
  readonly total: number;
  readonly file: string;
  /** Of each event its row in the file; absent where none is left out. */
  readonly rows?: Int32Array | undefined;
  readonly leftOut?: readonly LeftOut[] | undefined;
}

/** What is left of the events of a file after each condition. */
export interface CutFlow {
  readonly file: string;
  /** The first has all that were read. */
  readonly rows: readonly CutFlowRow[];
}

export interface CutFlowRow {
  /** "read", "pt > 20", "without x = -999" */
  readonly after: string;
  readonly events: number;
  /** Of these; null where a weight that is left out later is not finite. */
  readonly sumOfWeights: number | null;
}
