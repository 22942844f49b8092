/**
 * Prints a fused kernel as WGSL: one invocation per (row, event), rounds over the inner axis as loops. The same form serves
 * between the passes, where all is computed once: one invocation per row, and rows are places among the parameters. An
 * epilogue is a function that a linear map calls.
 */
import type { ShaderName } from "../../../shaders/include.js";
import { operationCounts } from "../../passes/describe.js";
import type { FinishedLinear } from "../../passes/epilogues.js";
import { type FusedKernel, type Item, isInner } from "../../passes/lowering.js";
import { isReduction } from "../../passes/rounds.js";
import type { KernelMemory } from "../memory.js";
import { domains } from "./domains.js";
import { LARGEST_AXIS } from "./printed-kernel.js";
import { Statements } from "./statements.js";

export function printFused(
  kernel: FusedKernel,
  title: string,
  memory: KernelMemory,
  domain: "events" | "once" = "events",
): string {
  const statements = new Statements(kernel, memory, domains[domain]);
  printItems(kernel, statements);
  const main =
    domain === "events"
      ? [
          "fn main(@builtin(global_invocation_id) id: vec3u) {",
          "  let event = id.x;",
          kernel.rows <= LARGEST_AXIS ? "  let row = id.y;" : `  let row = id.y + ${LARGEST_AXIS}u * id.z;`,
          `  if (event >= tile.events || row >= ${kernel.rows}u) {`,
        ]
      : [
          "fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroups: vec3u) {",
          "  let row = row_of(id, workgroups);",
          `  if (row >= ${kernel.rows}u) {`,
        ];
  const rows = `${kernel.rows} ${kernel.rows === 1 ? "row" : "rows"}`;
  return [
    `// ${title}: ${rows}${kernel.inner === undefined ? "" : `, inner axis of ${kernel.inner.size}`}.`,
    ...wrap("// fuses ", operationCounts(kernel.items)),
    ...namesOf(kernel, statements),
    "",
    ...includes([domains[domain].shader, ...statements.shaders]),
    "",
    "@compute @workgroup_size(WORKGROUP_SIZE)",
    ...main,
    "    return;",
    "  }",
    ...statements.lines,
    "}",
    "",
  ].join("\n");
}

export interface PrintedEpilogue {
  readonly code: string;
  /** What its `place` gives. */
  readonly places: readonly number[];
}

/**
 * The function `finish` of a linear map (`shaders/shared/finish.wgsl`), for the values that its kernel computes at once. Layers
 * that do the same have the same text: a linear map takes long to compile.
 */
export function printEpilogue(
  { item, epilogue }: FinishedLinear,
  memory: KernelMemory,
  domain: "events" | "quads",
): PrintedEpilogue {
  const own = domains[domain];
  const statements = new Statements(epilogue, memory, own, true);
  const [, ...items] = epilogue.items;
  statements.storeIfWanted(item);
  for (const other of items) statements.compute(other);
  const code = [
    ...includes([...statements.shaders]),
    "",
    ...wrap("// Epilogue: ", operationCounts(items)),
    "",
    `fn finish(row: u32, ${own.position}: u32, ${statements.nameOf(item)}: Value) {`,
    ...statements.lines,
    "}",
    "",
  ].join("\n");
  return { code, places: statements.places };
}

function printItems(kernel: FusedKernel, statements: Statements): void {
  const { rounds } = statements;
  for (const item of statements.kept) {
    const type = statements.isMask(item) ? "bool" : "f32";
    statements.line(`var ${statements.keptName(item)}: array<${type}, ${kernel.inner?.size}>;`);
  }
  for (let round = 0; round <= rounds.count; round++) {
    const own = kernel.items.filter((item) => rounds.of.get(item) === round);
    for (const item of own) if (!isInner(item, kernel) && !isReduction(item)) statements.compute(item);
    const looping = own.filter((item) => isInner(item, kernel) || isReduction(item));
    if (looping.length > 0) {
      printRound(looping, kernel.inner?.size as number, rounds.reversed.has(round), statements);
    }
    for (const item of own) if (isReduction(item)) statements.storeIfWanted(item);
  }
}

function printRound(items: readonly Item[], size: number, isReversed: boolean, statements: Statements): void {
  for (const item of items) {
    if (item.name === "sum") statements.line(`var ${statements.nameOf(item)} = 0.0;`);
    if (item.name === "max") statements.line(`var ${statements.nameOf(item)} = LOWEST;`);
    if (item.name === "cumulativeSum") statements.line(`var ${statements.runningName(item)} = 0.0;`);
    for (const operand of item.operands) statements.declare(operand, item, false);
  }
  const counter = isReversed ? "turn" : "j";
  statements.loop(`for (var ${counter} = 0u; ${counter} < turns(${size}u); ${counter}++)`, () => {
    if (isReversed) statements.line(`let j = ${size - 1}u - turn;`);
    for (const item of items) statements.compute(item);
  });
}

const includes = (shaders: readonly ShaderName[]) => [...shaders].sort().map((name) => `#include "${name}"`);

function namesOf({ stored }: FusedKernel, statements: Statements): string[] {
  return [
    ...wrap("// in : ", [...statements.inputs.values()]),
    ...wrap(
      "// out: ",
      [...stored].map((item) => `${statements.nameOf(item)} [${statements.shapeOf(item)}]`),
    ),
  ];
}

/** Comma-separated words in comment lines of at most 120 characters. */
function wrap(start: string, words: readonly string[]): string[] {
  const lines: string[] = [];
  let line = start;
  words.forEach((word, i) => {
    const text = i < words.length - 1 ? `${word}, ` : word;
    if (line.length + text.length > 120) {
      lines.push(line.trimEnd());
      line = `//${" ".repeat(start.length - 2)}`;
    }
    line += text;
  });
  return [...lines, line];
}
