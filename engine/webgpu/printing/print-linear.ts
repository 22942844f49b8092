/** The arguments that make a template of `shaders/` one linear map. */
import { shaderSource } from "../../../shaders/include.js";
import type { FinishedLinear } from "../../passes/epilogues.js";
import type { LinearKernel } from "../../passes/lowering.js";
import type { Attributes } from "../../tape/tape.js";
import type { KernelMemory } from "../memory.js";
import { printEpilogue } from "./print-fused.js";
import type { PrintedKernel } from "./printed-kernel.js";

/** Rows of y that one invocation of `linear_narrow.wgsl` or one workgroup of `linear.wgsl` makes, facts of these. */
const BLOCK = { narrow: 4, wide: 64 };
/** More outputs than this are worth a workgroup that makes 64. */
const NARROW = 16;

/** The line of both that an epilogue takes the place of. */
const FINISH = '#include "shared/finish.wgsl"\n';

export function printLinear(kernel: LinearKernel | FinishedLinear, memory: KernelMemory): Omit<PrintedKernel, "title"> {
  const { item } = kernel;
  const [x, weights] = item.operands;
  if (x?.from !== "item" || weights?.from !== "parameter") throw new Error("internal: operands of a linear map");
  const { transposed, prefix } = item.node.operation as unknown as Attributes["linear"];
  const { shape } = weights.node;
  const [rows, columns] = shape.slice(-2) as [number, number];
  const prefixes = prefix === undefined ? Array<number>(rows).fill(columns) : [...prefix];
  const [inputs, outputs] = transposed ? [rows, columns] : [columns, rows];
  const batches = item.size / outputs;
  const first = memory.firstRow(x.item);
  const xRows = Array.from({ length: batches }, (_, b) => first + (x.rows[b * inputs] as number));
  const isNarrow = outputs <= NARROW;
  const block = isNarrow ? BLOCK.narrow : BLOCK.wide;
  const blocks = Math.ceil(outputs / block);
  const template = shaderSource(isNarrow ? "linear_narrow.wgsl" : "linear.wgsl");
  const epilogue = kernel.kind === "linear" ? undefined : printEpilogue(kernel, memory, isNarrow ? "events" : "quads");
  return {
    code: epilogue === undefined ? template : template.replace(FINISH, () => epilogue.code),
    constants: { TRANSPOSED: transposed ? 1 : 0 },
    arguments: {
      batches,
      outputs,
      weight_columns: columns,
      places: memory.table(epilogue?.places ?? [memory.firstRow(item)]),
      x_rows: memory.table(xRows),
      weights: memory.parameter(weights.node),
      weights_per_batch: shape.length > 2 ? rows * columns : 0,
      prefix: memory.table(prefixes),
      ranges: memory.table(inputRanges(prefixes, outputs, transposed, block)),
    },
    along: isNarrow ? "events" : "blocks",
    groups: isNarrow ? batches * blocks : blocks,
    batches: isNarrow ? 1 : batches,
    work: 2 * inputs * item.size,
  };
}

/** Per block of rows of y, the first input that any of them uses and the one after the last. */
function inputRanges(prefixes: readonly number[], outputs: number, transposed: boolean, block: number): number[] {
  const ranges: number[] = [];
  for (let start = 0; start < outputs; start += block) {
    if (transposed) {
      const uses = (length: number) => length > start;
      ranges.push(Math.max(0, prefixes.findIndex(uses)), prefixes.findLastIndex(uses) + 1);
    } else ranges.push(0, Math.max(...prefixes.slice(start, start + block)));
  }
  return ranges;
}
