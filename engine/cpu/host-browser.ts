/** The browser side of what the CPU backend needs from its host. Workers cannot be told anything at their start: it is their first message. */
import type { CpuHost } from "./host.js";

/** The part of the web's interface we use; no library of types without the DOM declares it. */
interface WebWorker {
  postMessage(message: unknown): void;
  addEventListener(type: "message", listener: (event: { readonly data: never }) => void): void;
  addEventListener(type: "error", listener: (event: { readonly message?: string }) => void): void;
  terminate(): void;
}

declare const navigator: { readonly hardwareConcurrency: number };
declare const Worker: new (url: URL, options: { readonly type: "module" }) => WebWorker;
/** What a worker calls itself. */
declare const self: Pick<WebWorker, "postMessage" | "addEventListener">;

export const host: CpuHost = {
  coreCount: () => navigator.hardwareConcurrency,
  roomForThreads: () => Number.POSITIVE_INFINITY,
  startWorker(start) {
    // In one expression, by which Vite and webpack know that the file is a worker to bundle.
    const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
    worker.postMessage(start);
    return {
      post: (request) => worker.postMessage(request),
      onReply: (listener) => worker.addEventListener("message", ({ data }) => listener(data)),
      onFailure(listener) {
        worker.addEventListener("error", ({ message }) => listener(new Error(message ?? NOT_LOADED)));
      },
      hold: () => {},
      terminate: async () => worker.terminate(),
    };
  },
  serve(open) {
    let follow: ((request: never) => void) | undefined;
    self.addEventListener("message", ({ data }) => {
      if (follow === undefined) follow = open(data, (reply) => self.postMessage(reply));
      else follow(data);
    });
  },
  // Browsers that know it have it switched on.
  async allowRelaxedSimd() {},
  // Pages cannot switch it on.
  wideEngine: () => undefined,
  allowWide() {},
  // Pages cannot ask for it.
  collectGarbage() {},
  warnOfOneThread() {
    console.warn(
      "unbinned: the cpu backend has one thread, because this page is not cross-origin isolated and so has no SharedArrayBuffer. " +
        "Serve it with the headers Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp",
    );
  },
};

/** A file that is not there gives an event without a message. */
const NOT_LOADED =
  "cpu backend: expected its worker as worker.js beside the module that holds the backend, got none. " +
  "Where the bundler does not bundle workers by itself, give it unbinned/cpu-worker as a second entry of that name";
