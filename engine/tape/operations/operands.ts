/** What operations ask of their operands: one tape, one event set, shapes that broadcast. */
import { ShapeError, UsageError } from "../../errors.js";
import { checkNode } from "../nodes.js";
import { checkShape, type EventSet, type Shape, type Var } from "../tape.js";

export type Operand = Var | number;

export const shapeText = (x: Var) => `[${x.shape}]${x.events === undefined ? "" : ` over "${x.events.name}"`}`;

/** The number a node holds everywhere, if it is such a constant. */
export function uniformValue(x: Var): number | undefined {
  checkNode("uniformValue", x);
  return x.operation.name === "constant" && "value" in x.operation ? x.operation.value : undefined;
}

/** The shape both broadcast to: right-aligned, sizes 1 repeat. */
export function broadcastShapes(where: string, a: Shape, b: Shape): Shape {
  checkShape(where, a);
  checkShape(where, b);
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) => {
    const sizeA = a[axis - rank + a.length] ?? 1;
    const sizeB = b[axis - rank + b.length] ?? 1;
    if (sizeA !== sizeB && sizeA !== 1 && sizeB !== 1) {
      throw new ShapeError(where, { expected: "shapes that broadcast (equal sizes or 1)", got: `[${a}] and [${b}]` });
    }
    return sizeA === 1 ? sizeB : sizeA;
  });
}

export function commonEvents(where: string, operands: readonly Var[]): EventSet | undefined {
  let events: EventSet | undefined;
  for (const operand of operands) {
    if (operand.events !== undefined && events !== undefined && operand.events !== events) {
      throw new ShapeError(where, {
        expected: "operands of one event set",
        got: `"${events.name}" and "${operand.events.name}"`,
        hint: "Sum each set over its events first",
      });
    }
    events ??= operand.events;
  }
  return events;
}

export function checkOneTape(where: string, operands: readonly Var[]): void {
  for (const operand of operands) checkNode(where, operand);
  if (operands.every((operand) => operand.tape === operands[0]?.tape)) return;
  throw new UsageError(where, { expected: "operands of one tape", got: "operands of two tapes" });
}

export const like = (x: Var, value: number) => x.tape.constant(value, x.shape, x.events);
