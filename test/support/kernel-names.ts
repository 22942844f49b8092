/** Kernels of small programs, in words short enough to compare. */
import * as assert from "uvu/assert";
import { describePass } from "../../engine/passes/describe.js";
import type { FinishedKernel } from "../../engine/passes/epilogues.js";
import { schedule } from "../../engine/passes/event-passes.js";
import { type LoweredPass, lower } from "../../engine/passes/lowering.js";
import type { Var } from "../../engine/tape/tape.js";

/** The kernels of a program of one pass, each as its operations in order, stored ones in capitals. */
export function kernelNames(
  outputs: readonly Var[],
  reform: (pass: LoweredPass) => LoweredPass<FinishedKernel>,
): string[] {
  const passes = schedule(outputs).levels.flatMap((level) => level.passes);
  assert.is(passes.length, 1);
  return passes.flatMap((pass) =>
    describePass(reform(lower(pass)))
      .split(/^kernel /m)
      .slice(1)
      .map((kernel) =>
        [...kernel.matchAll(/= (\w+)\(.*?\)( {2}-> stored)?$/gm)]
          .map(([, name = "", stored]) => (stored === undefined ? name : name.toUpperCase()))
          .join(" "),
      ),
  );
}
