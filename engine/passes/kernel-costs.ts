/**
 * Arithmetic and bytes of kernels, counted from what a program was lowered to.
 *
 * Arithmetic: additions, multiplications, divisions, square roots, comparisons, changes of sign and the like count one per
 * element, a linear map two per weight that counts and event, a sum one per term; selections and copies count nothing.
 * A function counts the floating-point instructions of its form in f32 on the cpu backend. Bytes: every row that a kernel reads
 * or writes counts once, numbers that no event has once per call; what a kernel keeps between its rounds, and tables of
 * positions, do not count.
 */

import type { KernelCost } from "../runtime/kernel-times.js";
import { factsOf, isElementwise } from "../tape/elementwise-facts.js";
import { type Attributes, type StructuralName, sizeOf, type Var } from "../tape/tape.js";
import { kernelTitle, operationCounts } from "./describe.js";
import type { FinishedKernel } from "./epilogues.js";
import { launchesOf } from "./launches.js";
import type { Item, KernelOperand, LoweredPass, Sum } from "./lowering.js";

/** Weights within the prefix mask, over so many matrices. */
function weightsThatCount(shape: Var["shape"], prefix: Int32Array | undefined, matrices: number): number {
  const [rows, columns] = shape.slice(-2) as [number, number];
  return matrices * (prefix === undefined ? rows * columns : prefix.reduce((total, length) => total + length, 0));
}

const batchesOf = ({ shape }: Var) => sizeOf(shape.slice(0, -1));
const inputSize = ({ inputs }: Var) => sizeOf((inputs[0] as Var).shape);

type Count<N extends StructuralName> = (node: Var, attributes: Attributes[N]) => number;

const structuralFlops: { readonly [N in StructuralName]: Count<N> } = {
  column: () => 0,
  parameter: () => 0,
  constant: () => 0,
  broadcast: () => 0,
  broadcastEvents: () => 0,
  reshape: () => 0,
  take: () => 0,
  sum: inputSize,
  max: inputSize,
  cumulativeSum: inputSize,
  linear: (node, { prefix }) => 2 * weightsThatCount((node.inputs[1] as Var).shape, prefix, batchesOf(node)),
  weightGradient: (node, { prefix }) => 2 * weightsThatCount(node.shape, prefix, batchesOf(node.inputs[0] as Var)),
  sumEvents: inputSize,
};

/** Floating-point operations of a node per event. */
export function flopsOf(node: Var): number {
  const { operation } = node;
  if (isElementwise(operation.name)) return factsOf(operation.name).flops * sizeOf(node.shape);
  return (structuralFlops[operation.name] as Count<StructuralName>)(node, operation);
}

/** Distinct rows that operands name, those of items and those of parameters. */
class Reads {
  private readonly rows = new Map<Item | Var, Set<number>>();
  private readonly items = new Set<Item>();

  /** @param own  what is computed here, and so not read */
  add(operands: readonly KernelOperand[], own: ReadonlySet<Item>): void {
    for (const operand of operands) {
      if (operand.from === "number" || (operand.from === "item" && own.has(operand.item))) continue;
      const source = operand.from === "item" ? operand.item : operand.node;
      if (operand.from === "item") this.items.add(operand.item);
      const known = this.rows.get(source) ?? new Set();
      for (const row of operand.rows) if (row >= 0) known.add(row);
      this.rows.set(source, known);
    }
  }

  get ofEvents(): number {
    return [...this.items].reduce((total, item) => total + (this.rows.get(item)?.size ?? 0), 0);
  }

  get ofParameters(): number {
    return [...this.rows].reduce(
      (total, [source, rows]) => total + (this.items.has(source as Item) ? 0 : rows.size),
      0,
    );
  }
}

const itemFlops = (item: Item) => (item.name === "copy" ? 0 : flopsOf(item.node));
const sumOf = <T>(all: Iterable<T>, of: (one: T) => number) => [...all].reduce((total, one) => total + of(one), 0);

function kernelCost(kernel: FinishedKernel, name: string, { rows: bytes, otherSums }: NumberBytes): KernelCost {
  const items = kernel.kind === "linear" ? [kernel.item] : (kernel.kind === "fused" ? kernel : kernel.epilogue).items;
  const stored = kernel.kind === "linear" ? items : (kernel.kind === "fused" ? kernel : kernel.epilogue).stored;
  const own = new Set(items);
  const reads = new Reads();
  let weights = 0;
  for (const item of items) {
    if (item.node.operation.name !== "linear" || item.name === "copy") {
      reads.add(item.operands, own);
      continue;
    }
    const { shape } = item.node.inputs[1] as Var;
    reads.add(item.operands.slice(0, 1), own);
    weights += weightsThatCount(shape, item.node.operation.prefix, sizeOf(shape.slice(0, -2)));
  }
  const sums = (kernel.kind === "fused" && kernel.sums) || [];
  const gathered = sumOf(sums, ({ node }) => otherSums * sizeOf(node.shape));
  return {
    name,
    operations: operationCounts([...items, ...sums.map(({ node }) => node.operation)]).join(", "),
    perEvent: {
      flops: sumOf(items, itemFlops) + sumOf(sums, ({ node }) => flopsOf(node)),
      bytesRead: bytes * reads.ofEvents,
      bytesWritten: bytes * sumOf(stored, ({ size }) => size),
    },
    perCall: { bytesRead: bytes * (reads.ofParameters + weights) + gathered, bytesWritten: gathered },
  };
}

/** Bytes of the numbers that sums are gathered in: of weight gradients, and of all others. */
export interface NumberBytes {
  readonly rows: number;
  readonly weightSums: number;
  readonly otherSums: number;
}

function sumsCost(sums: readonly Sum[], name: string, bytes: NumberBytes): KernelCost {
  const reads = new Reads();
  for (const { operands } of sums) reads.add(operands, new Set());
  const gathered = sumOf(sums, ({ node }) => {
    const isWeights = node.operation.name === "weightGradient";
    return sizeOf(node.shape) * (isWeights ? bytes.weightSums : bytes.otherSums);
  });
  return {
    name,
    operations: operationCounts(sums.map(({ node }) => node.operation)).join(", "),
    perEvent: {
      flops: sumOf(sums, ({ node }) => flopsOf(node)),
      bytesRead: bytes.rows * reads.ofEvents,
      bytesWritten: 0,
    },
    perCall: { bytesRead: gathered, bytesWritten: gathered },
  };
}

/** What a pass over the events takes, in order of execution. */
export interface PassCosts {
  /** Bringing the columns of a tile or chunk; undefined where there are none. */
  readonly columns: KernelCost | undefined;
  /** Of `launchesOf(pass)`. */
  readonly launches: readonly KernelCost[];
  /** Returning outputs with events, in f64; undefined where there are none. */
  readonly outputs: KernelCost | undefined;
}

const nothing = { bytesRead: 0, bytesWritten: 0 };

/** @param index  of the pass, where there are several */
export function passCosts(pass: LoweredPass<FinishedKernel>, index: number | undefined, bytes: NumberBytes): PassCosts {
  const prefix = index === undefined ? "" : `pass ${index}, `;
  let kernels = 0;
  const launches = launchesOf(pass).map((launch) => {
    if (launch.kind === "kernel")
      return kernelCost(launch.kernel, prefix + kernelTitle(launch.kernel, kernels++), bytes);
    const place = kernels === 0 ? "before kernel 0" : `after kernel ${kernels - 1}`;
    return sumsCost(launch.sums, `${prefix}event sums ${place}`, bytes);
  });
  const columnRows = sumOf(pass.columns, ({ size }) => size);
  const outputRows = sumOf(pass.outputs, ({ operand }) => (operand.from === "number" ? 0 : operand.rows.length));
  return {
    columns:
      columnRows === 0
        ? undefined
        : {
            name: `${prefix}columns`,
            operations: `copy of ${pass.columns.length === 1 ? "one column" : `${pass.columns.length} columns`}`,
            perEvent: { flops: 0, bytesRead: bytes.rows * columnRows, bytesWritten: bytes.rows * columnRows },
            perCall: nothing,
          },
    launches,
    outputs:
      outputRows === 0
        ? undefined
        : {
            name: `${prefix}outputs`,
            operations: "copy to f64",
            perEvent: { flops: 0, bytesRead: bytes.rows * outputRows, bytesWritten: 8 * outputRows },
            perCall: nothing,
          },
  };
}

/** Of a node of the tape that is computed alone, in f64. */
export function nodeCost(node: Var, name: string): KernelCost {
  const isSum = node.events === undefined;
  const readBytes = (isEvents: boolean) =>
    8 * sumOf(node.inputs, (input) => ((input.events !== undefined) === isEvents ? sizeOf(input.shape) : 0));
  const written = 8 * sizeOf(node.shape);
  return {
    name,
    operations: node.operation.name,
    perEvent: { flops: flopsOf(node), bytesRead: readBytes(true), bytesWritten: isSum ? 0 : written },
    perCall: { bytesRead: readBytes(false), bytesWritten: isSum ? written : 0 },
  };
}
