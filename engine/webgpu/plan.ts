/** From nodes of a tape to lists of kernels, for runs that give numbers to people and for steps that stay on the device. */
import { shaderSource } from "../../shaders/include.js";
import { describePass } from "../passes/describe.js";
import { type FinishedKernel, joinEpilogues } from "../passes/epilogues.js";
import { type EventPass, type Schedule, schedule } from "../passes/event-passes.js";
import { type KernelOperand, type LoweredPass, lower } from "../passes/lowering.js";
import { rematerialise } from "../passes/rematerialisation.js";
import type { Named } from "../runtime/backend.js";
import { sizeOf, type Tape, type Var } from "../tape/tape.js";
import { ProgramMemory } from "./memory.js";
import { printPass } from "./printing/print-pass.js";
import { type CountedSum, type PartialSums, printFinish } from "./printing/print-sums.js";
import type { PrintedKernel } from "./printing/printed-kernel.js";
import { printMove, printStage } from "./printing/stage.js";

export interface ColumnPlan {
  readonly label: string;
  readonly rows: number;
  /** The first of its rows among the values. */
  readonly to: number;
}

/** An output with events: rows of a stored item. */
export interface OutputPlan {
  readonly node: Var;
  /** The item's first row among the values, and how many it has. */
  readonly first: number;
  readonly size: number;
  /** Rows of the item, -1 for one of zeros. */
  readonly rows: Int32Array;
}

export interface PassPlan {
  readonly set: string;
  /** What it computes, for people. */
  readonly description: string;
  readonly columns: readonly ColumnPlan[];
  readonly kernels: readonly PrintedKernel[];
  /** What it was printed from, and the kernels of each of its launches. */
  readonly lowered: LoweredPass<FinishedKernel>;
  readonly launches: readonly (readonly PrintedKernel[])[];
  /** Rows of values that it takes. */
  readonly rows: number;
  readonly sums: PartialSums;
  readonly weights: PartialSums;
  readonly counted: readonly CountedSum[];
  readonly outputs: readonly OutputPlan[];
  /** The most arithmetic per event that a kernel has. */
  readonly work: number;
}

export interface LevelPlan {
  /** Without events, inputs first. */
  readonly parameters: readonly Var[];
  readonly passes: readonly PassPlan[];
}

export interface Plan {
  readonly memory: ProgramMemory;
  readonly levels: readonly LevelPlan[];
}

/** On a GPU, passes over memory cost more than arithmetic. */
export const lowerForGpu = (pass: EventPass): LoweredPass<FinishedKernel> => joinEpilogues(rematerialise(lower(pass)));

function planPass(pass: EventPass, memory: ProgramMemory): PassPlan {
  const lowered = lowerForGpu(pass);
  const { launches, memory: rows, sums } = printPass(lowered, memory);
  const kernels = launches.flat();
  return {
    set: pass.set,
    description: describePass(lowered),
    columns: lowered.columns.map((item) => {
      const { operation } = item.node;
      if (operation.name !== "column") throw new Error("internal: not a column");
      return { label: operation.label, rows: item.size, to: rows.firstRow(item) };
    }),
    kernels,
    lowered,
    launches,
    rows: rows.rows,
    sums: sums.events,
    weights: sums.weights,
    counted: sums.counted,
    outputs: lowered.outputs.map(({ node, operand }) => {
      if (operand.from !== "item") throw new Error("internal: output without rows");
      return { node, first: rows.firstRow(operand.item), size: operand.item.size, rows: operand.rows };
    }),
    work: Math.max(1, ...kernels.map((kernel) => kernel.work)),
  };
}

/** A run: the host computes what has no events, in f64. */
export function planRun(outputs: readonly Var[]): Plan {
  const memory = new ProgramMemory();
  const { levels } = schedule(outputs);
  return {
    memory,
    levels: levels.map(({ parameters, passes }) => ({
      parameters,
      passes: passes.map((pass) => planPass(pass, memory)),
    })),
  };
}

/** One dispatch after the other; passes in between stream their events in chunks. */
export type StepPart =
  | { readonly kind: "once"; readonly kernels: readonly PrintedKernel[] }
  | { readonly kind: "pass"; readonly pass: PassPlan; readonly finish: readonly PrintedKernel[] };

export interface StepsPlan {
  readonly memory: ProgramMemory;
  readonly parts: readonly StepPart[];
  /** Parameters that lie on the device. */
  readonly parameters: Named<Var>;
  /** What no step changes, inputs first: computed once, by the host. */
  readonly constants: readonly Var[];
  /** Numbers of events that kernels read: their place by event set. */
  readonly counts: ReadonlyMap<string, number>;
  readonly outputs: Named<Var>;
  /** Parameters that a step gives a new value. */
  readonly updated: readonly string[];
}

/** Nodes that no parameter and no event changes. */
function constantsOf({ nodes }: Schedule): ReadonlySet<Var> {
  const constants = new Set<Var>();
  for (const node of nodes) {
    const isFixed =
      node.operation.name === "constant" || (node.inputs.length > 0 && node.inputs.every((i) => constants.has(i)));
    if (node.events === undefined && isFixed) constants.add(node);
  }
  return constants;
}

function parameterOf(tape: Tape, label: string): Var {
  const node = tape.nodes.find(({ operation }) => operation.name === "parameter" && operation.label === label);
  if (node === undefined) throw new Error(`internal: no parameter ${label}`);
  return node;
}

const placesOf = (memory: ProgramMemory, nodes: readonly Var[]) =>
  nodes.flatMap((node) => {
    const start = memory.parameter(node);
    return Array.from({ length: sizeOf(node.shape) }, (_, i) => start + i);
  });

/** Numbers of events, as nodes that no tape has. */
class Counts {
  private readonly nodes = new Map<string, Var>();

  constructor(private readonly tape: Tape) {}

  readonly of = (set: string): Var => {
    let node = this.nodes.get(set);
    if (node === undefined) {
      const operation = { name: "parameter", label: `number of events of ${set}` } as const;
      node = { tape: this.tape, id: -1 - this.nodes.size, operation, inputs: [], shape: [], events: undefined };
      this.nodes.set(set, node);
    }
    return node;
  };

  places(memory: ProgramMemory): ReadonlyMap<string, number> {
    return new Map([...this.nodes].map(([set, node]) => [set, memory.parameter(node)]));
  }

  has(node: Var): boolean {
    return node.id < 0;
  }
}

/** Steps: everything on the device, in f32. Outputs have no events. */
export function planSteps(outputs: Named<Var>, updates: Named<Var>): StepsPlan {
  const targets = [...Object.values(outputs), ...Object.values(updates)];
  const memory = new ProgramMemory();
  const whole = schedule(targets);
  const { tape } = targets[0] as Var;
  const constants = constantsOf(whole);
  const passes = whole.levels.map((level) => level.passes.map((pass) => planPass(pass, memory)));
  const counts = new Counts(tape);
  const wanted = new Set<Var>([...memory.nodes.values(), ...targets]);
  const isLeaf = (node: Var) => constants.has(node) || node.operation.name === "parameter";
  const stages = whole.levels.map((): PrintedKernel[] => []);
  const stageOf = latestStages(whole, new Set(targets));
  for (let at = whole.levels.length - 1; at >= 0; at--) {
    const counted = (passes[at - 1] ?? []).flatMap((pass) => pass.counted);
    const own = [
      ...counted.map(({ node }) => node),
      ...whole.nodes.filter((node) => stageOf.get(node) === at && !isLeaf(node)),
    ];
    const made = own.filter((node) => wanted.has(node));
    if (made.length === 0) continue;
    const needed = neededFor(made, new Set(own), counted);
    const stage = printStage(
      { nodes: needed, counted, wanted: made, count: counts.of },
      `stage ${at} between passes`,
      memory,
    );
    stages[at] = [...stage.kernels];
    for (const node of stage.reads) wanted.add(node);
  }
  const parts: StepPart[] = whole.levels.flatMap((_, at): StepPart[] => [
    { kind: "once", kernels: stages[at] as PrintedKernel[] },
    ...(passes[at] as PassPlan[]).map((pass): StepPart => ({ kind: "pass", pass, finish: printFinish(pass, memory) })),
  ]);
  parts.push({ kind: "once", kernels: endOfStep(outputs, updates, tape, memory) });
  const leaves = [...memory.nodes.values()].filter((node) => node.operation.name === "parameter" && !counts.has(node));
  const needsValue = new Set([...memory.nodes.values()].filter((node) => constants.has(node)));
  return {
    memory,
    parts: parts.filter((part) => part.kind === "pass" || part.kernels.length > 0),
    parameters: Object.fromEntries(
      leaves.map((node) => [node.operation.name === "parameter" ? node.operation.label : "", node]),
    ),
    constants: whole.nodes.filter((node) => needsValue.has(node)),
    counts: counts.places(memory),
    outputs,
    updated: Object.keys(updates),
  };
}

/**
 * Before which level's passes each node without events is computed: as late as whoever reads it allows, so that what an
 * optimiser does with its moments is not stored before there is a gradient.
 */
function latestStages({ levels, nodes }: Schedule, targets: ReadonlySet<Var>): ReadonlyMap<Var, number> {
  const stages = new Map(levels.flatMap(({ parameters }, level) => parameters.map((node) => [node, level] as const)));
  const readers = new Map<Var, Var[]>();
  for (const node of nodes) for (const input of node.inputs) readers.set(input, [...(readers.get(input) ?? []), node]);
  for (const node of [...nodes].reverse()) {
    const own = readers.get(node) ?? [];
    // What passes read, and sums of it, has its time.
    if (!stages.has(node) || targets.has(node) || own.some((reader) => !stages.has(reader))) continue;
    stages.set(node, Math.min(...own.map((reader) => stages.get(reader) as number)));
  }
  return stages;
}

/** Among the own nodes, those that the made ones are computed from, inputs first. */
function neededFor(made: readonly Var[], own: ReadonlySet<Var>, counted: readonly CountedSum[]): Var[] {
  const needed = new Set<Var>();
  const operands = new Map(counted.map(({ node, operand }): [Var, CountedSum["operand"]] => [node, operand]));
  const stack = [...made];
  while (stack.length > 0) {
    const node = stack.pop() as Var;
    if (needed.has(node) || !own.has(node)) continue;
    needed.add(node);
    const operand: KernelOperand | undefined = operands.get(node);
    if (operand === undefined) stack.push(...node.inputs);
    else if (operand.from === "parameter") stack.push(operand.node);
  }
  return [...needed].sort((a, b) => a.id - b.id);
}

/** Outputs are kept, then parameters take their new values, all computed from the old ones. */
function endOfStep(outputs: Named<Var>, updates: Named<Var>, tape: Tape, memory: ProgramMemory): PrintedKernel[] {
  const kernels: PrintedKernel[] = [];
  const recorded = placesOf(memory, Object.values(outputs));
  if (recorded.length > 0) {
    kernels.push({
      title: "Outputs of a step",
      constants: {},
      along: "once",
      batches: 1,
      work: 0,
      code: shaderSource("record_step.wgsl"),
      arguments: { recorded: recorded.length, places: memory.table(recorded) },
      groups: recorded.length,
    });
  }
  const targets = Object.keys(updates).map((label) => parameterOf(tape, label));
  // A parameter that becomes the value of another one gives it away before it changes itself.
  const isParameter = (node: Var) => node.operation.name === "parameter";
  const moved = [...new Set(Object.values(updates).filter(isParameter))];
  const kept = new Map(moved.map((node) => [node, memory.reserve(sizeOf(node.shape))]));
  if (moved.length > 0) {
    kernels.push(
      printMove("Parameters that give their value to others", placesOf(memory, moved), rangesOf(kept), memory),
    );
  }
  const from = Object.values(updates).flatMap((node) => {
    const start = kept.get(node);
    return start === undefined ? placesOf(memory, [node]) : rangesOf(new Map([[node, start]]));
  });
  kernels.push(printMove("End of a step", from, placesOf(memory, targets), memory, true));
  return kernels;
}

const rangesOf = (starts: ReadonlyMap<Var, number>): number[] =>
  [...starts].flatMap(([node, start]) => Array.from({ length: sizeOf(node.shape) }, (_, i) => start + i));

/** The kernel that gives parameters their values of a step. */
export function printSchedule(scheduled: readonly Var[], memory: ProgramMemory): PrintedKernel | undefined {
  const places = placesOf(memory, scheduled);
  if (places.length === 0) return undefined;
  return {
    title: "Beginning of a step",
    code: shaderSource("begin_step.wgsl"),
    constants: {},
    arguments: { scheduled: places.length, places: memory.table(places) },
    along: "once",
    groups: places.length,
    batches: 1,
    work: 0,
  };
}
