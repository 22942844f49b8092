/** Events of a file as an analysis has them: its columns, derived where it says so, its selection, its weights. */
import type { ColumnData } from "../../../engine/runtime/backend.js";
import { totalWeight } from "../../../flows/training/weighted-moments.js";
import { conditionParts } from "../../../inference/expressions/condition.js";
import { type Expression, namesOf } from "../../../inference/expressions/expression.js";
import { expressionText } from "../../../inference/expressions/text.js";
import { type OpenedColumn, openColumns } from "../../../io/events/open-events.js";
import { type EventColumn, type EventTable, listColumns, requireColumn } from "../../../io/index.js";
import { requireRoom } from "../../../io/memory.js";
import type { Derivation, Written } from "../../configuration/derivation.js";
import type { WeightSums } from "../../configuration/normalisation.js";
import { UsageError } from "../../errors.js";
import { plain } from "../data-verdicts.js";
import type { LeftOut } from "../loaded-events.js";
import { type Selection, selected } from "../selection.js";
import { fileColumns, nameOf, type Part, Parts } from "./parts.js";
import { Values } from "./values.js";

/** Where events come from. */
export interface EventSource {
  /** How messages name it. */
  readonly file: string;
  /** Names of the columns that there are. */
  readonly columns: readonly string[];
  /** @param missing  of elements among the names: what stands where an event has too few */
  readonly read: (names: readonly string[], missing: Derivation["missing"]) => Promise<EventTable>;
  /** Row of the file that the first event has; 0 where absent. */
  readonly firstRow?: number;
}

/** As they are read, and as threads share them. */
const COPIES = 2;

/** @param head  the first events only; all where undefined */
export const fileSource = async (path: string, head?: number, label = path): Promise<EventSource> => ({
  file: label,
  columns: await listColumns(path),
  read: (names, missing) => readWhole(path, names, missing, head),
});

async function readWhole(
  path: string,
  names: readonly string[],
  missing: Derivation["missing"],
  head: number | undefined,
): Promise<EventTable> {
  const events = await openColumns(path, names, { missing }, head);
  try {
    const count = Math.min(events.count, head ?? events.count);
    const columns = [...events.columns.values()];
    const sum = (of: (column: OpenedColumn) => number) => columns.reduce((total, column) => total + of(column), 0);
    const bytes = COPIES * count * sum(({ features, type }) => features.length * (type === "f4" ? 4 : 8));
    requireRoom(
      path,
      { count, numbers: sum(({ features }) => features.length), bytes },
      "Write the events that conditions leave, and the columns that are used, to a file of their own. Compositions read Parquet and ROOT files piece by piece (memory.rows)",
    );
    return await events.read(0, count);
  } finally {
    await events.close();
  }
}

export interface DerivedEvents {
  /** Those that conditions leave. */
  readonly count: number;
  /** Events in the file. */
  readonly total: number;
  /** Of each event its row in the file; absent where none is left out. */
  readonly rows: Int32Array | undefined;
  /** Events that were read and do not fulfil a condition. */
  readonly leftOut: readonly LeftOut[];
  readonly sums: WeightSums;
  /** Of each event; absent where each counts 1. */
  readonly weights: ColumnData | undefined;
  /** These columns, feature after feature: so many features, all values finite. */
  column(names: readonly string[], features: number): ColumnData;
  /** What the file calls a column that it has; undefined of one that is made of others. */
  inFile(name: string): string | undefined;
}

/** A part of a condition. */
interface Condition {
  readonly text: string;
  readonly at: string;
  readonly isFlag: boolean;
  readonly expression: Expression;
  readonly named: ReadonlyMap<string, Part>;
}

async function conditionsOf(parts: Parts, where: readonly Written[]): Promise<Condition[]> {
  const found: Condition[] = [];
  for (const written of where) {
    const { text, at } = written;
    const part = await parts.written(written);
    if (part.kind === "file") {
      // Any text may be the name of a column: here it has one that expressions take.
      const expression = { kind: "name", name: "flag", at: 1 } as const;
      found.push({ text, at, isFlag: true, expression, named: new Map([["flag", part]]) });
      continue;
    }
    for (const expression of conditionParts(part.expression, at)) {
      const names = namesOf(expression);
      found.push({
        text: expressionText(expression),
        at,
        // A name, or a choice in which names may be.
        isFlag: expression.kind === "name" || (expression.kind === "call" && expression.function === "ifelse"),
        expression,
        named: new Map(names.map((name) => [name, part.parts.get(name)!])),
      });
    }
  }
  return found;
}

/** A column that is taken for a condition has truths alone. */
function requireFlag({ text, at }: Condition, file: string, truths: Float64Array, values: Values): void {
  const position = truths.findIndex((value) => value !== 0 && value !== 1);
  if (position < 0) return;
  throw new UsageError(at, {
    expected: "conditions, or columns of 0 and 1",
    got: `${text} = ${plain(truths[position]!)} in ${values.rowText(position)}${values.table.files === undefined ? ` of ${file}` : ""}`,
    hint: `Compare it with a number, as in ${text} > 0`,
  });
}

async function selectionOf(
  file: string,
  conditions: readonly Condition[],
  values: Values,
  weights: ColumnData | undefined,
): Promise<Selection> {
  const tests: Parameters<typeof selected>[2][number][] = [];
  for (const condition of conditions) {
    const truths = await values.evaluate(condition.expression, condition.named);
    if (condition.isFlag) requireFlag(condition, file, truths, values);
    tests.push({ reason: condition.text, isCondition: true, isOut: (row) => truths[row] === 0 });
  }
  return selected(file, { count: values.table.count, weights }, tests);
}

/** The weight of each event; absent where each counts 1. */
async function weightsOf(values: Values, factors: readonly Part[]): Promise<ColumnData | undefined> {
  const [first, ...others] = await Promise.all(factors.map((part) => values.single(part)));
  if (first === undefined || others.length === 0) return first;
  return Float64Array.from(first, (weight, row) => others.reduce((all, own) => all * own[row]!, weight));
}

/** Of the elements that are read; a column that has such a name itself has a value in every event. */
function missingAmong(
  names: readonly string[],
  columns: readonly string[],
  { missing }: Derivation,
): Derivation["missing"] {
  const own = names.filter((name) => Object.hasOwn(missing, name) && !columns.includes(name));
  return Object.fromEntries(own.map((name) => [name, missing[name]!]));
}

/** @param wanted  names of columns */
export async function readDerived(
  source: EventSource,
  derivation: Derivation,
  wanted: readonly string[],
): Promise<DerivedEvents> {
  const { file } = source;
  const parts = new Parts(file, source.columns, derivation);
  const conditions = await conditionsOf(parts, derivation.where);
  const factors: Part[] = [];
  for (const written of derivation.weights) factors.push(await parts.written(written));
  const observed = new Map<string, Part>();
  for (const name of wanted) observed.set(name, await parts.named(name));
  const needed = [...conditions.flatMap(({ named }) => [...named.values()]), ...factors, ...observed.values()];
  const names = fileColumns(needed);
  const table = await source.read(names, missingAmong(names, source.columns, derivation));
  const { firstRow = 0 } = source;
  const whole = new Values(file, table, undefined, firstRow);
  const before = await weightsOf(whole, factors);
  const { rows, leftOut } = await selectionOf(file, conditions, whole, before);
  const left = rows === undefined ? whole : whole.selected(rows);
  const weights = rows === undefined ? before : await weightsOf(left, factors);
  const columns = new Map<string, EventColumn>();
  for (const part of [...factors, ...observed.values()]) {
    // `requireColumn` looks at those of the file where all of its events are left.
    if (rows !== undefined || firstRow > 0 || part.kind === "expression") await left.requireFinite(part);
    columns.set(nameOf(part), await left.column(part));
  }
  const { count } = left.table;
  const derived = { ...left.table, columns };
  for (const part of factors) requireColumn(derived, nameOf(part), { features: 1, events: "any" });
  return {
    count,
    total: table.total,
    rows,
    leftOut,
    sums: { all: totalWeight({ count: table.count, weights: before }), selected: totalWeight({ count, weights }) },
    weights,
    column: (names, features) => {
      const own = names.map((name) => nameOf(observed.get(name)!));
      return requireColumn(derived, own, { features, events: "any" }).data;
    },
    inFile: (name) => {
      const part = observed.get(name)!;
      return part.kind === "file" ? part.column : undefined;
    },
  };
}
