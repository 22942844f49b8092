/** Values of expressions for events: selections and derived columns. */
import { UsageError } from "../../engine/errors.js";
import { aColumn, anObject, checkArgument } from "../../engine/options.js";
import { referenceBackend } from "../../engine/reference/backend.js";
import type { ColumnData } from "../../engine/runtime/backend.js";
import { broadcastEvents } from "../../engine/tape/operations.js";
import { Tape } from "../../engine/tape/tape.js";
import { bindExpression } from "./bind.js";
import { checkExpressionNames, type Expression, namesOf } from "./expression.js";

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

/**
 * The value of an expression for every event, in f64 on the reference backend; comparisons give 1 and 0. Its names are columns, [events].
 *
 * @returns [events]
 */
export async function evaluateExpression(
  expression: Expression,
  columns: Readonly<Record<string, ColumnData>>,
): Promise<Float64Array> {
  const events = eventsOf(columns);
  checkExpressionNames("evaluateExpression", expression, "columns", Object.keys(columns));
  const names = namesOf(expression);
  const tape = new Tape();
  const nodes = new Map(names.map((name) => [name, tape.column(name)]));
  const value = broadcastEvents(
    bindExpression(tape, expression, (name) => nodes.get(name)!),
    tape.events(),
  );
  const backend = referenceBackend();
  try {
    const program = await backend.compile({ outputs: { value } });
    await program.bind(Object.fromEntries(names.map((name) => [name, columns[name]!])));
    // Said in so many words for an expression of numbers alone.
    const { value: values } = await program.run({ range: { [value.events!.name]: [0, events] } });
    return values!;
  } finally {
    await backend.close();
  }
}
