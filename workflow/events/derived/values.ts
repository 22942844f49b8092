/** Values of the columns of an analysis for the events of a file. */
import type { ColumnData } from "../../../engine/runtime/backend.js";
import { selectEvents } from "../../../flows/training/event-sample.js";
import { evaluateExpression } from "../../../inference/expressions/evaluate.js";
import type { Expression } from "../../../inference/expressions/expression.js";
import { type EventColumn, type EventTable, rowOf } from "../../../io/event-table.js";
import { UsageError } from "../../errors.js";
import { plain } from "../data-verdicts.js";
import { type ExpressionPart, nameOf, type Part } from "./parts.js";

/** What the names of an expression stand for. */
type Named = ReadonlyMap<string, Part>;

/** Named inputs that a message has room for. */
const MOST_NAMED = 8;

export class Values {
  private readonly computed = new Map<Part, Promise<Float64Array>>();

  /**
   * @param rows      of those that were read, of each event of the table; absent where all are left
   * @param firstRow  of the file, of the first that was read
   */
  constructor(
    private readonly file: string,
    readonly table: EventTable,
    readonly rows?: Int32Array | undefined,
    readonly firstRow = 0,
  ) {}

  /** The same for these events alone. */
  selected(rows: Int32Array): Values {
    const { table } = this;
    const data = Object.fromEntries([...table.columns].map(([name, own]) => [name, own.data]));
    const { columns: left } = selectEvents({ count: table.count, columns: data }, rows);
    const columns = [...table.columns].map(
      ([name, own]) => [name, { ...own, data: left[name] as EventColumn["data"] }] as const,
    );
    return new Values(this.file, { ...table, count: rows.length, columns: new Map(columns) }, rows, this.firstRow);
  }

  /** What messages call the row of an event. */
  rowText(position: number): string {
    const read = this.rows?.[position] ?? position;
    return this.table.files === undefined ? `row ${this.firstRow + read} (counted from 0)` : rowOf(this.table, read);
  }

  private where(name: string): string {
    return `${this.file}, column ${JSON.stringify(name)}`;
  }

  async column(part: Part): Promise<EventColumn> {
    if (part.kind === "file") return this.table.columns.get(part.column)!;
    return { features: [part.label], data: await this.expression(part) };
  }

  private expression(part: ExpressionPart): Promise<Float64Array> {
    const known = this.computed.get(part) ?? this.evaluate(part.expression, part.parts);
    this.computed.set(part, known);
    return known;
  }

  /** One number for each event. */
  async single(part: Part): Promise<ColumnData> {
    const { features, data } = await this.column(part);
    if (features.length === 1) return data;
    throw new UsageError(this.where(nameOf(part)), {
      expected: "one number for each event, as an expression names it",
      got: `${features.length} features`,
      hint: "Store them as columns of their own",
    });
  }

  async evaluate(expression: Expression, named: Named): Promise<Float64Array> {
    const columns: [string, ColumnData][] = [];
    for (const [name, part] of named) columns.push([name, await this.single(part)]);
    // An expression of numbers alone has its value for every event as well.
    if (columns.length === 0) columns.push(["", new Float64Array(this.table.count)]);
    return evaluateExpression(expression, Object.fromEntries(columns));
  }

  /** Refuses values that are not finite, with what they are made of. */
  async requireFinite(part: Part): Promise<void> {
    const { data, features } = await this.column(part);
    const { count } = this.table;
    let [bad, first] = [0, data.length];
    for (let i = 0; i < data.length; i++) {
      if (Number.isFinite(data[i])) continue;
      bad++;
      first = Math.min(first, i);
    }
    if (bad === 0) return;
    const position = first % count;
    const inputs: string[] = [];
    for (const [name, own] of part.kind === "file" ? [] : [...part.parts].slice(0, MOST_NAMED)) {
      inputs.push(`${name} = ${plain((await this.single(own))[position]!)}`);
    }
    const of = inputs.length === 0 ? "" : `, where ${inputs.join(", ")}`;
    throw new UsageError(this.where(features[Math.floor(first / count)]!), {
      expected: "finite values",
      got: `${bad} ${bad === 1 ? "value that is" : "values that are"} not, the first ${data[first]} in ${this.rowText(position)}${of}`,
      hint: "Leave such events out by `where`, or repair them",
    });
  }
}
