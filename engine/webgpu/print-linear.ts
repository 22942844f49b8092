/** The constants that make the template `shaders/linear.wgsl` one linear map. */
import type { LinearKernel } from "../lowering.js";
import type { Attributes } from "../tape.js";
import type { KernelMemory } from "./memory.js";

/** Rows of y that one invocation makes, a fact of the template. */
const BLOCK = 4;

export interface LinearPrint {
  readonly constants: Readonly<Record<string, number>>;
  /** Blocks of rows to dispatch. */
  readonly groups: number;
}

export function printLinear({ item }: LinearKernel, memory: KernelMemory): LinearPrint {
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
  return {
    constants: {
      TRANSPOSED: transposed ? 1 : 0,
      BATCHES: batches,
      OUTPUTS: outputs,
      WEIGHT_COLUMNS: columns,
      Y_ROW: memory.firstRow(item),
      X_ROWS: memory.table(xRows),
      WEIGHTS: memory.parameter(weights.node),
      WEIGHTS_PER_BATCH: shape.length > 2 ? rows * columns : 0,
      PREFIX: memory.table(prefixes),
      RANGES: memory.table(inputRanges(prefixes, outputs, transposed)),
    },
    groups: batches * Math.ceil(outputs / BLOCK),
  };
}

/** Per block of rows of y, the first input that any of them uses and the one after the last. */
function inputRanges(prefixes: readonly number[], outputs: number, transposed: boolean): number[] {
  const ranges: number[] = [];
  for (let start = 0; start < outputs; start += BLOCK) {
    if (transposed) {
      const uses = (length: number) => length > start;
      ranges.push(Math.max(0, prefixes.findIndex(uses)), prefixes.findLastIndex(uses) + 1);
    } else ranges.push(0, Math.max(...prefixes.slice(start, start + BLOCK)));
  }
  return ranges;
}
