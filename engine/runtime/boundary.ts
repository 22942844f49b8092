/** The checks that every backend makes where names and numbers come in, and what they need to know for them. */

import { entryOf } from "../entry.js";
import { ShapeError, UsageError } from "../errors.js";
import { anObject, aText, checkArgument, valueText } from "../options.js";
import { RandomColumn } from "../random/random-column.js";
import { sameShape, sizeOf, type Var } from "../tape/tape.js";
import type { ColumnData, ColumnSource, Named, ProgramRequest, RunOptions, StepPlan } from "./backend.js";
import { BlockedColumn } from "./blocked-column.js";
import { meantBy, notNumber, unknownName } from "./given-values.js";

/** Columns, parameters and event sets among some nodes. */
class Leaves {
  readonly columns = new Map<string, Var>();
  readonly parameters = new Map<string, Var>();
  readonly sets = new Set<string>();

  constructor(nodes: Iterable<Var>) {
    for (const node of nodes) {
      if (node.operation.name === "column") this.columns.set(node.operation.label, node);
      if (node.operation.name === "parameter") this.parameters.set(node.operation.label, node);
      if (node.events !== undefined) this.sets.add(node.events.name);
    }
  }
}

/** What remains of a backend or program after its end: one message. */
export function closedError(where: string, what: "backend" | "program"): UsageError {
  return new UsageError(where, { expected: `an open ${what}`, got: "one that was closed" });
}

/** The array that was bound, or the one that the column stands for. */
export function numbersOf(source: ColumnSource): ColumnData {
  if (source instanceof BlockedColumn) return source.toArray();
  if (!(source instanceof RandomColumn)) return source;
  const numbers = new Float32Array(source.length);
  source.fill(0, numbers);
  return numbers;
}

type Parts = Readonly<Record<string, { readonly start: number; readonly length: number }>>;

/** What a program was given so far, and whether that suffices for what it is asked. */
export class Boundary {
  /** Data by column. */
  readonly data = new Map<string, ColumnSource>();
  private readonly used: Leaves;
  private readonly known: Leaves;
  private readonly written = new Set<string>();
  private readonly outputs: Named<Var>;
  private readonly updated: readonly string[];
  private readonly isTimed: boolean;
  private isClosed = false;

  /** @param nodes  what the program needs of its tape */
  constructor({ outputs, updates = {}, timed = false }: ProgramRequest, nodes: readonly Var[]) {
    const targets = [...Object.values(outputs), ...Object.values(updates)];
    const tape = targets[0]?.tape;
    if (targets.some((target) => target.tape !== tape)) {
      throw new UsageError("compile", { expected: "outputs and updates of one tape", got: "nodes of several tapes" });
    }
    this.used = new Leaves(nodes);
    this.known = new Leaves(tape?.nodes ?? []);
    this.outputs = outputs;
    this.updated = Object.keys(updates);
    this.isTimed = timed;
    for (const [name, node] of Object.entries(updates)) this.checkUpdate(name, node);
  }

  private checkUpdate(name: string, { shape, events }: Var): void {
    const parameter = this.parameter("compile", name);
    if (sameShape(shape, parameter.shape) && events === undefined) return;
    throw new ShapeError("compile", {
      expected: `an update of parameter "${name}" to have its shape [${parameter.shape}], and no events`,
      got: `[${shape}]${events === undefined ? "" : ` over "${events.name}"`}`,
    });
  }

  close(): void {
    this.isClosed = true;
  }

  private checkOpen(where: string): void {
    if (this.isClosed) throw closedError(where, "program");
  }

  /** The parameter of that name, be it one that only other programs of the tape use. */
  private parameter(where: string, name: string): Var {
    const node = this.known.parameters.get(name);
    if (node !== undefined) return node;
    throw unknownName(where, "a parameter", name, this.known.parameters.keys());
  }

  /** The same for columns. */
  private column(where: string, name: string): Var {
    const node = this.known.columns.get(name);
    if (node !== undefined) return node;
    throw unknownName(where, "a column", name, this.known.columns.keys());
  }

  private checkSets(where: string, named: Named<unknown>): void {
    for (const set of Object.keys(named)) {
      if (!this.known.sets.has(set)) throw unknownName(where, "an event set", set, this.known.sets);
    }
  }

  /** Takes data over, and gives back those of columns that the program uses. */
  bind(columns: Named<ColumnSource>): Record<string, ColumnSource> {
    this.checkOpen("bind");
    checkArgument("bind", "columns", columns, anObject);
    for (const [name, values] of Object.entries(columns)) {
      const node = this.column("bind", name);
      const isSource = [Float32Array, Float64Array, BlockedColumn, RandomColumn].some((kind) => values instanceof kind);
      if (!isSource) {
        throw new UsageError("bind", {
          expected: `column "${name}" to be a Float32Array, Float64Array, BlockedColumn or RandomColumn`,
          got: valueText(values),
        });
      }
      if (values.length % sizeOf(node.shape) !== 0) {
        throw new UsageError("bind", {
          expected: `column "${name}" [${node.shape}] to hold a multiple of ${sizeOf(node.shape)} numbers`,
          got: `${values.length}`,
        });
      }
      if (values instanceof BlockedColumn && values.rows !== sizeOf(node.shape)) {
        throw new UsageError("bind", {
          expected: `column "${name}" [${node.shape}] to have ${sizeOf(node.shape)} rows`,
          got: `a BlockedColumn of ${values.rows}`,
        });
      }
    }
    for (const [name, values] of Object.entries(columns)) this.data.set(name, values);
    return Object.fromEntries(Object.entries(columns).filter(([name]) => this.used.columns.has(name)));
  }

  /** Copies of the values, as f64. */
  write(parameters: Named<ArrayLike<number>>): Record<string, Float64Array> {
    this.checkOpen("write");
    checkArgument("write", "parameters", parameters, anObject);
    for (const [name, values] of Object.entries(parameters)) {
      const { shape } = this.parameter("write", name);
      const other = notNumber(values);
      if (other !== undefined) {
        throw new UsageError("write", { expected: `numbers for parameter "${name}" [${shape}]`, got: other });
      }
      if (values.length === sizeOf(shape)) continue;
      throw new UsageError("write", {
        expected: `${sizeOf(shape)} numbers for parameter "${name}" [${shape}]`,
        got: `${values.length}`,
      });
    }
    for (const name of Object.keys(parameters)) this.written.add(name);
    return Object.fromEntries(Object.entries(parameters).map(([name, values]) => [name, Float64Array.from(values)]));
  }

  checkRead(parameters: readonly string[]): void {
    this.checkOpen("read");
    if (!Array.isArray(parameters)) {
      throw new UsageError("read", { expected: "a list of names of parameters", got: valueText(parameters) });
    }
    for (const name of parameters) {
      checkArgument("read", "the name of a parameter", name, aText);
      this.parameter("read", name);
      this.checkWritten("read", name);
    }
  }

  private checkWritten(where: string, name: string): void {
    if (this.written.has(name)) return;
    throw new UsageError(where, {
      expected: `a value for parameter "${name}"`,
      got: "none",
      hint: "Call write first",
    });
  }

  checkTimed(): void {
    this.checkOpen("times");
    if (this.isTimed) return;
    throw new UsageError("times", {
      expected: "a program that measures its kernels",
      got: "one that does not",
      hint: "Compile it with `timed: true`",
    });
  }

  /** The part of the events that a run takes, per event set of the program. */
  partsOf(range: NonNullable<RunOptions["range"]>): Parts {
    this.checkOpen("run");
    this.checkSets("run", range);
    for (const name of this.used.parameters.keys()) this.checkWritten("run", name);
    const counts = this.countEvents("run");
    const parts = new Map<string, { readonly start: number; readonly length: number }>();
    for (const set of this.used.sets) {
      const count = counts.get(set);
      if (count === undefined && entryOf(range, set) === undefined) {
        throw new UsageError("run", {
          expected: `a number of events for "${set}"`,
          got: "none, as no column of it is bound",
          hint: "Bind one of its columns, or give a range",
        });
      }
      const part: unknown = entryOf(range, set) ?? [0, count];
      const [start, stop] = (Array.isArray(part) ? part : []) as [number, number];
      const isPart = Number.isInteger(start) && Number.isInteger(stop) && 0 <= start && start <= stop;
      if (!isPart || stop > (count ?? stop)) {
        throw new UsageError("run", {
          expected: `a range of "${set}" within its ${count ?? "(any number of)"} events`,
          got: Array.isArray(part) ? `[${part.join(", ")}]` : valueText(part),
        });
      }
      parts.set(set, { start, length: stop - start });
    }
    return Object.fromEntries(parts);
  }

  /** Columns to write to belong to outputs with events, and hold those of the run. */
  checkInto(into: Named<BlockedColumn>, parts: Parts): void {
    const withEvents = Object.keys(this.outputs).filter((name) => this.outputs[name]?.events !== undefined);
    for (const [name, column] of Object.entries(into)) {
      const node = entryOf(this.outputs, name);
      if (node?.events === undefined) {
        throw new UsageError("run", {
          expected: "columns to write to for outputs with events",
          got: `one for "${name}"`,
          ...meantBy(name, withEvents),
        });
      }
      if (!(column instanceof BlockedColumn)) {
        throw new UsageError("run", {
          expected: `a BlockedColumn to write output "${name}" to`,
          got: valueText(column),
        });
      }
      const { rows, events } = column;
      const { start, length } = parts[node.events.name] as Parts[string];
      if (rows === sizeOf(node.shape) && start + length <= events) continue;
      throw new UsageError("run", {
        expected: `a column of ${sizeOf(node.shape)} rows and at least ${start + length} events to write output "${name}" to`,
        got: `${rows} rows and ${events} events`,
      });
    }
  }

  /** Writes those results to columns that are to go there, and gives back the others. */
  writeInto(
    into: Named<BlockedColumn>,
    parts: Parts,
    results: Record<string, Float64Array>,
  ): Record<string, Float64Array> {
    const others = Object.entries(results).filter(([name, values]) => {
      const set = entryOf(this.outputs, name)?.events?.name;
      if (set !== undefined) entryOf(into, name)?.write((parts[set] as Parts[string]).start, values);
      return !Object.hasOwn(into, name);
    });
    return Object.fromEntries(others);
  }

  /** Steps name events that exist, of every event set of the program, and values for whole parameters. */
  checkSteps({ count, indices, schedule = {} }: StepPlan): void {
    this.checkOpen("steps");
    if (!Number.isInteger(count) || count < 0) {
      throw new UsageError("steps", { expected: "a whole number of steps", got: String(count) });
    }
    for (const [name, values] of Object.entries(schedule)) {
      const size = sizeOf(this.parameter("steps", name).shape);
      const other = notNumber(values);
      if (other !== undefined) {
        throw new UsageError("steps", { expected: `numbers for the schedule of parameter "${name}"`, got: other });
      }
      if (values.length === count * size) continue;
      throw new UsageError("steps", {
        expected: `${count} x ${size} numbers for the schedule of parameter "${name}"`,
        got: `${values.length}`,
      });
    }
    for (const name of this.used.parameters.keys())
      if (!Object.hasOwn(schedule, name)) this.checkWritten("steps", name);
    this.checkSets("steps", indices);
    const counts = this.countEvents("steps");
    for (const set of this.used.sets) checkIndices(set, counts.get(set), count, entryOf(indices, set));
    if (count > 0) for (const name of [...this.updated, ...Object.keys(schedule)]) this.written.add(name);
  }

  /**
   * Number of events per event set. Columns that the program does not use count only where it uses none of their set, like
   * a program that does nothing but count events.
   */
  private countEvents(where: string): Map<string, number> {
    const first = new Map<string, { readonly name: string; readonly count: number }>();
    const take = (name: string, node: Var, values: ColumnSource) => {
      const set = node.events?.name as string;
      const count = values.length / sizeOf(node.shape);
      const other = first.get(set);
      if (other !== undefined && other.count !== count) {
        throw new UsageError(where, {
          expected: `columns of "${set}" with equally many events`,
          got: `${other.count} in "${other.name}" and ${count} in "${name}"`,
        });
      }
      first.set(set, { name, count });
    };
    for (const [name, node] of this.used.columns) {
      const values = this.data.get(name);
      if (values === undefined) {
        throw new UsageError(where, {
          expected: `data bound to column "${name}"`,
          got: "none",
          hint: "Call bind first",
        });
      }
      take(name, node, values);
    }
    for (const [name, node] of this.known.columns) {
      const values = this.data.get(name);
      if (values !== undefined && !first.has(node.events?.name as string)) take(name, node, values);
    }
    return new Map([...first].map(([set, { count }]) => [set, count]));
  }
}

function checkIndices(set: string, events: number | undefined, count: number, index: Int32Array | undefined): void {
  if (index !== undefined && !(index instanceof Int32Array)) {
    throw new UsageError("steps", { expected: `indices of "${set}" as an Int32Array`, got: valueText(index) });
  }
  if (index === undefined || (count === 0 ? index.length > 0 : index.length % count !== 0)) {
    throw new UsageError("steps", {
      expected: `indices of "${set}" in ${count} equal parts`,
      got: index === undefined ? "none" : `${index.length}`,
    });
  }
  const end = events ?? Number.POSITIVE_INFINITY;
  const bad = index.find((at) => !(at >= 0 && at < end));
  if (bad === undefined) return;
  throw new UsageError("steps", { expected: `indices of "${set}" in [0, ${end})`, got: String(bad) });
}
