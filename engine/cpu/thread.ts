/** What a thread of the backend does: it follows requests in order. */
import { host } from "#cpu-host";
import type { Named } from "../runtime/backend.js";
import { Execution, type OutputTarget, Team } from "./execution.js";
import type { HostWorker } from "./host.js";
import type { CompiledProgram } from "./plan.js";
import type { BoundColumn, Events } from "./tile-columns.js";

export interface WorkerStart {
  readonly rank: number;
  readonly threads: number;
  readonly shared: Int32Array;
}

/** What the backend asks of every worker, with what is to be done before: a message less for each. */
export type Request = Single & { readonly before?: readonly Single[] };

/** Jobs (`run`, `steps`) are done by all workers together. */
export type Single =
  | { readonly kind: "open"; readonly program: number; readonly compiled: CompiledProgram }
  | { readonly kind: "close"; readonly program: number }
  /** Free what was closed. */
  | { readonly kind: "collect"; readonly call: number }
  | { readonly kind: "bind"; readonly program: number; readonly columns: Named<BoundColumn> }
  | { readonly kind: "write"; readonly program: number; readonly parameters: Named<Float64Array> }
  | { readonly kind: "read"; readonly program: number; readonly parameters: readonly string[]; readonly call: number }
  | { readonly kind: "times"; readonly program: number; readonly call: number }
  | {
      readonly kind: "run";
      readonly program: number;
      readonly call: number;
      readonly events: Named<{ readonly start: number; readonly length: number }>;
      readonly targets: readonly OutputTarget[];
      /** Set to 1 from outside to end the run early, with numbers that mean nothing. */
      readonly abort: Int32Array;
    }
  | {
      readonly kind: "steps";
      readonly program: number;
      readonly call: number;
      readonly count: number;
      readonly indices: Named<Int32Array>;
      readonly schedule: Named<Float64Array>;
      /** Set to 1 from outside to end the steps early. */
      readonly abort: Int32Array;
    };

/** The reply of rank 0 to a call. */
export interface Reply {
  readonly call: number;
  readonly values: Record<string, Float64Array>;
  /** The targets of a run, filled. */
  readonly targets: readonly OutputTarget[];
  /** Whether steps ended early: then values hold fewer steps than asked for. */
  readonly aborted: boolean;
  readonly error?: string;
}

type Answer = Omit<Reply, "call">;

function steps(team: Team, execution: Execution, request: Extract<Request, { kind: "steps" }>): Answer {
  const { count, indices, schedule, abort } = request;
  const history = execution.emptyHistory(count);
  const lengths = new Map(Object.entries(indices).map(([set, index]) => [set, index.length / count]));
  for (let step = 0; step < count; step++) {
    if (team.agree(() => Atomics.load(abort, 0) === 1)) return { values: history, targets: [], aborted: true };
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
    execution.evaluate(eventsOf, []);
    if (team.rank === 0) {
      for (const [name, value] of Object.entries(execution.values())) {
        history[name]?.set(value, step * value.length);
      }
      execution.applyUpdates();
    }
  }
  return done(history);
}

const done = (values: Record<string, Float64Array> = {}, targets: Reply["targets"] = []): Answer => ({
  values,
  targets,
  aborted: false,
});

/**
 * Closed programs after which a worker collects its garbage. Each has code of some 50 kB and 10 GiB of reserved address space, of
 * which V8 does not know when it decides whether that is worth while: without a request, a thread keeps thousands.
 */
const COLLECT_AFTER = 128;

/** The programs of a worker. */
class Programs extends Map<number, Execution> {
  private closed = 0;

  close(program: number): void {
    this.delete(program);
    if (++this.closed === COLLECT_AFTER) this.collect();
  }

  collect(): void {
    this.closed = 0;
    host.collectGarbage();
  }
}

function handle(team: Team, programs: Programs, request: Request): Answer {
  for (const before of request.before ?? []) handle(team, programs, before);
  if (request.kind === "open") {
    programs.set(request.program, new Execution(request.compiled, team));
    return done();
  }
  if (request.kind === "collect") {
    programs.collect();
    // Rank 0 replies for all.
    team.barrier();
    return done();
  }
  const execution = programs.get(request.program) as Execution;
  switch (request.kind) {
    case "close":
      programs.close(request.program);
      return done();
    case "bind":
      execution.bind(request.columns);
      return done();
    case "write":
      if (team.rank === 0) execution.write(request.parameters);
      return done();
    case "read":
      // Rank 0 alone keeps parameters.
      if (team.rank !== 0) return done();
      return done(Object.fromEntries(request.parameters.map((name) => [name, execution.read(name)])));
    case "times":
      // Those of the others lie in the same memory.
      return done(team.rank === 0 ? { times: execution.times() } : {});
    case "run": {
      execution.evaluate(
        (set) => {
          const { start, length } = request.events[set] ?? { start: 0, length: 0 };
          return { start, length, index: undefined };
        },
        request.targets,
        request.abort,
      );
      return done(team.rank === 0 ? execution.values() : {}, request.targets);
    }
    case "steps":
      return steps(team, execution, request);
  }
}

/** @returns what follows the requests */
export function followRequests(
  { rank, threads, shared }: WorkerStart,
  reply: (reply: Reply) => void,
): (request: Request) => void {
  const team = new Team(rank, threads, shared);
  const programs = new Programs();
  return (request) => {
    try {
      const answer = handle(team, programs, request);
      if (team.rank === 0 && "call" in request) reply({ call: request.call, ...answer });
    } catch (error) {
      team.fail();
      if (!("call" in request)) throw error;
      reply({
        call: request.call,
        ...done(),
        error: error instanceof Error ? (error.stack ?? error.message) : String(error),
      });
    }
  };
}

/** The thread that asks, in place of a worker: what is posted is done before `post` returns. */
export function thisThread(start: WorkerStart): HostWorker<Request, Reply> {
  let onReply: (reply: Reply) => void = () => {};
  let onFailure: (error: Error) => void = () => {};
  const follow = followRequests(start, (reply) => onReply(reply));
  return {
    post(request) {
      try {
        follow(request);
      } catch (error) {
        onFailure(error as Error);
      }
    },
    onReply(listener) {
      onReply = listener;
    },
    onFailure(listener) {
      onFailure = listener;
    },
    hold() {},
    async terminate() {},
  };
}
