/**
 * What the CPU backend needs from where it runs. `#cpu-host`, an entry under `imports` in package.json, names the side:
 * host-browser.ts under the condition `browser`, which Vite, webpack and esbuild set for pages, else host-node.ts.
 */

export interface HostWorker<Request, Reply> {
  post(request: Request): void;
  onReply(listener: (reply: Reply) => void): void;
  onFailure(listener: (error: Error) => void): void;
  /** Whether this worker keeps the process alive. */
  hold(on: boolean): void;
  terminate(): Promise<void>;
}

export interface CpuHost {
  coreCount(): number;
  /** Threads for which there is address space, at least one. */
  roomForThreads(): number;
  /** Starts worker.ts in a thread of its own. */
  startWorker<Start, Request, Reply>(start: Start): HostWorker<Request, Reply>;
  /** The same, seen from inside the worker: `open` is called once and gives back what follows the requests. */
  serve<Start, Request, Reply>(open: (start: Start, reply: (reply: Reply) => void) => (request: Request) => void): void;
  /** Switches relaxed SIMD on where the engine keeps it behind a flag. */
  allowRelaxedSimd(): Promise<void>;
  /** Version of V8 on x64, as major.minor: what may have code of 256 bits. Undefined elsewhere. */
  wideEngine(): string | undefined;
  /** Switches V8's pass for 256-bit code on or off, for what the process compiles from now on. */
  allowWide(on: boolean): void;
  /** Frees at once what nothing in this thread refers to, where the engine can be asked to. */
  collectGarbage(): void;
  /** Tells the user that a backend has one thread, because no memory can be shared, and how to mend it. */
  warnOfOneThread(): void;
}
