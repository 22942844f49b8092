/** What runs and steps of one program share. */

import type { Device } from "../device/device.js";
import type { Scratch } from "../device/scratch.js";
import type { DeviceColumns } from "./columns.js";
import type { State } from "./state.js";

export class Session {
  private reason: Error | undefined;

  constructor(
    readonly device: Device,
    readonly columns: DeviceColumns,
    readonly state: State,
    readonly scratch: Scratch,
    /** The most events in a chunk. */
    readonly limit: number,
  ) {}

  /** Ends what is being done at the next occasion, with this error. */
  stop(reason: Error): void {
    this.reason ??= reason;
  }

  /** Throws what ends the work, if anything does: the caller's signal, the end of the program, a failure of the device. */
  check(signal: AbortSignal | undefined): void {
    signal?.throwIfAborted();
    if (this.reason !== undefined) throw this.reason;
    this.device.check();
  }
}
