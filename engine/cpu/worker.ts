/** Entry of a worker thread: follows the messages of the backend, in order. */
import type { ColumnData, Named } from "../backend.js";
import { control, type Events, Execution, Team } from "./execution.js";
import { workerSide } from "./host-node.js";
import type { CompiledProgram } from "./plan.js";

export interface WorkerStart {
  readonly rank: number;
  readonly threads: number;
  readonly shared: Int32Array;
}

/** What the backend asks of every worker. Jobs (`run`, `steps`) are done by all workers together. */
export type Request =
  | { readonly kind: "open"; readonly program: number; readonly compiled: CompiledProgram }
  | { readonly kind: "close"; readonly program: number }
  | { readonly kind: "bind"; readonly program: number; readonly columns: Named<ColumnData> }
  | { readonly kind: "write"; readonly program: number; readonly parameters: Named<Float64Array> }
  | { readonly kind: "read"; readonly program: number; readonly parameters: readonly string[]; readonly call: number }
  | {
      readonly kind: "run";
      readonly program: number;
      readonly call: number;
      readonly events: Named<{ readonly start: number; readonly length: number }>;
      readonly outputs: ReadonlyMap<number, Float64Array>;
    }
  | {
      readonly kind: "steps";
      readonly program: number;
      readonly call: number;
      readonly count: number;
      readonly indices: Named<Int32Array>;
      readonly schedule: Named<Float64Array>;
    };

/** What rank 0 answers to a call. */
export interface Reply {
  readonly call: number;
  readonly values?: Record<string, Float64Array>;
  readonly error?: string;
  readonly aborted?: boolean;
}

const { start, onRequest, reply } = workerSide<WorkerStart, Request, Reply>();
const team = new Team(start.rank, start.threads, start.shared);
const programs = new Map<number, Execution>();
const noOutputs = new Map<number, Float64Array>();

function steps(execution: Execution, request: Extract<Request, { kind: "steps" }>): Record<string, Float64Array> {
  const { count, indices, schedule } = request;
  const history: Record<string, Float64Array> = {};
  const lengths = new Map(Object.entries(indices).map(([set, index]) => [set, index.length / count]));
  for (let step = 0; step < count; step++) {
    if (team.isAborted) break;
    if (team.rank === 0) {
      const now = Object.entries(schedule).map(([name, values]) => {
        const size = values.length / count;
        return [name, values.slice(step * size, (step + 1) * size)] as const;
      });
      execution.write(Object.fromEntries(now));
    }
    const eventsOf = (set: string): Events => {
      const length = lengths.get(set) ?? 0;
      return { start: step * length, length, index: indices[set] };
    };
    execution.evaluate(eventsOf, noOutputs);
    if (team.rank === 0) {
      for (const [name, value] of Object.entries(execution.values())) {
        history[name] ??= new Float64Array(count * value.length);
        history[name].set(value, step * value.length);
      }
      execution.applyUpdates();
    }
    // Nobody looks at the abort flag of the next step before everybody has left this one.
    team.barrier();
  }
  return history;
}

function handle(request: Request): Record<string, Float64Array> | undefined {
  if (request.kind === "open") {
    programs.set(request.program, new Execution(request.compiled, team));
    return undefined;
  }
  const execution = programs.get(request.program) as Execution;
  switch (request.kind) {
    case "close":
      programs.delete(request.program);
      return undefined;
    case "bind":
      execution.bind(request.columns);
      return undefined;
    case "write":
      if (team.rank === 0) execution.write(request.parameters);
      return undefined;
    case "read":
      return Object.fromEntries(request.parameters.map((name) => [name, execution.read(name) ?? new Float64Array()]));
    case "run": {
      execution.evaluate((set) => {
        const { start, length } = request.events[set] ?? { start: 0, length: 0 };
        return { start, length, index: undefined };
      }, request.outputs);
      return team.rank === 0 ? execution.values() : undefined;
    }
    case "steps":
      return steps(execution, request);
  }
}

onRequest((request) => {
  try {
    const values = handle(request);
    if (team.rank === 0 && "call" in request) {
      const aborted = Atomics.load(team.shared, control.aborted) === 1;
      reply({ call: request.call, aborted, ...(values === undefined ? {} : { values }) });
    }
  } catch (error) {
    team.fail();
    if ("call" in request)
      reply({ call: request.call, error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    else throw error;
  }
});
