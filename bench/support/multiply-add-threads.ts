/** The pure multiply-add loop on worker threads: what a second thread of this machine is worth. */
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { elapsed } from "../../cli/roofline/statistics.js";

/** Samples of a call, about 20 ms. */
const SAMPLES = 50;

export interface MultiplyAddThreads {
  /** Milliseconds that so many of the threads, at once, take for the same work each. */
  time(threads: number): Promise<number>;
  close(): Promise<void>;
}

export async function multiplyAddThreads(threads: number): Promise<MultiplyAddThreads> {
  const url = new URL("./multiply-add-worker.js", import.meta.url);
  const workers = Array.from({ length: threads }, () => new Worker(url));
  await Promise.all(workers.map((worker) => once(worker, "message")));
  const work = async (worker: Worker) => {
    worker.postMessage(SAMPLES);
    await once(worker, "message");
  };
  return {
    time: (count) => elapsed(() => Promise.all(workers.slice(0, count).map(work))),
    close: async () => {
      await Promise.all(workers.map((worker) => worker.terminate()));
    },
  };
}
