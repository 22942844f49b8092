/** The arguments that make templates of `shaders/` the event sums of a pass. */
import { shaderSource } from "../../../shaders/include.js";
import { type KernelOperand, type Sum, sameRows } from "../../passes/lowering.js";
import { type Attributes, sizeOf, type Var } from "../../tape/tape.js";
import type { KernelMemory, ProgramMemory } from "../memory.js";
import type { PrintedKernel } from "./printed-kernel.js";

/** Rows and columns of one workgroup, a fact of `weight_gradient.wgsl`. */
const BLOCK = 64;

/** Where the sums of a pass lie in a group of partial sums. */
export interface PartialSums {
  readonly sums: readonly { readonly node: Var; readonly offset: number; readonly size: number }[];
  /** Numbers per group. */
  readonly size: number;
}

/** Sums that no event changes: they count once per event. */
export interface CountedSum {
  readonly node: Var;
  readonly operand: Exclude<KernelOperand, { from: "item" }>;
}

const isWeights = (sum: Sum) => sum.node.operation.name === "weightGradient";

const isSame = (a: KernelOperand | undefined, b: KernelOperand | undefined) =>
  a?.from === "item" && b?.from === "item" && a.item === b.item && sameRows(a.rows, b.rows);

/** Does a weight gradient have one matrix per batch of its cotangent, and not their sum? */
function isPerBatch({ node, operands: [g] }: Sum): boolean {
  const [outputs, inputs] = node.shape.slice(-2) as [number, number];
  return g?.from === "item" && g.rows.length / outputs === sizeOf(node.shape) / (outputs * inputs);
}

/** Per weight gradient the sum over events of its cotangent, which is the gradient of a bias, where the program asks for it. */
function biasesOf(sums: readonly Sum[]): ReadonlyMap<Sum, Sum> {
  const biases = new Map<Sum, Sum>();
  for (const sum of sums.filter((other) => !isWeights(other))) {
    const weights = sums.find(
      (other) =>
        isWeights(other) && !biases.has(other) && isPerBatch(other) && isSame(other.operands[0], sum.operands[0]),
    );
    if (weights !== undefined) biases.set(weights, sum);
  }
  return biases;
}

export class SumPrinter {
  readonly events: PartialSums;
  readonly weights: PartialSums;
  readonly counted: readonly CountedSum[];
  private readonly offsets = new Map<Sum, number>();
  private readonly biases: ReadonlyMap<Sum, Sum>;

  constructor(
    sums: readonly Sum[],
    private readonly set: string,
    private readonly memory: KernelMemory,
  ) {
    this.biases = biasesOf(sums);
    const biases = new Set(this.biases.values());
    const isAlone = (sum: Sum) => !isWeights(sum) && !biases.has(sum) && sum.operands[0]?.from === "item";
    this.events = this.place(sums.filter(isAlone));
    this.weights = this.place([...sums.filter(isWeights), ...biases]);
    this.counted = sums.flatMap((sum) => {
      const operand = sum.operands[0] as KernelOperand;
      return operand.from === "item" ? [] : [{ node: sum.node, operand }];
    });
  }

  private place(sums: readonly Sum[]): PartialSums {
    let size = 0;
    const placed = sums.map((sum) => {
      const own = { node: sum.node, offset: size, size: sizeOf(sum.node.shape) };
      this.offsets.set(sum, size);
      size += own.size;
      return own;
    });
    return { sums: placed, size };
  }

  print(due: readonly Sum[]): PrintedKernel[] {
    const biases = new Set(this.biases.values());
    return due
      .filter((sum) => !biases.has(sum))
      .map((sum) => (isWeights(sum) ? this.weightGradient(sum) : this.eventSum(sum)));
  }

  private rowsOf(operand: KernelOperand | undefined): number[] {
    if (operand?.from !== "item") throw new Error("internal: event sum of a parameter");
    const first = this.memory.firstRow(operand.item);
    return Array.from(operand.rows, (row) => (row < 0 ? -1 : first + row));
  }

  private eventSum(sum: Sum): PrintedKernel {
    const terms = this.rowsOf(sum.operands[0]);
    return {
      title: `Event sum of the pass over "${this.set}"`,
      code: shaderSource("sum_events.wgsl"),
      constants: {},
      arguments: {
        terms: this.memory.table(terms),
        count: terms.length,
        rows: this.events.size,
        first: this.offsets.get(sum) as number,
      },
      along: "sumGroups",
      groups: terms.length,
      batches: 1,
      work: terms.length,
    };
  }

  private weightGradient(sum: Sum): PrintedKernel {
    const [outputs, inputs] = sum.node.shape.slice(-2) as [number, number];
    const { prefix } = sum.node.operation as unknown as Attributes["weightGradient"];
    const [g, x] = sum.operands.map((operand) => this.rowsOf(operand)) as [number[], number[]];
    const batches = g.length / outputs;
    const isSeparate = sizeOf(sum.node.shape) > outputs * inputs;
    const bias = this.biases.get(sum);
    const prefixes = prefix === undefined ? Array<number>(outputs).fill(inputs) : [...prefix];
    const widths = Array.from({ length: Math.ceil(outputs / BLOCK) }, (_, block) =>
      // The first workgroup of these rows may have to sum g.
      Math.max(1, ...prefixes.slice(BLOCK * block, BLOCK * (block + 1))),
    );
    const firsts = (rows: number[], size: number) => rows.filter((_, r) => r % size === 0);
    return {
      title: `Weight gradient of the pass over "${this.set}"`,
      code: shaderSource("weight_gradient.wgsl"),
      constants: {},
      arguments: {
        batches,
        separate: isSeparate ? 1 : 0,
        outputs,
        inputs,
        g_rows: this.memory.table(firsts(g, outputs)),
        x_rows: this.memory.table(firsts(x, inputs)),
        prefix: this.memory.table(prefixes),
        widths: this.memory.table(widths),
        elements: this.weights.size,
        first: this.offsets.get(sum) as number,
        summed: bias === undefined ? 0 : 1,
        first_sum: bias === undefined ? 0 : (this.offsets.get(bias) as number),
      },
      along: "weightGroups",
      groups: Math.ceil(outputs / BLOCK) * Math.ceil(inputs / BLOCK),
      batches: isSeparate ? batches : 1,
      work: 2 * batches * outputs * inputs,
    };
  }
}

/** Kernels that add the groups and leave sums where they are read, for programs that stay on the device. */
export function printFinish(
  { sums: events, weights, set }: { sums: PartialSums; weights: PartialSums; set: string },
  memory: ProgramMemory,
): PrintedKernel[] {
  return [events, weights].flatMap((partial): PrintedKernel[] => {
    if (partial.size === 0) return [];
    const places = partial.sums.flatMap(({ node, size }) => {
      const start = memory.parameter(node);
      return Array.from({ length: size }, (_, i) => start + i);
    });
    return [
      {
        title: `End of the sums over "${set}"`,
        code: shaderSource("add_groups.wgsl"),
        constants: {},
        arguments: { weights: partial === weights ? 1 : 0, rows: partial.size, places: memory.table(places) },
        along: "once",
        groups: partial.size,
        batches: 1,
        work: 0,
      },
    ];
  });
}
