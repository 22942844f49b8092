/** The Node side of what the CPU backend needs from its host: worker threads and the number of cores. */
import { availableParallelism } from "node:os";
import { parentPort, Worker, workerData } from "node:worker_threads";

export interface HostWorker<Request, Reply> {
  post(request: Request): void;
  onReply(listener: (reply: Reply) => void): void;
  onFailure(listener: (error: Error) => void): void;
  terminate(): Promise<void>;
}

export const coreCount = (): number => availableParallelism();

/** Starts a worker. It keeps the process alive only while `hold` says so. */
export function startWorker<Start, Request, Reply>(
  url: URL,
  start: Start,
): HostWorker<Request, Reply> & { hold(on: boolean): void } {
  // A worker is a file: it refuses the flag of programs given as text.
  const execArgv = process.execArgv.filter((flag) => !flag.startsWith("--input-type"));
  const worker = new Worker(url, { workerData: start, execArgv });
  return {
    post: (request) => worker.postMessage(request),
    onReply(listener) {
      worker.on("message", listener);
      // A listener holds the process, even if it was let go before.
      worker.unref();
    },
    onFailure: (listener) => void worker.on("error", listener),
    hold: (on) => (on ? worker.ref() : worker.unref()),
    terminate: async () => {
      await worker.terminate();
    },
  };
}

/** The same, seen from inside the worker. */
export function workerSide<Start, Request, Reply>() {
  return {
    start: workerData as Start,
    onRequest: (listener: (request: Request) => void) => void parentPort?.on("message", listener),
    reply: (reply: Reply) => parentPort?.postMessage(reply),
  };
}
