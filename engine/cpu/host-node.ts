/** The Node side of what the CPU backend needs from its host. */
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { parentPort, Worker, workerData } from "node:worker_threads";
import type { CpuHost } from "./host.js";

/** Address space in bytes, of Node itself and of each thread: 0.98 and 0.58 GiB with Node 20 on x64. Without it V8 ends the process. */
const TAKEN = { process: 1.2 * 2 ** 30, thread: 0.65 * 2 ** 30 } as const;

/** `ulimit -v` in bytes, where it is set. */
function addressSpace(): number {
  if (process.platform !== "linux") return Number.POSITIVE_INFINITY;
  const line = /^Max address space +(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8"));
  return line === null ? Number.POSITIVE_INFINITY : Number(line[1]);
}

const ended = (code: number) =>
  `cpu backend: expected its worker threads to stay, got one that ended (exit code ${code}). Open the backend again; ` +
  "where memory is short, with fewer threads";

export const host: CpuHost = {
  coreCount: availableParallelism,
  roomForThreads: () => Math.max(1, Math.floor((addressSpace() - TAKEN.process) / TAKEN.thread)),
  startWorker(start) {
    // A worker is a file: it refuses the flag of programs given as text. Flags that are named it refuses where they are V8's, while
    // it shares them where nothing is named.
    const own = process.execArgv.filter((flag) => !flag.startsWith("--input-type"));
    const worker = new Worker(new URL("./worker.js", import.meta.url), {
      workerData: start,
      ...(own.length < process.execArgv.length && { execArgv: own }),
    });
    return {
      post: (request) => worker.postMessage(request),
      onReply(listener) {
        worker.on("message", listener);
        // A listener holds the process, even if it was let go before.
        worker.unref();
      },
      onFailure(listener) {
        worker.on("error", listener);
        worker.on("messageerror", listener);
        // There is no error where the thread was ended, also from inside.
        worker.on("exit", (code) => listener(new Error(ended(code))));
      },
      hold: (on) => (on ? worker.ref() : worker.unref()),
      terminate: async () => {
        await worker.terminate();
      },
    };
  },
  serve(open) {
    parentPort?.on(
      "message",
      open(workerData, (reply) => parentPort?.postMessage(reply)),
    );
  },
  // Node 20 has it behind a flag of V8, which then holds for the whole process, workers included.
  async allowRelaxedSimd() {
    setFlagsFromString("--experimental-wasm-relaxed-simd");
  },
  wideEngine() {
    return process.arch === "x64" ? process.versions.v8.split(".", 2).join(".") : undefined;
  },
  allowWide(on) {
    setFlagsFromString(on ? "--experimental-wasm-revectorize" : "--no-experimental-wasm-revectorize");
  },
  collectGarbage() {
    // V8 gives its collector to contexts made while the flag is set.
    setFlagsFromString("--expose-gc");
    runInNewContext("gc")();
  },
  warnOfOneThread() {
    process.emitWarning("unbinned: the cpu backend has one thread, because this process has no SharedArrayBuffer");
  },
};
