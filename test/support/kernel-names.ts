/** Kernels of small programs, in words short enough to compare. */
import * as assert from "uvu/assert";
import { describePass } from "../../engine/passes/describe.js";
import type { FinishedKernel } from "../../engine/passes/epilogues.js";
import { schedule } from "../../engine/passes/event-passes.js";
import { type LoweredPass, lower } from "../../engine/passes/lowering.js";
import type { Var } from "../../engine/tape/tape.js";

/** The description of each kernel of a program of one pass. */
function descriptions(
  outputs: readonly Var[],
  reform: (pass: LoweredPass) => LoweredPass<FinishedKernel>,
): readonly string[] {
  const passes = schedule(outputs).levels.flatMap((level) => level.passes);
  assert.is(passes.length, 1);
  return passes.flatMap((pass) =>
    describePass(reform(lower(pass)))
      .split(/^kernel /m)
      .slice(1),
  );
}

const operationsOf = (description: string) =>
  [...description.matchAll(/= (\w+)\(.*?\)( {2}-> stored)?$/gm)]
    .map(([, name = "", stored]) => (stored === undefined ? name : name.toUpperCase()))
    .join(" ");

/** The kernels of a program of one pass, each as its operations in order, stored ones in capitals. */
export const kernelNames = (
  outputs: readonly Var[],
  reform: (pass: LoweredPass) => LoweredPass<FinishedKernel>,
): string[] => descriptions(outputs, reform).map(operationsOf);

/** As `kernelNames` before anything reforms them, each after its rows and inner axis. */
export const kernelRows = (outputs: readonly Var[]): string[] =>
  descriptions(outputs, (pass) => pass).map((description) => {
    const [, rows] = /^\d+: fused, (.*)$/m.exec(description) as RegExpExecArray;
    return `${rows}: ${operationsOf(description)}`;
  });
