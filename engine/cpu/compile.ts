/** From a program request to a WebAssembly module, its memory and the plan that workers follow. */

import { describePass } from "../passes/describe.js";
import { schedule } from "../passes/event-passes.js";
import { passCosts } from "../passes/kernel-costs.js";
import { joinSums } from "../passes/kernel-sums.js";
import { type LoweredPass, lower } from "../passes/lowering.js";
import type { ProgramRequest } from "../runtime/backend.js";
import { sizeOf, type Var } from "../tape/tape.js";
import { lanesOf, type Precision, type Simd } from "./assembly/lanes.js";
import { wasm } from "./assembly/webassembly.js";
import { updateStage } from "./kernels/update-stage.js";
import type { CompiledProgram, LevelPlan, PlainNode } from "./plan.js";
import { type MemoryImage, PAGE } from "./program-memory.js";
import { isLinear, ProgramModule, TILE, tileOf } from "./program-module.js";

/** Groups of events whose sums are added in order: fewer where each holds whole weight matrices. */
const GROUPS = { sums: 32, weights: 16 };

/** Events of a group at least, where there are as many: in programs without linear maps fewer take less time than their group. */
const LEAST_GROUP = { linear: TILE, other: 4 * TILE };

function plainNodes(): (node: Var) => PlainNode {
  const known = new Map<number, PlainNode>();
  return function plain(node: Var): PlainNode {
    let copy = known.get(node.id);
    if (copy === undefined) {
      // Inputs are only asked for their shape; their own history is not needed.
      const inputs = node.inputs.map((input) => ({
        id: input.id,
        operation: input.operation,
        shape: input.shape,
        inputs: [],
      }));
      copy = { id: node.id, operation: node.operation, shape: node.shape, inputs };
      known.set(node.id, copy);
    }
    return copy;
  };
}

export async function compileProgram(
  { outputs, updates = {}, timed = false }: ProgramRequest,
  options: { precision: Precision; threads: number; simd: Simd; isSharing: boolean },
): Promise<CompiledProgram & { readonly memory: MemoryImage }> {
  const whole = schedule([...Object.values(outputs), ...Object.values(updates)]);
  const { levels } = whole;
  const stage = updateStage(whole, Object.values(outputs), Object.values(updates));
  const plainly = levels.map((level) => level.passes.map(lower));
  const lowered = plainly.flat().some(isLinear) ? plainly : plainly.map((own) => own.map(joinSums));
  const hasWeights = lowered
    .flat()
    .some((pass) => pass.sums.some((sum) => sum.node.operation.name === "weightGradient"));
  const groups = hasWeights ? GROUPS.weights : GROUPS.sums;
  const tile = tileOf(lowered.flat(), lanesOf(options.precision, options.simd));
  const program = new ProgramModule(options.precision, options.simd, options.isSharing, tile);
  const plain = plainNodes();
  const passes = lowered.flat();
  const { bytes } = program.lanes;
  const costsOf = (pass: LoweredPass) =>
    passCosts(pass, passes.length > 1 ? passes.indexOf(pass) : undefined, {
      rows: bytes,
      weightSums: bytes,
      otherSums: 8,
    });
  const plans = levels.map(
    (level, i): LevelPlan => ({
      parameters: level.parameters.filter((node) => !stage.members.has(node.id)).map(plain),
      passes: (lowered[i] as LoweredPass[]).map((pass) => program.pass(pass, timed ? costsOf(pass) : undefined)),
    }),
  );
  const { names: updateKernels, uploads: updateUploads } = program.updates(stage.kernels);
  const parameterNodes = new Map(
    whole.nodes.flatMap((node) => (node.operation.name === "parameter" ? [[node.operation.label, node] as const] : [])),
  );
  const accumulators = program.arena.reserve(program.accumulatorBytes * groups);
  const scratch = program.arena.reserve(program.scratchBytes * options.threads);
  const clocks = timed ? program.clocks(options.threads) : undefined;
  const module = await wasm.compile(program.module.build());
  const pages = Math.ceil(program.arena.size / PAGE);
  return {
    module,
    memory: { pages, contents: program.arena.contents },
    description: passes.map(describePass).join("\n\n"),
    kernels: program.kernels,
    plan: {
      precision: options.precision,
      levels: plans,
      tile,
      rowNumbers: program.rowBytes / bytes,
      groups,
      leastGroup: tile === TILE ? LEAST_GROUP.linear : LEAST_GROUP.other,
      accumulators,
      accumulatorBytes: program.accumulatorBytes,
      updateKernels,
      updateUploads,
      scratch,
      scratchBytes: program.scratchBytes,
      clocks,
      outputs: Object.fromEntries(
        Object.entries(outputs).map(([name, node]) => [
          name,
          { node: node.id, size: sizeOf(node.shape), isEvents: node.events !== undefined },
        ]),
      ),
      updates: Object.entries(updates).map(([label, node]) => {
        const parameter = parameterNodes.get(label);
        const from = stage.members.has(node.id) ? program.addressOf(node) : undefined;
        const to = parameter === undefined ? undefined : program.addressOf(parameter);
        return {
          label,
          node: node.id,
          size: sizeOf(node.shape),
          ...(from === undefined ? {} : { from }),
          ...(to === undefined ? {} : { to }),
        };
      }),
    },
  };
}
