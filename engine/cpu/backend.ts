/** The `cpu` backend: WebAssembly SIMD generated from the kernels, worker threads on shared memory. */
import { host } from "#cpu-host";
import { entryOf } from "../entry.js";
import { MemoryError, UsageError } from "../errors.js";
import { aFlag, aNumber, checkOptions, type Options, oneOf, optional } from "../options.js";
import { schedule } from "../passes/event-passes.js";
import type { Backend, ColumnSource, Program, ProgramRequest, RunOptions, StepPlan } from "../runtime/backend.js";
import { BlockedColumn } from "../runtime/blocked-column.js";
import { Boundary, closedError, numbersOf } from "../runtime/boundary.js";
import { type KernelCost, type ProgramTimes, timesOf } from "../runtime/kernel-times.js";
import { Pauses } from "../runtime/pauses.js";
import { checkPlan, checkRequest, checkRun } from "../runtime/requests.js";
import { isSharing, sharedColumn } from "../runtime/shared-column.js";
import { sizeOf, type Var } from "../tape/tape.js";
import type { Precision, Simd } from "./assembly/lanes.js";
import { hasRelaxedSimd } from "./assembly/simd.js";
import type { WasmMemory } from "./assembly/webassembly.js";
import { compileProgram } from "./compile.js";
import { control } from "./execution.js";
import type { HostWorker } from "./host.js";
import { talliesOf } from "./kernel-clock.js";
import type { CompiledProgram } from "./plan.js";
import { type MemoryImage, memoryOf } from "./program-memory.js";
import { type Reply, type Request, type Single, thisThread, type WorkerStart } from "./thread.js";
import type { BoundColumn, OutputColumn } from "./tile-columns.js";
import { allowWide } from "./wide.js";

export interface CpuOptions {
  readonly precision?: Precision;
  /**
   * Worker threads, at most MOST_THREADS; all cores where absent, and slower where more than those. Results do not depend on it.
   * One, with a warning, where memory cannot be shared: in pages that are not cross-origin isolated. 0: programs run in the thread that
   * calls, which does nothing else meanwhile, and no signal ends a run: for many small ones, for which messages take longer than numbers.
   */
  readonly threads?: number;
  /**
   * 256-bit code where it is known to work and found to be faster: on Node 24 and 26, x64. Results do not depend on it. It switches on
   * an experimental pass of V8 that then holds for all WebAssembly of the process; false where absent, so that a library does
   * not decide that for the program that uses it.
   */
  readonly wide?: boolean;
}

/** Memory that all workers see. Where none can be shared, the one worker gets a copy of what it is posted. */
const allocate = (bytes: number): ArrayBufferLike => new (isSharing ? SharedArrayBuffer : ArrayBuffer)(bytes);

/** The mark of calls that nothing ends early. */
const NEVER = new Int32Array(allocate(4));

function shareable(source: ColumnSource): BoundColumn {
  // Shared where anything can be, by its own making.
  if (source instanceof BlockedColumn) return { blocks: source.numbers };
  return sharedColumn(numbersOf(source));
}

/** Threads of a backend: each takes address space of its own, and at thousands of them V8 ends the process. */
const MOST_THREADS = 256;

function checkThreads(threads: number): void {
  if (!Number.isInteger(threads) || threads < 0 || threads > MOST_THREADS) {
    throw new UsageError("cpu backend", {
      expected: `a whole number of threads from 0 to ${MOST_THREADS}`,
      got: String(threads),
    });
  }
  const room = host.roomForThreads();
  if (threads <= room) return;
  throw new MemoryError("cpu backend", {
    expected: `at most ${room} threads, as many as the limit on the address space of this process leaves room for`,
    got: String(threads),
    hint: "Take fewer (`threads`, --threads), or raise the limit (`ulimit -v`)",
  });
}

/** The workers of one backend, and the calls that wait for them. */
class Crew {
  private readonly shared = new Int32Array(allocate(control.length * 4));
  private readonly workers: readonly HostWorker<Request, Reply>[];
  /** Where this thread does the work: calls in a row would keep it from all else. */
  private readonly pauses: Pauses | undefined;
  private readonly waiting = new Map<number, { resolve(reply: Reply): void; reject(error: Error): void }>();
  private nextCall = 0;
  private failure: Error | undefined;
  private isClosing = false;
  private held = 0;

  /** @param workers  none: the thread that calls is the only one */
  constructor(workers: number) {
    const { shared } = this;
    if (workers === 0) this.pauses = new Pauses();
    this.workers =
      workers === 0
        ? [thisThread({ rank: 0, threads: 1, shared })]
        : Array.from({ length: workers }, (_, rank) =>
            host.startWorker<WorkerStart, Request, Reply>({ rank, threads: workers, shared }),
          );
    for (const worker of this.workers) {
      worker.onReply((reply) => this.settle(reply));
      worker.onFailure((error) => this.fail(error));
    }
  }

  get threads(): number {
    return this.workers.length;
  }

  get isOpen(): boolean {
    return this.failure === undefined;
  }

  checkOpen(): void {
    if (this.failure !== undefined) throw this.failure;
  }

  post(request: Request): void {
    this.checkOpen();
    for (const worker of this.workers) worker.post(request);
  }

  /** Keeps the process alive meanwhile, which neither idle workers nor compiling do. */
  async holding<T>(work: () => Promise<T>): Promise<T> {
    if (this.held++ === 0) this.workers[0]?.hold(true);
    try {
      return await work();
    } finally {
      // Workers that are being ended hold the process themselves, until whoever awaits their end has heard of it.
      if (--this.held === 0 && !this.isClosing) this.workers[0]?.hold(false);
    }
  }

  /** Posts a request with a call number and waits for rank 0. */
  call(request: (call: number) => Request): Promise<Reply> {
    const call = this.nextCall++;
    return this.holding(async () => {
      try {
        const reply = await new Promise<Reply>((resolve, reject) => {
          this.waiting.set(call, { resolve, reject });
          this.post(request(call));
        });
        await this.pauses?.take();
        return reply;
      } finally {
        this.waiting.delete(call);
      }
    });
  }

  async close(): Promise<void> {
    this.isClosing = true;
    this.fail(closedError("cpu backend", "backend"));
    await Promise.all(this.workers.map((worker) => worker.terminate()));
  }

  private settle(reply: Reply): void {
    if (reply.error === undefined) this.waiting.get(reply.call)?.resolve(reply);
    else this.fail(new Error(`internal: a worker failed: ${reply.error}`));
  }

  /** The first failure is the one that tells; nothing is done after it. */
  private fail(error: Error): void {
    this.failure ??= error;
    for (const call of this.waiting.values()) call.reject(this.failure);
  }
}

const cpuOptions: Options<CpuOptions> = {
  precision: optional(oneOf("f32", "f64")),
  threads: optional(aNumber),
  wide: optional(aFlag),
};

export async function cpuBackend(options: CpuOptions = {}): Promise<Backend> {
  checkOptions("cpuBackend", options, cpuOptions);
  const { precision = "f32", threads: asked = Math.min(host.coreCount(), MOST_THREADS), wide = false } = options;
  checkThreads(asked);
  const workers = isSharing ? asked : Math.min(asked, 1);
  if (workers < asked) host.warnOfOneThread();
  const relaxed = await hasRelaxedSimd();
  const simd: Simd = { relaxed, wide: wide ? await allowWide(relaxed) : "none" };
  const crew = new Crew(workers);
  const { threads } = crew;
  let programs = 0;
  return {
    name: "cpu",
    precision,
    compile: async (request) => {
      checkRequest(request);
      const targets = [...Object.values(request.outputs), ...Object.values(request.updates ?? {})];
      const boundary = new Boundary(request, schedule(targets).nodes);
      const compiled = await crew.holding(() => compileProgram(request, { precision, threads, simd, isSharing }));
      const memory = isSharing ? await sharedMemory(crew, compiled.memory) : compiled.memory;
      const program = programs++;
      crew.post({ kind: "open", program, compiled: { ...compiled, memory } });
      return new CpuProgram(crew, program, request, boundary, compiled);
    },
    close: () => crew.close(),
  };
}

/** Where there is none, perhaps because workers still hold that of closed programs. */
async function sharedMemory(crew: Crew, image: MemoryImage): Promise<WasmMemory> {
  try {
    return memoryOf(image, true);
  } catch (error) {
    if (!(error instanceof MemoryError)) throw error;
    await crew.call((call) => ({ kind: "collect", call }));
    return memoryOf(image, true);
  }
}

class CpuProgram implements Program {
  readonly description: string;
  private readonly kernels: readonly KernelCost[];
  private isOpen = true;
  private wallMilliseconds = 0;
  /** Bound and written, but not told to the workers: they hear of it with the next call, which is what first needs it. */
  private pending: Single[] = [];

  constructor(
    private readonly crew: Crew,
    private readonly program: number,
    private readonly request: ProgramRequest,
    private readonly boundary: Boundary,
    { description, kernels }: Pick<CompiledProgram, "description" | "kernels">,
  ) {
    this.description = description;
    this.kernels = kernels;
  }

  async bind(columns: Readonly<Record<string, ColumnSource>>): Promise<void> {
    const used = Object.entries(this.boundary.bind(columns));
    const shared = Object.fromEntries(used.map(([name, values]) => [name, shareable(values)]));
    this.tellLater({ kind: "bind", program: this.program, columns: shared });
  }

  async write(parameters: Readonly<Record<string, ArrayLike<number>>>): Promise<void> {
    this.tellLater({ kind: "write", program: this.program, parameters: this.boundary.write(parameters) });
  }

  async read(parameters: readonly string[]): Promise<Record<string, Float64Array>> {
    this.boundary.checkRead(parameters);
    const { values } = await this.call((call) => ({ kind: "read", program: this.program, parameters, call }));
    return values;
  }

  async run(options: RunOptions = {}): Promise<Record<string, Float64Array>> {
    checkRun(options);
    const { range = {}, into = {}, signal } = options;
    signal?.throwIfAborted();
    const start = performance.now();
    const events = this.boundary.partsOf(range);
    this.boundary.checkInto(into, events);
    const ofEvents = Object.entries(this.request.outputs).filter(([, node]) => node.events !== undefined);
    const columnOf = (name: string, node: Var): OutputColumn => {
      // Else through an array, as workers have a copy of what they are sent.
      const shared = isSharing ? entryOf(into, name) : undefined;
      if (shared !== undefined) return { blocks: shared.numbers };
      const size = sizeOf(node.shape) * (events[node.events?.name as string]?.length ?? 0);
      return new Float64Array(allocate(Math.max(8, 8 * size)), 0, size);
    };
    const targets = ofEvents.map(([name, node]) => ({ node: node.id, column: columnOf(name, node) }));
    const { values: free, targets: taken } = await this.callUntil(signal, (call, abort) => ({
      kind: "run",
      program: this.program,
      call,
      events,
      targets,
      abort,
    }));
    this.wallMilliseconds += performance.now() - start;
    // Also where the signal came late: results do not show which values an aborted run did not compute.
    signal?.throwIfAborted();
    const filled = new Map(ofEvents.map(([name], i) => [name, taken[i]?.column]));
    const results = Object.keys(this.request.outputs).flatMap((name) => {
      const values = filled.get(name) ?? free[name];
      return values instanceof Float64Array ? [[name, values] as const] : [];
    });
    return this.boundary.writeInto(into, events, Object.fromEntries(results));
  }

  async steps(plan: StepPlan): Promise<Record<string, Float64Array>> {
    checkPlan(plan);
    const { count, indices, schedule: perStep = {}, signal } = plan;
    signal?.throwIfAborted();
    const start = performance.now();
    this.boundary.checkSteps(plan);
    const shared = Object.fromEntries(
      Object.entries(indices).map(([set, index]) => {
        const copy = new Int32Array(allocate(index.byteLength));
        copy.set(index);
        return [set, copy];
      }),
    );
    const { values, aborted } = await this.callUntil(signal, (call, abort) => ({
      kind: "steps",
      program: this.program,
      call,
      count,
      indices: shared,
      schedule: perStep,
      abort,
    }));
    this.wallMilliseconds += performance.now() - start;
    if (aborted) signal?.throwIfAborted();
    return values;
  }

  /** A call that the signal ends early. Workers see that where memory is shared; elsewhere they do all of it. */
  private async callUntil(
    signal: AbortSignal | undefined,
    request: (call: number, abort: Int32Array) => Single,
  ): Promise<Reply> {
    const abort = signal === undefined ? NEVER : new Int32Array(allocate(4));
    const onAbort = () => void Atomics.store(abort, 0, 1);
    signal?.addEventListener("abort", onAbort, { once: true });
    try {
      return await this.call((call) => request(call, abort));
    } finally {
      signal?.removeEventListener("abort", onAbort);
    }
  }

  private tellLater(request: Single): void {
    this.crew.checkOpen();
    this.pending.push(request);
  }

  private call(request: (call: number) => Single): Promise<Reply> {
    const before = this.pending;
    this.pending = [];
    return this.crew.call((call) => ({ ...request(call), ...(before.length > 0 && { before }) }));
  }

  async times(): Promise<ProgramTimes> {
    this.boundary.checkTimed();
    const { values } = await this.crew.call((call) => ({ kind: "times", program: this.program, call }));
    const { kernels, wallMilliseconds } = this;
    const tallies = talliesOf(values.times as Float64Array, kernels.length);
    return timesOf(kernels, tallies, { wallMilliseconds, threads: this.crew.threads, timing: "kernels" });
  }

  async close(): Promise<void> {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.boundary.close();
    if (this.crew.isOpen) this.crew.post({ kind: "close", program: this.program });
  }
}
