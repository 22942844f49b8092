/** The `webgpu` backend: WGSL generated from the kernels, on any GPU. Numbers are f32, sums over events end in f64. */

import { UsageError } from "../errors.js";
import { aNumber, checkOptions, type Options, optional } from "../options.js";
import { schedule } from "../passes/event-passes.js";
import type {
  Backend,
  ColumnSource,
  Named,
  Program,
  ProgramRequest,
  RunOptions,
  StepPlan,
} from "../runtime/backend.js";
import { Boundary, closedError } from "../runtime/boundary.js";
import type { ProgramTimes } from "../runtime/kernel-times.js";
import { checkPlan, checkRequest, checkRun } from "../runtime/requests.js";
import { Turns } from "../runtime/turns.js";
import { sizeOf, type Var } from "../tape/tape.js";
import { Device } from "./device/device.js";
import { Scratch } from "./device/scratch.js";
import type { Events } from "./execution/chunks.js";
import { DeviceColumns } from "./execution/columns.js";
import { Runner } from "./execution/runner.js";
import { Session } from "./execution/session.js";
import { State } from "./execution/state.js";
import { Stepper } from "./execution/stepper.js";
import { type Plan, planRun, planSteps, type StepsPlan } from "./plan.js";

export interface WebgpuOptions {
  /** The most events that the device works on at once; as many as it can take where absent. */
  readonly eventsPerChunk?: number;
}

const webgpuOptions: Options<WebgpuOptions> = { eventsPerChunk: optional(aNumber) };

export async function webgpuBackend(options: WebgpuOptions = {}): Promise<Backend> {
  checkOptions("webgpuBackend", options, webgpuOptions);
  const { eventsPerChunk } = options;
  const limit = eventsPerChunk ?? Number.POSITIVE_INFINITY;
  if (eventsPerChunk !== undefined && !(eventsPerChunk > 0 && eventsPerChunk % 256 === 0)) {
    throw new UsageError("webgpu backend", {
      expected: "a positive multiple of 256 for eventsPerChunk",
      got: String(eventsPerChunk),
    });
  }
  const device = await Device.open();
  const scratch = new Scratch(device);
  const programs = new Set<WebgpuProgram>();
  return {
    name: "webgpu",
    precision: "f32",
    compile: async (request) => {
      device.check();
      checkRequest(request);
      const program = new WebgpuProgram(device, scratch, request, limit, () => programs.delete(program));
      programs.add(program);
      return program;
    },
    close: async () => {
      const reason = closedError("webgpu backend", "backend");
      await Promise.all([...programs].map((program) => program.close(reason)));
      device.close();
    },
  };
}

class WebgpuProgram implements Program {
  readonly description: string;
  private readonly boundary: Boundary;
  private readonly session: Session;
  private readonly columnNodes: readonly Var[];
  private runPlan: Plan | undefined;
  private stepsPlan: StepsPlan | undefined;
  private runner: Runner | undefined;
  private stepper: Stepper | undefined;
  private readonly turns = new Turns();
  private isOpen = true;
  /** Of all runs. */
  private wallMilliseconds = 0;

  constructor(
    device: Device,
    scratch: Scratch,
    private readonly request: ProgramRequest,
    limit: number,
    private readonly onClose: () => void,
  ) {
    const { outputs, updates = {} } = request;
    const targets = [...Object.values(outputs), ...Object.values(updates)];
    const { nodes } = schedule(targets);
    this.boundary = new Boundary(request, nodes);
    this.columnNodes = nodes.filter((node) => node.operation.name === "column");
    // What a program with updates is for are steps; the plan that is not needed now is made when it is.
    const passes =
      Object.keys(updates).length > 0
        ? this.planOfSteps().parts.flatMap((part) => (part.kind === "pass" ? [part.pass] : []))
        : this.planOfRun().levels.flatMap((level) => level.passes);
    this.description = passes.map((pass) => pass.description).join("\n\n");
    const columns = new DeviceColumns(device, device.largestBinding);
    const state = new State((labels) => (this.stepper as Stepper).fetch(labels));
    this.session = new Session(device, columns, state, scratch, limit);
  }

  private planOfRun(): Plan {
    this.runPlan ??= planRun(Object.values(this.request.outputs));
    return this.runPlan;
  }

  private planOfSteps(): StepsPlan {
    this.stepsPlan ??= planSteps(this.freeOutputs(), this.request.updates ?? {});
    return this.stepsPlan;
  }

  /** Outputs that have no events. */
  private freeOutputs(): Named<Var> {
    return Object.fromEntries(Object.entries(this.request.outputs).filter(([, node]) => node.events === undefined));
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    return this.turns.take(() => {
      this.session.check(undefined);
      if (!this.isOpen) throw closedError("webgpu backend", "program");
      return work();
    });
  }

  async bind(columns: Named<ColumnSource>): Promise<void> {
    const used = Object.entries(this.boundary.bind(columns));
    await this.inTurn(async () => {
      for (const [label, values] of used) await this.session.columns.bind(label, values);
      await this.session.device.settled();
    });
  }

  async write(parameters: Named<ArrayLike<number>>): Promise<void> {
    const values = this.boundary.write(parameters);
    await this.inTurn(async () => this.session.state.write(values));
  }

  async read(parameters: readonly string[]): Promise<Record<string, Float64Array>> {
    this.boundary.checkRead(parameters);
    return this.inTurn(async () => {
      await this.session.state.bring(parameters);
      return Object.fromEntries(
        parameters.map((label) => [label, Float64Array.from(this.session.state.get(label)?.value as Float64Array)]),
      );
    });
  }

  async run(options: RunOptions = {}): Promise<Record<string, Float64Array>> {
    checkRun(options);
    const { range = {}, into = {}, signal } = options;
    signal?.throwIfAborted();
    const parts = this.boundary.partsOf(range);
    this.boundary.checkInto(into, parts);
    const bound = this.boundEvents();
    return this.inTurn(async () => {
      const start = performance.now();
      const runner = this.openRunner();
      const events = (set: string): Events => ({ ...(parts[set] as Events), bound: bound(set) });
      const columns = new Map<number, Float64Array>();
      for (const node of Object.values(this.request.outputs)) {
        if (node.events === undefined) continue;
        columns.set(node.id, new Float64Array(sizeOf(node.shape) * events(node.events.name).length));
      }
      try {
        await runner.run(events, columns, signal);
      } finally {
        // Also of what was ended early: some of its kernels were timed.
        this.wallMilliseconds += performance.now() - start;
      }
      const results = Object.entries(this.request.outputs).map(
        ([name, node]) => [name, columns.get(node.id)?.slice() ?? Float64Array.from(runner.valueOf(node))] as const,
      );
      return this.boundary.writeInto(into, parts, Object.fromEntries(results));
    });
  }

  async times(): Promise<ProgramTimes> {
    this.boundary.checkTimed();
    return this.inTurn(() => this.openRunner().times(this.wallMilliseconds));
  }

  private openRunner(): Runner {
    this.runner ??= new Runner(this.session, this.planOfRun(), this.request.timed ?? false);
    return this.runner;
  }

  async steps(plan: StepPlan): Promise<Record<string, Float64Array>> {
    checkPlan(plan);
    plan.signal?.throwIfAborted();
    this.boundary.checkSteps(plan);
    if (this.request.timed) {
      throw new UsageError("steps", {
        expected: "a program without `timed`, as the backend webgpu measures runs only",
        got: "one with it",
        hint: "Time its runs, or its steps on the backend cpu",
      });
    }
    const { count, schedule: perStep = {} } = plan;
    const free = this.freeOutputs();
    if (count === 0) return Object.fromEntries(Object.keys(free).map((name) => [name, new Float64Array()]));
    if (Object.keys({ ...free, ...this.request.updates }).length === 0) {
      // Nothing to compute: the parameters keep the values of the last step.
      const last = Object.entries(perStep).map(([name, values]) => [name, values.slice(-values.length / count)]);
      await this.write(Object.fromEntries(last));
      return {};
    }
    const bound = this.boundEvents();
    return this.inTurn(async () => {
      this.stepper ??= new Stepper(this.session, this.planOfSteps());
      return this.stepper.steps(plan, bound);
    });
  }

  /** Events of a set's columns now, as far as the program reads them. */
  private boundEvents(): (set: string) => number {
    const counts = new Map<string, number>();
    for (const { operation, events, shape } of this.columnNodes) {
      if (operation.name !== "column" || events === undefined) continue;
      const values = this.boundary.data.get(operation.label) as ColumnSource;
      counts.set(events.name, values.length / sizeOf(shape));
    }
    // Of a set without columns, no kernel asks.
    return (set) => counts.get(set) ?? 0;
  }

  async close(reason: Error = closedError("webgpu backend", "program")): Promise<void> {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.boundary.close();
    this.onClose();
    this.session.stop(reason);
    await this.turns.settled();
    this.runner?.close();
    this.stepper?.close();
    this.session.columns.close();
  }
}
