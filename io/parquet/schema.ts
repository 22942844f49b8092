/** The columns of a Parquet file: leaves of a tree of groups (github.com/apache/parquet-format, LogicalTypes.md). */
import type { ElementType } from "../arrays.js";
import { Damage } from "../damage.js";
import { numberAt, type Struct, structAt, textAt } from "./thrift.js";

export const PHYSICAL = [
  "BOOLEAN",
  "INT32",
  "INT64",
  "INT96",
  "FLOAT",
  "DOUBLE",
  "BYTE_ARRAY",
  "FIXED_LEN_BYTE_ARRAY",
] as const;
export type Physical = (typeof PHYSICAL)[number];

export interface Leaf {
  /** What users call it: the names of its groups and its own, without those that lists add. */
  readonly name: string;
  readonly physical: Physical;
  /** Bytes of a value of fixed length. */
  readonly length: number;
  /** What values become; undefined where they are no numbers and no words. */
  readonly type: ElementType | "words" | undefined;
  /** What it is where it is of no type. */
  readonly what: string;
  readonly maxRepetition: number;
  readonly maxDefinition: number;
  /** Definition levels from this on stand for an element of the list, or for none of it below. */
  readonly elementDefinition: number;
}

const [OPTIONAL, REPEATED] = [1, 2];
const MAX_DEPTH = 100;

interface Group {
  readonly names: readonly string[];
  readonly repetition: number;
  readonly definition: number;
  readonly elementDefinition: number;
  /** The group is a list: what repeats in it, and an only child of that, have names that mean nothing. */
  readonly list: "none" | "list" | "repeated";
}

export function leavesOf(elements: readonly Struct[]): Leaf[] {
  const leaves: Leaf[] = [];
  let next = 0;
  const visit = (parent: Group, siblings: number, depth: number): void => {
    const element = elements[next++];
    if (element === undefined || depth > MAX_DEPTH)
      throw new Damage({ expected: "a tree of columns", got: "a broken one" });
    const group = groupOf(parent, element, siblings);
    const children = numberAt(element, 5) ?? 0;
    if (numberAt(element, 1) !== undefined) leaves.push(leafOf(group, element));
    else for (let i = 0; i < children; i++) visit(group, children, depth + 1);
  };
  const root = elements[next++];
  if (root === undefined) throw new Damage({ expected: "a tree of columns", got: "none" });
  const top: Group = { names: [], repetition: 0, definition: 0, elementDefinition: 0, list: "none" };
  const children = numberAt(root, 5) ?? 0;
  for (let i = 0; i < children; i++) visit(top, children, 0);
  if (next !== elements.length)
    throw new Damage({ expected: `${next} elements of the schema`, got: `${elements.length}` });
  return leaves;
}

function groupOf(parent: Group, element: Struct, siblings: number): Group {
  const kind = numberAt(element, 3);
  const isRepeated = kind === REPEATED;
  const definition = parent.definition + (kind === OPTIONAL || isRepeated ? 1 : 0);
  const isList = numberAt(element, 6) === 3 || structAt(structAt(element, 10) ?? new Map(), 3) !== undefined;
  const isNameless = (parent.list === "list" && isRepeated) || (parent.list === "repeated" && siblings === 1);
  return {
    names: isNameless ? parent.names : [...parent.names, textAt(element, 4) ?? ""],
    repetition: parent.repetition + (isRepeated ? 1 : 0),
    definition,
    elementDefinition: isRepeated ? definition : parent.elementDefinition,
    list: isRepeated && parent.list === "list" ? "repeated" : isList ? "list" : "none",
  };
}

function leafOf({ names, repetition, definition, elementDefinition }: Group, element: Struct): Leaf {
  const physical = PHYSICAL[numberAt(element, 1)!];
  if (physical === undefined)
    throw new Damage({ expected: "a physical type of Parquet", got: `${numberAt(element, 1)}` });
  const length = numberAt(element, 2) ?? 0;
  const { type, what } =
    repetition > 1 ? { type: undefined, what: "lists of lists" } : typeOf(physical, length, element);
  return {
    name: names.join("."),
    physical,
    length,
    type,
    what,
    maxRepetition: repetition,
    maxDefinition: definition,
    elementDefinition,
  };
}

type Meaning = Pick<Leaf, "type" | "what">;
const numbers = (type: ElementType): Meaning => ({ type, what: "numbers" });
const words: Meaning = { type: "words", what: "words" };
const other = (what: string): Meaning => ({ type: undefined, what });

/** Types of the older field `converted_type`, by its numbers. */
const CONVERTED: readonly (Meaning | undefined)[] = [
  ...[words, undefined, undefined, undefined, words, undefined],
  ...[numbers("i4"), numbers("i4"), numbers("i8"), numbers("i8"), numbers("i8")],
  ...[
    numbers("u1"),
    numbers("u2"),
    numbers("u4"),
    numbers("u8"),
    numbers("i1"),
    numbers("i2"),
    numbers("i4"),
    numbers("i8"),
  ],
  ...[words, other("BSON"), other("spans of time")],
];
const DECIMAL = 5;

function typeOf(physical: Physical, length: number, element: Struct): Meaning {
  const logical = structAt(element, 10) ?? new Map();
  const converted = numberAt(element, 6);
  if (converted === DECIMAL || logical.has(5)) {
    const scale = numberAt(element, 7) ?? numberAt(structAt(logical, 5) ?? new Map(), 1) ?? 0;
    if (scale !== 0 || !physical.startsWith("INT")) return other(`decimals of ${scale} places`);
  }
  const plain = plainType(physical, length, logical);
  const meaning = (converted === undefined ? undefined : CONVERTED[converted]) ?? ofLogical(logical, physical);
  if (meaning === undefined) return plain;
  const holds = meaning.type === "words" ? ["BYTE_ARRAY"] : meaning.type?.endsWith("8") ? ["INT64"] : ["INT32"];
  if (meaning.type === undefined || holds.includes(physical)) return meaning;
  throw new Damage({ expected: `a column of ${meaning.type} in ${holds.join()}`, got: physical });
}

function ofLogical(logical: Struct, physical: Physical): Meaning | undefined {
  if (logical.has(1) || logical.has(4) || logical.has(12)) return words;
  if (logical.has(14)) return other("UUIDs");
  const integer = structAt(logical, 10);
  if (integer === undefined) return undefined;
  const bytes = (numberAt(integer, 1) ?? (physical === "INT64" ? 64 : 32)) / 8;
  if (![1, 2, 4, 8].includes(bytes)) throw new Damage({ expected: "integers of 8 to 64 bits", got: `${8 * bytes}` });
  return numbers(`${integer.get(2) === false ? "u" : "i"}${bytes}` as ElementType);
}

function plainType(physical: Physical, length: number, logical: Struct): Meaning {
  switch (physical) {
    case "BOOLEAN":
      return numbers("b1");
    case "INT32":
      return numbers("i4");
    case "INT64":
      return numbers("i8");
    case "FLOAT":
      return numbers("f4");
    case "DOUBLE":
      return numbers("f8");
    case "INT96":
      return other("times in the old type INT96");
    case "FIXED_LEN_BYTE_ARRAY":
      return logical.has(15) && length === 2 ? numbers("f2") : other(`raw bytes, ${length} each`);
    case "BYTE_ARRAY":
      return other("raw bytes");
  }
}
