/** The `cpu` backend: WebAssembly SIMD generated from the kernels, worker threads on shared memory. */
import {
  type Backend,
  Bindings,
  type ColumnData,
  type Program,
  type ProgramRequest,
  type RunOptions,
  type StepPlan,
} from "../backend.js";
import { UsageError } from "../errors.js";
import { schedule } from "../passes.js";
import { sizeOf, type Var } from "../tape.js";
import { compileProgram } from "./compile.js";
import { control } from "./execution.js";
import { coreCount, startWorker } from "./host-node.js";
import type { Precision } from "./lanes.js";
import { hasRelaxedSimd } from "./simd.js";
import type { Reply, Request, WorkerStart } from "./worker.js";

export interface CpuOptions {
  readonly precision?: Precision;
  /** Worker threads; all cores where absent. Results do not depend on it. */
  readonly threads?: number;
}

type ReplyOf = Record<string, Float64Array>;

function shareable(values: ColumnData): ColumnData {
  if (values.buffer instanceof SharedArrayBuffer) return values;
  const shared = new SharedArrayBuffer(values.byteLength);
  const copy = values instanceof Float32Array ? new Float32Array(shared) : new Float64Array(shared);
  copy.set(values);
  return copy;
}

/** The workers of one backend, and the calls that wait for them. */
class Crew {
  private readonly shared = new Int32Array(new SharedArrayBuffer(control.length * 4));
  private readonly workers;
  private readonly waiting = new Map<number, { resolve(values: ReplyOf): void; reject(error: Error): void }>();
  private nextCall = 0;
  private failure: Error | undefined;

  constructor(readonly threads: number) {
    const url = new URL("./worker.js", import.meta.url);
    this.workers = Array.from({ length: threads }, (_, rank) =>
      startWorker<WorkerStart, Request, Reply>(url, { rank, threads, shared: this.shared }),
    );
    for (const worker of this.workers) {
      worker.onReply((reply) => this.settle(reply));
      worker.onFailure((error) => this.fail(error));
    }
  }

  post(request: Request): void {
    if (this.failure !== undefined) throw this.failure;
    for (const worker of this.workers) worker.post(request);
  }

  /** Posts a request with a call number and waits for rank 0. */
  async call(request: (call: number) => Request, signal?: AbortSignal): Promise<ReplyOf> {
    signal?.throwIfAborted();
    const call = this.nextCall++;
    const abort = () => Atomics.store(this.shared, control.aborted, 1);
    signal?.addEventListener("abort", abort, { once: true });
    this.workers[0]?.hold(true);
    try {
      return await new Promise<ReplyOf>((resolve, reject) => {
        this.waiting.set(call, { resolve, reject });
        this.post(request(call));
      });
    } finally {
      signal?.removeEventListener("abort", abort);
      Atomics.store(this.shared, control.aborted, 0);
      if (this.waiting.size === 0) this.workers[0]?.hold(false);
      signal?.throwIfAborted();
    }
  }

  /** Posts to rank 0 alone. */
  async ask(request: (call: number) => Request): Promise<ReplyOf> {
    const call = this.nextCall++;
    this.workers[0]?.hold(true);
    try {
      return await new Promise<ReplyOf>((resolve, reject) => {
        this.waiting.set(call, { resolve, reject });
        this.workers[0]?.post(request(call));
      });
    } finally {
      if (this.waiting.size === 0) this.workers[0]?.hold(false);
    }
  }

  async close(): Promise<void> {
    this.failure = new UsageError("cpu backend", { expected: "an open backend", got: "one that was closed" });
    await Promise.all(this.workers.map((worker) => worker.terminate()));
  }

  private settle(reply: Reply): void {
    const call = this.waiting.get(reply.call);
    this.waiting.delete(reply.call);
    if (reply.error === undefined) call?.resolve(reply.values ?? {});
    else {
      this.failure = new Error(`internal: a worker failed: ${reply.error}`);
      call?.reject(this.failure);
    }
  }

  private fail(error: Error): void {
    this.failure = error;
    for (const call of this.waiting.values()) call.reject(error);
    this.waiting.clear();
  }
}

export async function cpuBackend({ precision = "f32", threads = coreCount() }: CpuOptions = {}): Promise<Backend> {
  if (!Number.isInteger(threads) || threads < 1) {
    throw new UsageError("cpu backend", { expected: "a positive number of threads", got: String(threads) });
  }
  const relaxed = await hasRelaxedSimd();
  const crew = new Crew(threads);
  let programs = 0;
  return {
    name: "cpu",
    precision,
    compile: async (request) => {
      const compiled = await compileProgram(request, { precision, threads, relaxed });
      const program = programs++;
      crew.post({ kind: "open", program, compiled });
      return new CpuProgram(crew, program, request, compiled.description);
    },
    close: () => crew.close(),
  };
}

class CpuProgram implements Program {
  private readonly bindings: Bindings;
  private readonly known: Bindings;
  private readonly data = new Map<string, ColumnData>();
  private readonly written = new Set<string>();

  constructor(
    private readonly crew: Crew,
    private readonly program: number,
    private readonly request: ProgramRequest,
    readonly description: string,
  ) {
    const targets = [...Object.values(request.outputs), ...Object.values(request.updates ?? {})];
    this.bindings = new Bindings(schedule(targets).nodes);
    this.known = new Bindings(targets.flatMap((target) => target.tape.nodes));
  }

  async bind(columns: Readonly<Record<string, ColumnData>>): Promise<void> {
    const used = Object.entries(columns).filter(([name]) => this.bindings.columns.has(name));
    const shared = Object.fromEntries(used.map(([name, values]) => [name, shareable(values)]));
    for (const [name, values] of Object.entries(shared)) this.data.set(name, values);
    this.crew.post({ kind: "bind", program: this.program, columns: shared });
  }

  async write(parameters: Readonly<Record<string, ArrayLike<number>>>): Promise<void> {
    const copies = Object.entries(parameters).map(([name, values]) => {
      this.known.checkParameter("write", name, values);
      this.written.add(name);
      return [name, Float64Array.from(values)] as const;
    });
    this.crew.post({ kind: "write", program: this.program, parameters: Object.fromEntries(copies) });
  }

  async read(parameters: readonly string[]): Promise<Record<string, Float64Array>> {
    for (const name of parameters) this.known.checkParameter("read", name, undefined);
    return this.crew.ask((call) => ({ kind: "read", program: this.program, parameters, call }));
  }

  private checkWritten(also: readonly string[]): void {
    for (const name of this.bindings.parameters.keys()) {
      if (this.written.has(name) || also.includes(name)) continue;
      throw new UsageError("run", {
        expected: `a value for parameter "${name}"`,
        got: "none",
        hint: "Call write first",
      });
    }
  }

  async run({ range = {}, signal }: RunOptions = {}): Promise<Record<string, Float64Array>> {
    this.checkWritten([]);
    const counts = this.bindings.countEvents(this.data);
    const events = Object.fromEntries(
      [...counts].map(([set, count]) => {
        const [start, stop] = range[set] ?? [0, count];
        return [set, { start, length: stop - start }];
      }),
    );
    const columns = new Map<number, Float64Array>();
    const lengthOf = (node: Var) => events[node.events?.name as string]?.length ?? 0;
    for (const node of Object.values(this.request.outputs)) {
      if (node.events === undefined) continue;
      const bytes = Math.max(8, sizeOf(node.shape) * lengthOf(node) * 8);
      columns.set(node.id, new Float64Array(new SharedArrayBuffer(bytes), 0, sizeOf(node.shape) * lengthOf(node)));
    }
    const free = await this.crew.call(
      (call) => ({ kind: "run", program: this.program, call, events, outputs: columns }),
      signal,
    );
    return Object.fromEntries(
      Object.entries(this.request.outputs).map(([name, node]) => [
        name,
        (node.events === undefined ? free[name] : columns.get(node.id)) as Float64Array,
      ]),
    );
  }

  async steps({ count, indices, schedule: perStep = {}, signal }: StepPlan): Promise<Record<string, Float64Array>> {
    for (const name of Object.keys(perStep)) this.known.checkParameter("steps", name, undefined);
    this.checkWritten(Object.keys(perStep));
    this.bindings.countEvents(this.data);
    const shared = Object.fromEntries(
      Object.entries(indices).map(([set, index]) => {
        const copy = new Int32Array(new SharedArrayBuffer(index.byteLength));
        copy.set(index);
        return [set, copy];
      }),
    );
    for (const name of Object.keys(perStep)) this.written.add(name);
    return this.crew.call(
      (call) => ({ kind: "steps", program: this.program, call, count, indices: shared, schedule: perStep }),
      signal,
    );
  }

  async close(): Promise<void> {
    this.crew.post({ kind: "close", program: this.program });
  }
}
