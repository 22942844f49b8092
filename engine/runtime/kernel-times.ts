/** What a program that was compiled with `timed` measured: the time of every kernel beside its arithmetic and its bytes. */
import { aList, checkParts } from "../options.js";

/** What a kernel has to compute and to move. */
export interface KernelCost {
  readonly name: string;
  /** What it computes, for people: operations with their number. */
  readonly operations: string;
  readonly perEvent: Work;
  /** What no event has, such as weights: once for every call. */
  readonly perCall: Pick<Work, "bytesRead" | "bytesWritten">;
}

interface Work {
  /** A multiply-add counts as two; see `kernel-costs.ts` for functions such as exp. */
  readonly flops: number;
  readonly bytesRead: number;
  readonly bytesWritten: number;
}

/** What was counted and timed of one kernel. */
export interface Tally {
  calls: number;
  /** Over all calls. */
  events: number;
  milliseconds: number;
}

export interface KernelTimes extends Work {
  readonly name: string;
  readonly operations: string;
  /** On `cpu` one for each tile of events, on `webgpu` one for each chunk. */
  readonly calls: number;
  /** Summed over calls, and so over threads. */
  readonly milliseconds: number;
}

export interface ProgramTimes {
  /** In order of execution. Bytes are those of a kernel that reads and writes each of its rows once. */
  readonly kernels: readonly KernelTimes[];
  /** Of all runs, from the call to its result. */
  readonly wallMilliseconds: number;
  /** Kernels that run at the same time: their times add up to no more than this many times the wall time. */
  readonly threads: number;
  /**
   * What was timed. "submissions" on a GPU without clock (`timestamp-query`): every kernel was sent alone, and its time is that
   * between news of its end and of the end of the one before, which the host may hear late.
   */
  readonly timing: "kernels" | "submissions";
}

/** Times of a program without those of its kernels. */
type Circumstances = Pick<ProgramTimes, "wallMilliseconds" | "threads" | "timing">;

export const noTallies = (kernels: number): Tally[] =>
  Array.from({ length: kernels }, () => ({ calls: 0, events: 0, milliseconds: 0 }));

/** @param tallies  in the order of the costs */
export function timesOf(
  costs: readonly KernelCost[],
  tallies: readonly Tally[],
  circumstances: Circumstances,
): ProgramTimes {
  const kernels = costs.map(({ name, operations, perEvent, perCall }, i): KernelTimes => {
    const { calls, events, milliseconds } = tallies[i] as Tally;
    return Object.freeze({
      name,
      operations,
      calls,
      milliseconds,
      flops: events * perEvent.flops,
      bytesRead: events * perEvent.bytesRead + calls * perCall.bytesRead,
      bytesWritten: events * perEvent.bytesWritten + calls * perCall.bytesWritten,
    });
  });
  return Object.freeze({ kernels: Object.freeze(kernels), ...circumstances });
}

/** What was measured between two calls of `times` of one program. */
export function timesBetween(before: ProgramTimes, after: ProgramTimes): ProgramTimes {
  checkParts("timesBetween", "times of a program", before, { kernels: aList });
  checkParts("timesBetween", "times of a program", after, { kernels: aList });
  const kernels = after.kernels.map((kernel, i): KernelTimes => {
    const earlier = before.kernels[i] as KernelTimes;
    return Object.freeze({
      ...kernel,
      calls: kernel.calls - earlier.calls,
      milliseconds: kernel.milliseconds - earlier.milliseconds,
      flops: kernel.flops - earlier.flops,
      bytesRead: kernel.bytesRead - earlier.bytesRead,
      bytesWritten: kernel.bytesWritten - earlier.bytesWritten,
    });
  });
  const wallMilliseconds = after.wallMilliseconds - before.wallMilliseconds;
  return Object.freeze({ ...after, kernels: Object.freeze(kernels), wallMilliseconds });
}
