/** Toys of the bench `parametric` in threads: fits alone, of events that are there, and whole toys as `unbinned coverage` runs them. */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { elapsed } from "../../cli/roofline/statistics.js";
import { ToyThread } from "../../workflow/steps/composition/toy-thread.js";
import type { CompositionToys } from "../../workflow/steps/composition/toys.js";
import { toyComposition } from "./ours.js";
import type { ToyWork } from "./toy-worker.js";

export interface ToyThreads {
  /** Milliseconds that so many toys take in so many of the threads. */
  time(toys: number, threads: number): Promise<number>;
  close(): Promise<void>;
}

/** Fits of these toys. */
export function fittingThreads(number: number, toys: readonly Float64Array[], wide: boolean): ToyThreads {
  const workers = Array.from({ length: number }, (_, k) => {
    const workerData: ToyWork = { toys: toys.filter((_, i) => i % number === k), wide };
    return new Worker(new URL("./toy-worker.js", import.meta.url), { workerData });
  });
  const fit = async (worker: Worker, count: number) => {
    worker.postMessage(count);
    await once(worker, "message");
  };
  return {
    time: (count, threads) =>
      elapsed(() => Promise.all(workers.slice(0, threads).map((worker) => fit(worker, count / threads)))),
    close: async () => {
      await Promise.all(workers.map((worker) => worker.terminate()));
    },
  };
}

/** Toys that are drawn, bound and fitted, without the files that they are kept in. */
export function wholeThreads(number: number, wide: boolean): ToyThreads {
  const composition = toyComposition();
  const toys: CompositionToys = {
    plan: {
      name: "toys",
      composition,
      channels: [{ name: "data", density: "model", selected: "model", sample: "data", isExtended: true, region: {} }],
      parameters: composition.parameters.map(({ name }) => name),
    },
    channels: [{ name: "data", density: "model", isExtended: true, count: 1, given: {} }],
    point: {},
    truth: composition.parameters.map(({ start }) => start),
    seed: 1,
    key: "bench",
  };
  const { signal } = new AbortController();
  const threads = Array.from({ length: number }, () => new ToyThread(toys, { precision: "f64", wide }, signal));
  let next = 0;
  // Two are with each thread at any time, as in `unbinned coverage`.
  const run = (thread: ToyThread, count: number) => {
    const half = async () => {
      for (let i = 0; i < count / 2; i++) await thread.run(next++);
    };
    return Promise.all([half(), half()]);
  };
  return {
    time: (count, own) => elapsed(() => Promise.all(threads.slice(0, own).map((thread) => run(thread, count / own)))),
    close: async () => {
      await Promise.all(threads.map((thread) => thread.close()));
    },
  };
}
