/** What a program has to compute and to move. */

import { schedule } from "../../engine/passes/event-passes.js";
import { flopsOf } from "../../engine/passes/kernel-costs.js";
import { itemsMade, itemsRead, launchesOf } from "../../engine/passes/launches.js";
import { lower } from "../../engine/passes/lowering.js";
import type { ProgramRequest } from "../../engine/runtime/backend.js";
import { lowerForGpu } from "../../engine/webgpu/plan.js";

/**
 * Floating-point operations per event in linear maps and weight gradients, over all passes: a multiply-add counted as two,
 * prefix masks as what lies within them.
 */
export function linearFlopsPerEvent({ outputs, updates = {} }: ProgramRequest): number {
  const { levels } = schedule([...Object.values(outputs), ...Object.values(updates)]);
  let flops = 0;
  for (const pass of levels.flatMap((level) => level.passes.map(lower))) {
    for (const kernel of pass.kernels) if (kernel.kind === "linear") flops += flopsOf(kernel.item.node);
    for (const { node } of pass.sums) if (node.operation.name === "weightGradient") flops += flopsOf(node);
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
    for (const launch of launchesOf(pass)) {
      for (const { size } of [...new Set(itemsRead(launch)), ...itemsMade(launch)]) numbers += size;
    }
  }
  return 4 * numbers;
}
