/** Times of the kernels of a timed program: each is dispatched in a compute pass of its own, between two stamps of the GPU. */
import { passCosts } from "../../passes/kernel-costs.js";
import { type KernelCost, noTallies, type ProgramTimes, type Tally, timesOf } from "../../runtime/kernel-times.js";
import { type Device, usage } from "../device/device.js";
import type { PassPlan } from "../plan.js";

/** Dispatches of one query set, which holds 4096 stamps: a fact of WebGPU. */
const DISPATCHES = 2048;
/** Two stamps of eight bytes. */
const STAMP_BYTES = 16;

/** Asked by a recorder before each dispatch, for what is dispatched: the pass to record it in. */
export type Into = (key: object) => GPUComputePassEncoder;

/** Dispatches on the device, and what else is to be copied to the host once they are done. */
export interface Recorded {
  /** For further commands. */
  readonly encoder: GPUCommandEncoder;
  readonly stamps?: {
    readonly from: GPUBuffer;
    readonly bytes: number;
    /** @param numbers  the copied bytes */
    take(numbers: Float32Array): void;
  };
}

/** All dispatches in one pass, without a clock. */
export function recorded({ gpu }: Device, record: (into: Into) => void): Recorded {
  const encoder = gpu.createCommandEncoder();
  const compute = encoder.beginComputePass();
  record(() => compute);
  compute.end();
  return { encoder };
}

export class DispatchClock {
  private readonly costs: KernelCost[] = [];
  private readonly tallies: Tally[];
  /** By what is dispatched, its number among the costs. */
  private readonly places = new Map<object, number>();
  private readonly sets: GPUQuerySet[] = [];
  private stamps: GPUBuffer | undefined;
  /** When the host heard of the end of submissions, where there are no stamps. */
  private heard: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly device: Device,
    passes: readonly PassPlan[],
  ) {
    for (const [index, pass] of passes.entries()) {
      const bytes = { rows: 4, weightSums: 4, otherSums: 4 };
      const { columns, launches } = passCosts(pass.lowered, passes.length > 1 ? index : undefined, bytes);
      if (columns !== undefined) this.add(columns, pass.columns);
      for (const [i, cost] of launches.entries()) this.add(cost, pass.launches[i] as object[]);
    }
    this.tallies = noTallies(this.costs.length);
  }

  private add(cost: KernelCost, keys: readonly object[]): void {
    const place = this.costs.push(cost) - 1;
    for (const key of keys) this.places.set(key, place);
  }

  /** The dispatches of one chunk of so many events. */
  recorded(events: number, record: (into: Into) => void): Recorded {
    return this.device.hasClock ? this.stamped(events, record) : this.awaited(events, record);
  }

  private stamped(events: number, record: (into: Into) => void): Recorded {
    const encoder = this.device.gpu.createCommandEncoder();
    const keys: object[] = [];
    let compute: GPUComputePassEncoder | undefined;
    record((key) => {
      compute?.end();
      const at = 2 * (keys.length % DISPATCHES);
      const querySet = this.querySet(Math.floor(keys.length / DISPATCHES));
      keys.push(key);
      compute = encoder.beginComputePass({
        timestampWrites: { querySet, beginningOfPassWriteIndex: at, endOfPassWriteIndex: at + 1 },
      });
      return compute;
    });
    compute?.end();
    const from = this.stampBuffer(keys.length);
    for (let first = 0; first < keys.length; first += DISPATCHES) {
      const count = 2 * Math.min(DISPATCHES, keys.length - first);
      encoder.resolveQuerySet(this.querySet(first / DISPATCHES), 0, count, from, STAMP_BYTES * first);
    }
    const take = (numbers: Float32Array) => {
      const stamps = new BigInt64Array(numbers.slice().buffer);
      const times = keys.map((_, i) => Number((stamps[2 * i + 1] as bigint) - (stamps[2 * i] as bigint)) / 1e6);
      this.count(events, keys, times);
    };
    return { encoder, stamps: { from, bytes: STAMP_BYTES * keys.length, take } };
  }

  /** Every dispatch is submitted alone, all of them at once: other programs come before or after. */
  private awaited(events: number, record: (into: Into) => void): Recorded {
    const { gpu, queue } = this.device;
    const keys: object[] = [];
    const ends: Promise<number>[] = [];
    let finish = () => {};
    record((key) => {
      finish();
      const encoder = gpu.createCommandEncoder();
      const compute = encoder.beginComputePass();
      keys.push(key);
      finish = () => {
        compute.end();
        queue.submit([encoder.finish()]);
        ends.push(queue.onSubmittedWorkDone().then(() => performance.now()));
      };
      return compute;
    });
    const start = performance.now();
    finish();
    const own = Promise.all(ends).then((times) => {
      this.count(
        events,
        keys,
        times.map((time, i) => time - (times[i - 1] ?? start)),
      );
    });
    this.heard = Promise.all([this.heard, own]);
    // The caller that waits for the numbers of the chunk gets the error of a lost device.
    own.catch(() => {});
    return { encoder: gpu.createCommandEncoder() };
  }

  /** Several dispatches of one timed kernel, as those of sums that are due together, are one call. */
  private count(events: number, keys: readonly object[], times: readonly number[]): void {
    const called = new Set<Tally>();
    for (const [i, key] of keys.entries()) {
      const tally = this.tallies[this.places.get(key) as number] as Tally;
      tally.milliseconds += times[i] as number;
      called.add(tally);
    }
    for (const tally of called) {
      tally.calls++;
      tally.events += events;
    }
  }

  private querySet(at: number): GPUQuerySet {
    this.sets[at] ??= this.device.gpu.createQuerySet({ type: "timestamp", count: 2 * DISPATCHES });
    return this.sets[at];
  }

  private stampBuffer(dispatches: number): GPUBuffer {
    const bytes = STAMP_BYTES * dispatches;
    if (this.stamps === undefined || this.stamps.size < bytes) {
      this.stamps?.destroy();
      this.stamps = this.device.buffer(bytes, usage.queryResolve | usage.copySource);
    }
    return this.stamps;
  }

  async times(wallMilliseconds: number): Promise<ProgramTimes> {
    await this.heard;
    const timing = this.device.hasClock ? "kernels" : "submissions";
    return timesOf(this.costs, this.tallies, { wallMilliseconds, threads: 1, timing });
  }

  close(): void {
    this.stamps?.destroy();
    for (const set of this.sets) set.destroy();
  }
}
