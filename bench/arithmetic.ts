/** What a program has to compute and to move. */
import { actionsOf, itemsMade, itemsRead } from "../engine/actions.js";
import type { ProgramRequest } from "../engine/backend.js";
import { lower } from "../engine/lowering.js";
import { schedule } from "../engine/passes.js";
import { type Attributes, sizeOf, type Var } from "../engine/tape.js";
import { lowerForGpu } from "../engine/webgpu/plan.js";

/** Elements of the weights that count, over all batches of the node. */
function elements(prefix: Int32Array | undefined, weights: Var["shape"], batches: number): number {
  const [rows, columns] = weights.slice(-2) as [number, number];
  const perBatch = prefix === undefined ? rows * columns : prefix.reduce((total, length) => total + length, 0);
  return perBatch * batches;
}

/**
 * Floating-point operations per event in linear maps and weight gradients, over all passes: a multiply-add counted as two,
 * staircases as what lies below them.
 */
export function linearFlopsPerEvent({ outputs, updates = {} }: ProgramRequest): number {
  const { levels } = schedule([...Object.values(outputs), ...Object.values(updates)]);
  let flops = 0;
  for (const pass of levels.flatMap((level) => level.passes.map(lower))) {
    for (const kernel of pass.kernels) {
      if (kernel.kind !== "linear") continue;
      const { node } = kernel.item;
      const { prefix } = node.operation as unknown as Attributes["linear"];
      flops += 2 * elements(prefix, (node.inputs[1] as Var).shape, sizeOf(node.shape.slice(0, -1)));
    }
    for (const { node } of pass.sums) {
      if (node.operation.name !== "weightGradient") continue;
      const { prefix } = node.operation;
      flops += 2 * elements(prefix, node.shape, sizeOf((node.inputs[0] as Var).shape.slice(0, -1)));
    }
  }
  return flops;
}

/**
 * Bytes per event in f32 on the webgpu backend, over all passes, as if every kernel, and all sums that are due together, read
 * and wrote each of their arrays once.
 */
export function bytesPerEvent({ outputs, updates = {} }: ProgramRequest): number {
  const { levels } = schedule([...Object.values(outputs), ...Object.values(updates)]);
  let numbers = 0;
  for (const pass of levels.flatMap((level) => level.passes.map(lowerForGpu))) {
    // Columns are gathered: read in one place, written in another.
    for (const { size } of pass.columns) numbers += 2 * size;
    for (const action of actionsOf(pass)) {
      for (const { size } of [...new Set(itemsRead(action)), ...itemsMade(action)]) numbers += size;
    }
  }
  return 4 * numbers;
}
