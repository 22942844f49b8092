/**
 * Columns as a user names them, in a file: one of it; the element `x[2]` or the number of elements `x[size]` of each event; or, of a column
 * of words, `x == "word"`: 1 where it is this word, else 0.
 */
import { nearest } from "../edit-distance.js";
import { FileError, quote } from "../errors.js";
import { type ColumnContents, type ColumnInFile, isJagged, type JaggedArray } from "../event-format.js";
import { type EventColumn, missingColumn } from "../event-table.js";
import { allocateFloats } from "../memory.js";
import { columnIn, featuresOf, isSingle, toColumn } from "./event-columns.js";

/** What is taken of each event: all of its column, the element of an index, the number of elements, or whether it is a word. */
type Pick = "all" | "size" | number | { readonly word: string };

export interface WantedColumn {
  readonly name: string;
  /** Its name in the file. */
  readonly column: string;
  readonly pick: Pick;
  /** What stands in place of an element that an event does not have. */
  readonly missing: number | undefined;
}

/** What a wanted column will be. */
export interface ColumnForm {
  readonly features: readonly string[];
  readonly isSingle: boolean;
}

export type Missing = Readonly<Record<string, number>>;

const WITH_INDEX = /^(.+)\[(\d{1,9}|size)\]$/s;

const WITH_WORD = /^([^"]+?)\s*==\s*"([^"]*)"$/s;

/** The column that a name is of, beside those that are one themselves; undefined where it has not the form of such a name. */
export function columnOf(name: string): string | undefined {
  return (WITH_INDEX.exec(name) ?? WITH_WORD.exec(name))?.[1];
}

/** Whether a column is read for its words. */
export const isOfWords = ({ pick }: WantedColumn): boolean => typeof pick === "object";

/** @param found names of the columns in the file */
export function wantedColumns(
  path: string,
  names: readonly string[],
  found: readonly string[],
  missing: Missing,
): WantedColumn[] {
  const known = new Set(found);
  return [...new Set(names)].map((name) => {
    const own = Object.hasOwn(missing, name) ? missing[name] : undefined;
    if (known.has(name)) return { name, column: name, pick: "all", missing: own };
    const column = columnOf(name);
    if (column === undefined || !known.has(column)) throw missingColumn(path, name, found);
    const word = WITH_WORD.exec(name)?.[2];
    if (word !== undefined) return { name, column, pick: { word }, missing: own };
    const index = WITH_INDEX.exec(name)?.[2];
    return { name, column, pick: index === "size" ? "size" : Number(index), missing: own };
  });
}

/** Refuses values for elements of columns that are not read. */
export function checkMissing(where: string, missing: Missing, names: readonly string[] | undefined): void {
  for (const [name, value] of Object.entries(missing)) {
    const meant = nearest(name, names ?? []);
    if (names?.includes(name) !== true) {
      throw new FileError(`${where}, missing`, {
        expected: "columns that are read",
        got: quote(name),
        ...(meant !== undefined && { hint: `Did you mean ${quote(meant)}?` }),
      });
    }
    if (typeof value !== "number") {
      throw new FileError(`${where}, missing`, {
        expected: `a number for ${quote(name)}`,
        got: `a value of type ${typeof value}`,
      });
    }
  }
}

/** What the column will be; refuses what gives no numbers, or not as many for each event. */
export function formOf(
  path: string,
  wanted: WantedColumn,
  { problem, type, shape, ...column }: ColumnInFile,
): ColumnForm {
  const where = columnIn(path, wanted.column);
  if (problem !== undefined) throw problem;
  const { name, pick } = wanted;
  const expected = typeof pick === "object" ? "words" : "numbers";
  const isOther = type === "other" || (type === "words") !== (expected === "words");
  if (isOther) throw new FileError(where, { expected, got: expected === "words" ? "numbers" : type });
  if (wanted.missing !== undefined && !(column.isJagged && typeof pick === "number")) {
    throw new FileError(columnIn(path, name), {
      expected:
        "an element of a column whose events have different numbers of them, as a value is given for where it is missing",
      got: "a column that has it in every event",
    });
  }
  if (type === "words" || typeof pick === "object") return { features: [name], isSingle: true };
  if (pick === "size") return { features: [name], isSingle: false };
  if (pick !== "all") {
    const [, width = 1] = shape;
    if (!column.isJagged && pick >= width) {
      throw new FileError(where, { expected: `an index below ${width}, its number of elements`, got: quote(name) });
    }
    return { features: [name], isSingle: isSingle(type) };
  }
  if (column.isJagged) {
    throw new FileError(where, {
      expected: "as many numbers in every event",
      got: "different numbers of them",
      hint: `Name one of them, as in ${quote(`${name}[0]`)}, or their number, ${quote(`${name}[size]`)}`,
    });
  }
  return { features: featuresOf(name, shape), isSingle: isSingle(type) };
}

/** The wanted of what the file gave. */
export function takeColumn(
  path: string,
  wanted: WantedColumn,
  contents: ColumnContents,
  firstRow: number,
): EventColumn {
  const { name, column, pick, missing } = wanted;
  if (isJagged(contents)) {
    const data =
      pick === "size"
        ? sizesOf(contents)
        : elementsOf(columnIn(path, column), contents, pick as number, missing, firstRow);
    return toColumn(path, name, { shape: [data.length], data, fortranOrder: false }, firstRow);
  }
  if (typeof pick === "object") {
    const words = contents as readonly string[];
    return { features: [name], data: Float32Array.from(words, (word) => (word === pick.word ? 1 : 0)) };
  }
  // `formOf` has refused words.
  const all = toColumn(path, column, contents as Exclude<ColumnContents, readonly string[] | JaggedArray>, firstRow);
  if (pick === "all") return all;
  const width = all.features.length;
  const count = all.data.length / width;
  const data = pick === "size" ? new Float64Array(count).fill(width) : all.data.slice(pick * count, (pick + 1) * count);
  return { features: [name], data };
}

function sizesOf({ starts }: JaggedArray): Float64Array {
  return Float64Array.from({ length: starts.length - 1 }, (_, i) => starts[i + 1]! - starts[i]!);
}

/** The elements of one index, of the type that the file has. */
function elementsOf(
  where: string,
  { starts, data }: JaggedArray,
  index: number,
  missing: number | undefined,
  firstRow: number,
): JaggedArray["data"] {
  const count = starts.length - 1;
  const isSmall = data instanceof Float32Array || data.BYTES_PER_ELEMENT <= 2;
  const isBig = data instanceof BigInt64Array || data instanceof BigUint64Array;
  const elements = allocateFloats(where, isSmall, count);
  for (let i = 0; i < count; i++) {
    const at = starts[i]! + index;
    if (at < starts[i + 1]!)
      elements[i] = isBig ? exactly(where, data[at] as bigint, firstRow + i) : (data[at] as number);
    else if (missing !== undefined) elements[i] = missing;
    else {
      throw new FileError(where, {
        expected: `at least ${index + 1} elements in every event`,
        got: `${starts[i + 1]! - starts[i]!} in row ${firstRow + i} (counted from 0)`,
        hint: `Say which value stands for [${index}] where it is missing`,
      });
    }
  }
  return elements;
}

function exactly(where: string, value: bigint, row: number): number {
  const number = Number(value);
  if (BigInt(number) === value) return number;
  throw new FileError(where, {
    expected: "integers that a double holds exactly",
    got: `${value} in row ${row} (counted from 0)`,
    hint: "Store the column as floating point, or as a smaller integer",
  });
}
