/** Values of expressions for events: selections and derived columns. */
import { UsageError } from "../../engine/errors.js";
import { aColumn, anObject, checkArgument } from "../../engine/options.js";
import type { ColumnData } from "../../engine/runtime/backend.js";
import { Pauses } from "../../engine/runtime/pauses.js";
import { rowOf } from "./bind.js";
import { checkExpressionNames, type Expression, foldExpression } from "./expression.js";

/** Events computed together: a few such chunks stay in the first cache. */
const CHUNK = 2048;

/** The common length of the columns. */
function eventsOf(columns: Readonly<Record<string, ColumnData>>): number {
  checkArgument("evaluateExpression", "columns", columns, anObject);
  const entries = Object.entries(columns);
  for (const [name, column] of entries) checkArgument("evaluateExpression", name, column, aColumn);
  const [first, ...others] = entries;
  if (first === undefined) throw new UsageError("evaluateExpression", { expected: "at least one column", got: "none" });
  const different = others.find(([, { length }]) => length !== first[1].length);
  if (different === undefined) return first[1].length;
  throw new UsageError("evaluateExpression", {
    expected: `${first[1].length} events in every column, as in "${first[0]}"`,
    got: `${different[1].length} in "${different[0]}"`,
  });
}

/** Computes one operation for n events from `start` on, from registers into one. */
type Instruction = (registers: readonly Float64Array[], start: number, n: number) => void;

interface Instructions {
  readonly all: readonly Instruction[];
  readonly registers: number;
  /** The register that has the value in the end. */
  readonly value: number;
}

function operation(
  f64: (...operands: readonly number[]) => number,
  out: number,
  parts: readonly number[],
): Instruction {
  const [a, b, c] = parts as [number, number?, number?];
  if (b === undefined) {
    return (registers, _, n) => {
      const [to, x] = [registers[out]!, registers[a]!];
      for (let i = 0; i < n; i++) to[i] = f64(x[i]!);
    };
  }
  if (c === undefined) {
    return (registers, _, n) => {
      const [to, x, y] = [registers[out]!, registers[a]!, registers[b]!];
      for (let i = 0; i < n; i++) to[i] = f64(x[i]!, y[i]!);
    };
  }
  return (registers, _, n) => {
    const [to, x, y, z] = [registers[out]!, registers[a]!, registers[b]!, registers[c]!];
    for (let i = 0; i < n; i++) to[i] = f64(x[i]!, y[i]!, z[i]!);
  };
}

/** A register is free again once what it holds has been used: a sum of thousands of terms takes two. */
function instructionsOf(expression: Expression, columns: Readonly<Record<string, ColumnData>>): Instructions {
  const all: Instruction[] = [];
  const free: number[] = [];
  let registers = 0;
  const value = foldExpression<number>(expression, (node, parts) => {
    free.push(...parts);
    const out = free.pop() ?? registers++;
    if (node.kind === "number") all.push((own, _, n) => own[out]!.fill(node.value, 0, n));
    else if (node.kind === "name") {
      const column = columns[node.name]!;
      all.push((own, start, n) => own[out]!.set(column.subarray(start, start + n)));
    } else all.push(operation(rowOf(node).f64, out, parts));
    return out;
  });
  return { all, registers, value };
}

/**
 * The value of an expression for every event, in f64; comparisons give 1 and 0. Its names are columns, [events].
 *
 * @returns [events]
 */
export async function evaluateExpression(
  expression: Expression,
  columns: Readonly<Record<string, ColumnData>>,
): Promise<Float64Array> {
  const events = eventsOf(columns);
  checkExpressionNames("evaluateExpression", expression, "columns", Object.keys(columns));
  const { all, registers, value } = instructionsOf(expression, columns);
  const chunks = Array.from({ length: registers }, () => new Float64Array(Math.min(CHUNK, events)));
  const values = new Float64Array(events);
  const pauses = new Pauses();
  for (let start = 0; start < events; start += CHUNK) {
    const n = Math.min(CHUNK, events - start);
    for (const instruction of all) instruction(chunks, start, n);
    values.set(chunks[value]!.subarray(0, n), start);
    await pauses.take();
  }
  return values;
}
