/** The browser side of what the CPU backend needs from its host. A worker gets no data at its start: they are its first message. */
import type { CpuHost } from "./host.js";
import { workerSource } from "./worker-source.js";

/** The part of the web's interface we use; no library of types without the DOM declares it. */
interface WebWorker {
  postMessage(message: unknown): void;
  addEventListener(type: "message", listener: (event: { readonly data: never }) => void): void;
  addEventListener(type: "error" | "messageerror", listener: (event: { readonly message?: string }) => void): void;
  terminate(): void;
}

declare const navigator: { readonly hardwareConcurrency: number };
declare const Worker: new (url: URL | string, options?: { readonly type: "module" }) => WebWorker;
/** What a worker calls itself. */
declare const self: Pick<WebWorker, "postMessage" | "addEventListener">;

let blobUrl: string | undefined;

/**
 * A worker from text that is part of this module. It starts wherever the module came from: another origin, where browsers
 * load no worker from, a bundle in one file, a development server that has moved the module away from its neighbours.
 */
function workerOfText(): WebWorker {
  blobUrl ??= URL.createObjectURL(new Blob([workerSource], { type: "text/javascript" }));
  return new Worker(blobUrl);
}

/** For pages whose Content-Security-Policy allows no Blob. In one expression, by which Vite and webpack know that the file is a worker to bundle. */
const workerOfFile = () => new Worker(new URL("./worker.js", import.meta.url), { type: "module" });

/** A worker of the first kind that the page allows. */
class PageWorker {
  private worker: WebWorker | undefined;
  /** Messages that were posted before the first one from the worker. */
  private posted: unknown[] | undefined = [];
  private readonly listeners: { reply?: (reply: never) => void; failure?: (error: Error) => void } = {};

  constructor() {
    try {
      this.follow(workerOfText(), () => this.takeFile());
    } catch {
      // Some browsers say so at once.
      this.takeFile();
    }
  }

  private takeFile(): void {
    try {
      this.follow(workerOfFile(), () => this.listeners.failure?.(new Error(NOT_LOADED)));
      for (const message of this.posted ?? []) this.worker?.postMessage(message);
    } catch {
      // Delivered once there is a listener.
      void Promise.resolve().then(() => this.listeners.failure?.(new Error(NOT_LOADED)));
    }
  }

  /** @param onMissing  called where the worker's text could not be loaded */
  private follow(worker: WebWorker, onMissing: () => void): void {
    this.worker = worker;
    worker.addEventListener("message", ({ data }) => {
      this.posted = undefined;
      this.listeners.reply?.(data);
    });
    // What could not be loaded gives an event without a message.
    worker.addEventListener("error", ({ message }) => {
      if (message === undefined) onMissing();
      else this.listeners.failure?.(new Error(message));
    });
    worker.addEventListener("messageerror", () => {
      this.listeners.failure?.(new Error("internal: a worker sent what could not be read"));
    });
  }

  post(message: unknown): void {
    this.posted?.push(message);
    this.worker?.postMessage(message);
  }

  onReply(listener: (reply: never) => void): void {
    this.listeners.reply = listener;
  }

  onFailure(listener: (error: Error) => void): void {
    this.listeners.failure = listener;
  }

  hold(): void {}

  async terminate(): Promise<void> {
    this.worker?.terminate();
  }
}

export const host: CpuHost = {
  coreCount: () => navigator.hardwareConcurrency,
  roomForThreads: () => Number.POSITIVE_INFINITY,
  startWorker(start) {
    const worker = new PageWorker();
    worker.post(start);
    return worker;
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
  // Nor ask for it.
  collectGarbage() {},
  warnOfOneThread() {
    console.warn(
      "unbinned: the cpu backend has one thread, because this page is not cross-origin isolated and so has no SharedArrayBuffer. " +
        "Serve it with the headers Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp",
    );
  },
};

const NOT_LOADED =
  "cpu backend: expected a page that lets its worker start from a Blob, or worker.js beside the module that holds the backend, got neither. " +
  "Allow the former by the Content-Security-Policy `worker-src blob:`, or, where the bundler does not bundle workers by itself, give it " +
  "unbinned/cpu-worker as a second entry of that name";
