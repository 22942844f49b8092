/**
 * What lies between passes over the events, as kernels: functions of sums, and an optimiser's step.
 *
 * The nodes are copied as if they belonged to a set of one event, and lowered like a pass. So they fuse as everything else
 * does; rows of this one event are elements of arrays, and lie among the parameters.
 */
import { shaderSource } from "../../../shaders/include.js";
import { type Item, isIdentity, type LoweredPass, lower } from "../../passes/lowering.js";
import { type Attributes, type EventSet, type Operation, type Shape, sizeOf, type Var } from "../../tape/tape.js";
import type { KernelMemory, ProgramMemory } from "../memory.js";
import { printFused } from "./print-fused.js";
import type { CountedSum } from "./print-sums.js";
import type { PrintedKernel } from "./printed-kernel.js";

const once: EventSet = { name: "once" };

export interface StageRequest {
  /** Nodes to compute, inputs first, no more than it takes; all else that they read is there already. */
  readonly nodes: readonly Var[];
  /** Sums of what no event changes. */
  readonly counted: readonly CountedSum[];
  /** Those that others read. */
  readonly wanted: readonly Var[];
  /** The number of events of a set, a node without elements of its own on the tape. */
  count(set: string): Var;
}

export interface Stage {
  readonly kernels: readonly PrintedKernel[];
  /** What it reads, by node. */
  readonly reads: readonly Var[];
}

/** Copies nodes into the set of one event. */
class Copier {
  readonly originals = new Map<Var, Var>();
  private readonly copies = new Map<number, Var>();
  private nextId = -1;

  constructor(
    private readonly own: ReadonlySet<Var>,
    private readonly counted: ReadonlyMap<Var, CountedSum>,
    private readonly count: (set: string) => Var,
  ) {}

  /** A node that no tape has. */
  private make(operation: Operation, inputs: readonly Var[], shape: Shape, like: Var): Var {
    return { tape: like.tape, id: this.nextId--, operation, inputs, shape, events: once };
  }

  copy(node: Var): Var {
    let copy = this.copies.get(node.id);
    if (copy === undefined) {
      copy = this.remake(node);
      this.copies.set(node.id, copy);
      this.originals.set(copy, node);
    }
    return copy;
  }

  private leaf(node: Var): Var {
    const copy = this.make({ name: "column", label: `node ${node.id}` }, [], node.shape, node);
    this.originals.set(copy, node);
    return copy;
  }

  private remake(node: Var): Var {
    const { operation } = node;
    if (operation.name === "constant" && "value" in operation) return { ...node, events: once };
    const counted = this.counted.get(node);
    if (counted !== undefined) return this.countedSum(node, counted);
    if (!this.own.has(node)) return this.leaf(node);
    const inputs = node.inputs.map((input) => this.copy(input));
    if (operation.name === "linear") return this.linear(node, inputs as [Var, Var]);
    if (operation.name === "weightGradient") return this.weightGradient(node, inputs as [Var, Var]);
    return { ...node, inputs, events: once };
  }

  private broadcast(node: Var, shape: Shape): Var {
    return this.make({ name: "broadcast" }, [node], shape, node);
  }

  private constant(value: number, shape: Shape, like: Var): Var {
    return this.make({ name: "constant", value }, [], shape, like);
  }

  /** A number of events times the term, and 0 without events, whatever the term. */
  private countedSum(node: Var, { operand }: CountedSum): Var {
    const { shape } = node;
    const term =
      operand.from === "number"
        ? this.constant(operand.value, shape, node)
        : this.make({ name: "take", index: operand.rows }, [this.copy(operand.node)], shape, node);
    const set = (node.inputs[0] as Var).events?.name as string;
    const count = this.broadcast(this.copy(this.count(set)), shape);
    const product = this.make({ name: "mul" }, [term, count], shape, node);
    const isNone = this.make({ name: "equal" }, [count, this.constant(0, shape, node)], shape, node);
    return this.make({ name: "where" }, [isNone, this.constant(0, shape, node), product], shape, node);
  }

  /** A linear map as the sum of products that it is: here the weights may be computed, and few vectors are mapped. */
  private linear(node: Var, [x, weights]: [Var, Var]): Var {
    const { transposed, prefix } = node.operation as unknown as Attributes["linear"];
    const [rows, columns] = weights.shape.slice(-2) as [number, number];
    const lead = node.shape.slice(0, -1);
    const whole = [...lead, rows, columns];
    const axis = lead.length + (transposed ? 0 : 1);
    const vector = this.make({ name: "reshape" }, [x], [...lead, ...(transposed ? [rows, 1] : [1, columns])], node);
    const product = this.product(this.broadcast(weights, whole), this.broadcast(vector, whole), prefix);
    const summed = this.make(
      { name: "sum", axis },
      [product],
      lead.concat(transposed ? [1, columns] : [rows, 1]),
      node,
    );
    return this.make({ name: "reshape" }, [summed], node.shape, node);
  }

  /** The same of vectors that no event has: Σ over leading axes of g[..., o] x[..., i], or each where they are separate. */
  private weightGradient(node: Var, [g, x]: [Var, Var]): Var {
    const { batched, prefix } = node.operation as unknown as Attributes["weightGradient"];
    const [rows, columns] = node.shape.slice(-2) as [number, number];
    const batches = sizeOf(g.shape) / rows;
    const whole = [batches, rows, columns];
    const [left, right] = [
      this.make({ name: "reshape" }, [g], [batches, rows, 1], node),
      this.make({ name: "reshape" }, [x], [batches, 1, columns], node),
    ];
    const product = this.product(this.broadcast(left, whole), this.broadcast(right, whole), prefix);
    const summed = batched ? product : this.make({ name: "sum", axis: 0 }, [product], [1, rows, columns], node);
    return this.make({ name: "reshape" }, [summed], node.shape, node);
  }

  /** Elementwise, of `[..., rows, columns]`. Beyond the prefixes there are zeros: no element of the product is read. */
  private product(a: Var, b: Var, prefix: Int32Array | undefined): Var {
    const product = this.make({ name: "mul" }, [a, b], a.shape, a);
    if (prefix === undefined) return product;
    const [rows, columns] = a.shape.slice(-2) as [number, number];
    const index = Int32Array.from({ length: sizeOf(a.shape) }, (_, i) =>
      i % columns < (prefix[Math.floor(i / columns) % rows] as number) ? i : -1,
    );
    return this.make({ name: "take", index }, [product], a.shape, a);
  }
}

/** Rows of a stage: places among the parameters. */
class StageMemory implements KernelMemory {
  private readonly places = new Map<Item, number>();

  constructor(
    private readonly program: ProgramMemory,
    private readonly originals: ReadonlyMap<Var, Var>,
    pass: LoweredPass,
  ) {
    for (const { node, operand } of pass.outputs) {
      if (operand.from !== "item" || operand.item.name === "column" || this.places.has(operand.item)) continue;
      if (isIdentity(operand.rows, operand.item.size)) this.places.set(operand.item, this.parameter(node));
    }
    for (const item of pass.columns) this.places.set(item, this.parameter(item.node));
  }

  firstRow(item: Item): number {
    let place = this.places.get(item);
    if (place === undefined) {
      place = this.program.reserve(item.size);
      this.places.set(item, place);
    }
    return place;
  }

  parameter(node: Var): number {
    return this.program.parameter(this.originals.get(node) ?? node);
  }

  table(entries: ArrayLike<number>): number {
    return this.program.table(entries);
  }
}

/** Moves numbers among the parameters: from each place, or from none for a zero, to the one of the same number. */
export function printMove(
  title: string,
  from: readonly number[],
  to: readonly number[],
  memory: Pick<KernelMemory, "table">,
  isLast = false,
): PrintedKernel {
  return {
    title,
    code: shaderSource("move.wgsl"),
    constants: {},
    arguments: {
      count: from.length,
      old_places: memory.table(from),
      new_places: memory.table(to),
      last: isLast ? 1 : 0,
    },
    along: "once",
    groups: Math.max(1, from.length),
    batches: 1,
    work: 0,
  };
}

/** Outputs that are views of something stored elsewhere are copied, all at once. */
function printViews({ outputs }: LoweredPass, title: string, memory: StageMemory): PrintedKernel[] {
  const from: number[] = [];
  const to: number[] = [];
  for (const { node, operand } of outputs) {
    if (operand.from !== "item") throw new Error("internal: output without rows");
    const [first, start] = [memory.firstRow(operand.item), memory.parameter(node)];
    if (first === start && isIdentity(operand.rows, operand.item.size)) continue;
    for (const [r, row] of operand.rows.entries()) {
      from.push(row < 0 ? -1 : first + row);
      to.push(start + r);
    }
  }
  return from.length === 0 ? [] : [printMove(`Views of ${title}`, from, to, memory)];
}

export function printStage(
  { nodes, counted, wanted, count }: StageRequest,
  title: string,
  memory: ProgramMemory,
): Stage {
  const sums = new Map(counted.map((sum) => [sum.node, sum]));
  const copier = new Copier(new Set(nodes), sums, count);
  // In order, so that no copy has to go far back.
  const copies = nodes.map((node) => copier.copy(node));
  const outputs = wanted.map((node) => copier.copy(node));
  const pass = lower({ set: once.name, nodes: copies, sums: [], outputs });
  const stage = new StageMemory(memory, copier.originals, pass);
  const kernels = pass.kernels.map((kernel, at): PrintedKernel => {
    if (kernel.kind === "linear") throw new Error("internal: a linear map between passes");
    const name = `Kernel ${at} of ${title}`;
    return {
      title: name,
      code: printFused(kernel, name, stage, "once"),
      constants: {},
      arguments: {},
      along: "once",
      groups: kernel.rows,
      batches: 1,
      work: 0,
    };
  });
  return {
    kernels: [...kernels, ...printViews(pass, title, stage)],
    reads: pass.columns.map((item) => copier.originals.get(item.node) as Var),
  };
}
