/** The columns that a flow or network looks at, as one row of numbers: columns in their frame, categories one-hot. */
import { UsageError } from "../../../engine/errors.js";
import { concatenate, equal, reshape } from "../../../engine/tape/operations.js";
import type { Var } from "../../../engine/tape/tape.js";
import type { FeatureFrame } from "../feature-frame.js";
import type { Environment } from "../language/environment.js";
import { featureOf } from "../language/framed-columns.js";

type Classes = (column: string) => readonly number[] | undefined;

/** Numbers of the row. */
const contextSize = (columns: readonly string[], classes: Classes): number =>
  columns.reduce((sum, column) => sum + (classes(column)?.length ?? 1), 0);

/** Columns that are no categories, in their order: those that a frame is of. */
export const numericColumns = (columns: readonly string[], classes: Classes): string[] =>
  columns.filter((column) => classes(column) === undefined);

/** Refuses a row of another size than a network takes. */
export function checkContext(where: string, columns: readonly string[], classes: Classes, size: number): void {
  const own = contextSize(columns, classes);
  if (own === size) return;
  const names = columns.map((column) => {
    const values = classes(column);
    return values === undefined ? column : `${column} (${values.length} values)`;
  });
  throw new UsageError(where, { expected: `given columns of ${size} numbers`, got: `${own} of ${names.join(", ")}` });
}

/** [..., C]; undefined where no column is given. */
export function contextOf(
  at: Environment,
  columns: readonly string[],
  frame: FeatureFrame | undefined,
): Var | undefined {
  const numeric = numericColumns(columns, at.classes);
  const parts = columns.flatMap((name) => {
    const asRow = (value: Var) => reshape(value, [...value.shape, 1]);
    const values = at.classes(name);
    if (values !== undefined) return values.map((value) => asRow(equal(at.column(name), value)));
    return [asRow(at.framed(name, featureOf(frame, numeric.indexOf(name))).value)];
  });
  return parts.length === 0 ? undefined : concatenate(parts);
}
