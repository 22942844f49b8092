/** The backend that defines all others: f64, plain loops over the tape, events in blocks. Small, slow, obviously right. */

import { type EventPass, schedule } from "../passes/event-passes.js";
import type { Backend, ColumnData, Program, ProgramRequest, RunOptions, StepPlan } from "../runtime/backend.js";
import { Boundary, closedError, numbersOf } from "../runtime/boundary.js";
import { Pauses } from "../runtime/pauses.js";
import { checkPlan, checkRequest, checkRun } from "../runtime/requests.js";
import { Turns } from "../runtime/turns.js";
import { sizeOf, type Var } from "../tape/tape.js";
import { evaluate } from "./evaluate.js";
import { NodeClock, nodeTitle } from "./node-clock.js";

/** Events evaluated together; keeps a tape's intermediates small. */
const BLOCK = 256;

/** Elements of a node that are held for the events of a block: fewer events where one of them has more than 2^16. */
const BLOCK_ELEMENTS = 2 ** 24;

function blockOf({ nodes }: EventPass): number {
  const largest = nodes.reduce((most, { shape }) => Math.max(most, sizeOf(shape)), 1);
  return Math.max(1, Math.min(BLOCK, Math.floor(BLOCK_ELEMENTS / largest)));
}

type Values = Map<number, Float64Array>;

export function referenceBackend(): Backend {
  const programs: Program[] = [];
  let isOpen = true;
  return {
    name: "reference",
    precision: "f64",
    compile: async (request) => {
      if (!isOpen) throw closedError("reference backend", "backend");
      checkRequest(request);
      const program = compile(request);
      programs.push(program);
      return program;
    },
    close: async () => {
      isOpen = false;
      for (const program of programs) await program.close();
    },
  };
}

/** Rows of a column for the given events. */
function gather(data: ColumnData, rows: number, pick: (position: number) => number, n: number): Float64Array {
  const stride = data.length / rows;
  const result = new Float64Array(rows * n);
  for (let r = 0; r < rows; r++) for (let e = 0; e < n; e++) result[r * n + e] = data[r * stride + pick(e)] as number;
  return result;
}

function compile(request: ProgramRequest): Program {
  const { outputs, updates = {}, timed = false } = request;
  const { levels, nodes } = schedule([...Object.values(outputs), ...Object.values(updates)]);
  const boundary = new Boundary(request, nodes);
  const clock = timed ? new NodeClock(levels.flatMap((level) => level.passes)) : undefined;
  let wallMilliseconds = 0;
  const state = new Map<string, Float64Array>();
  const data = new Map<string, ColumnData>();
  const turns = new Turns();
  const pauses = new Pauses();
  let isOpen = true;

  /** Throws where the run was aborted. */
  async function pause(signal: AbortSignal | undefined): Promise<void> {
    await pauses.take();
    signal?.throwIfAborted();
    if (!isOpen) throw closedError("reference backend", "program");
  }

  const timing = <T>(pass: EventPass, node: Var, n: number, work: () => T): T =>
    clock === undefined ? work() : clock.time(pass, node, n, work);

  async function runPass(
    pass: EventPass,
    values: Values,
    length: number,
    pick: (e: number) => number,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    for (const node of pass.sums) values.set(node.id, new Float64Array(sizeOf(node.shape)));
    for (const node of pass.outputs) values.set(node.id, new Float64Array(sizeOf(node.shape) * length));
    const size = blockOf(pass);
    for (let start = 0; start < length; start += size) {
      await pause(signal);
      const n = Math.min(size, length - start);
      const block: Values = new Map();
      const valueAt = (node: Var) => (block.get(node.id) ?? values.get(node.id)) as Float64Array;
      for (const node of pass.nodes) {
        const value = timing(pass, node, n, () =>
          node.operation.name === "column"
            ? gather(data.get(node.operation.label) as ColumnData, sizeOf(node.shape), (e) => pick(start + e), n)
            : evaluate(node, node.inputs.map(valueAt), n),
        );
        block.set(node.id, value);
      }
      for (const node of pass.sums) {
        const total = values.get(node.id) as Float64Array;
        timing(pass, node, n, () => evaluate(node, node.inputs.map(valueAt), n)).forEach((term, r) => {
          total[r] = (total[r] as number) + term;
        });
      }
      for (const node of pass.outputs) {
        const whole = values.get(node.id) as Float64Array;
        const part = block.get(node.id) as Float64Array;
        for (let r = 0; r < part.length / n; r++) whole.set(part.subarray(r * n, (r + 1) * n), r * length + start);
      }
    }
  }

  /** One evaluation; `events` gives the number of events of a set and the event at each position. */
  async function evaluateAll(
    events: (set: string) => { length: number; pick: (e: number) => number },
    signal: AbortSignal | undefined,
  ): Promise<Values> {
    const begin = performance.now();
    const values: Values = new Map();
    for (const level of levels) {
      for (const node of level.parameters) {
        if (node.operation.name === "parameter") {
          values.set(node.id, state.get(node.operation.label) as Float64Array);
        } else {
          const inputs = node.inputs.map((input) => values.get(input.id) as Float64Array);
          values.set(node.id, evaluate(node, inputs, 1));
        }
      }
      for (const pass of level.passes) {
        const { length, pick } = events(pass.set);
        await runPass(pass, values, length, pick, signal);
      }
    }
    wallMilliseconds += performance.now() - begin;
    return values;
  }

  async function takeSteps({ count, indices, schedule: perStep = {}, signal }: StepPlan) {
    const free = Object.entries(outputs).filter(([, node]) => node.events === undefined);
    const history = Object.fromEntries(
      free.map(([name, node]) => [name, new Float64Array(count * sizeOf(node.shape))]),
    );
    for (let step = 0; step < count; step++) {
      await pause(signal);
      for (const [name, values] of Object.entries(perStep)) {
        const size = values.length / count;
        state.set(name, values.slice(step * size, (step + 1) * size));
      }
      const values = await evaluateAll((set) => {
        const index = indices[set] as Int32Array;
        const length = index.length / count;
        return { length, pick: (e) => index[step * length + e] as number };
      }, undefined);
      for (const [name, node] of free) {
        history[name]?.set(values.get(node.id) as Float64Array, step * sizeOf(node.shape));
      }
      const fresh = Object.entries(updates).map(
        ([name, node]) => [name, Float64Array.from(values.get(node.id) as Float64Array)] as const,
      );
      for (const [name, value] of fresh) state.set(name, value);
    }
    return history;
  }

  return {
    description: nodes.map(nodeTitle).join("\n"),
    async bind(columns) {
      const bound = Object.entries(boundary.bind(columns));
      await turns.take(async () => {
        for (const [name, values] of bound) data.set(name, numbersOf(values));
      });
    },
    async write(parameters) {
      const written = Object.entries(boundary.write(parameters));
      await turns.take(async () => {
        for (const [name, values] of written) state.set(name, values);
      });
    },
    async read(parameters) {
      boundary.checkRead(parameters);
      return turns.take(async () =>
        Object.fromEntries(parameters.map((name) => [name, Float64Array.from(state.get(name) as Float64Array)])),
      );
    },
    async run(options: RunOptions = {}) {
      checkRun(options);
      const { range = {}, into = {}, signal } = options;
      signal?.throwIfAborted();
      const parts = boundary.partsOf(range);
      boundary.checkInto(into, parts);
      const values = await turns.take(() =>
        evaluateAll((set) => {
          const { start, length } = parts[set] as { start: number; length: number };
          return { length, pick: (e) => start + e };
        }, signal),
      );
      const results = Object.entries(outputs).map(
        ([name, node]) => [name, Float64Array.from(values.get(node.id) as Float64Array)] as const,
      );
      return boundary.writeInto(into, parts, Object.fromEntries(results));
    },
    async steps(plan) {
      checkPlan(plan);
      plan.signal?.throwIfAborted();
      boundary.checkSteps(plan);
      return turns.take(() => takeSteps(plan));
    },
    async times() {
      boundary.checkTimed();
      return (clock as NodeClock).times(wallMilliseconds);
    },
    async close() {
      isOpen = false;
      boundary.close();
    },
  };
}
