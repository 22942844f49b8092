/** Events of a file, and which of them are looked at. */
import type { EventData } from "../../inference/model/likelihood/likelihood.js";

/** Events of a file that are left out for one reason. */
export interface LeftOut {
  readonly file: string;
  readonly count: number;
  /** Events of the file that were asked for. */
  readonly of: number;
  /** "mass = -999" */
  readonly reason: string;
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
