/** A TTree's branches as columns (ROOT's TTree, TBranch, TLeaf and their like). */
import type { ElementType } from "../arrays.js";
import { Damage } from "../damage.js";
import type { MemoryBasket } from "./baskets.js";
import { BASKET, numberIn, numbersIn, objectsIn, type RootObject, textIn } from "./streamers.js";

/** Where the entries of a branch lie. */
export interface Baskets {
  /** First entry of each, and behind the last the number of entries [baskets + 1]. */
  readonly entries: readonly number[];
  /** Of those in the file. */
  readonly seeks: readonly number[];
  readonly bytes: readonly number[];
  /** Those that came with the tree, behind the others. */
  readonly inMemory: readonly MemoryBasket[];
}

export interface Column {
  readonly name: string;
  /** Of its branch, as its baskets have it. */
  readonly branch: string;
  /** Undefined where it is no column of numbers. */
  readonly type: ElementType | undefined;
  /** What it is where it is of no type. */
  readonly what: string;
  readonly shape: "one" | "fixed" | "jagged";
  /** Numbers of an entry, of a jagged column in one element. */
  readonly width: number;
  /** Bytes before it and of all leaves in an entry of fixed size. */
  readonly offset: number;
  readonly entryBytes: number;
  /** Bytes before the elements of a jagged entry. */
  readonly headBytes: number;
  /** The branch with the number of its elements. */
  readonly counter: string | undefined;
  readonly baskets: Baskets;
}

export interface Tree {
  readonly entries: number;
  /** Where one name is there twice, two of it. */
  readonly names: readonly string[];
  /** The column of a name; of a thousand branches, those that nobody reads are not looked at. */
  readonly column: (name: string) => Column | undefined;
}

/** A leaf, and the branch that it hangs on. */
interface Leaf {
  readonly branch: RootObject;
  readonly index: number;
}

const MAX_DEPTH = 32;

export function treeOf(object: RootObject): Tree {
  const entries = numberIn(object, "fEntries");
  if (entries < 0) throw new Damage({ expected: "a number of entries", got: `${entries}` });
  const found: { readonly path: string; readonly own: string; readonly leaf: Leaf }[] = [];
  const times = new Map<string, number>();
  const visit = (branch: RootObject, path: string, depth: number): void => {
    if (depth > MAX_DEPTH) throw new Damage({ expected: "a tree of branches", got: "one without an end" });
    const children = objectsIn(branch.members.get("fBranches"));
    const name = textIn(branch, "fName");
    for (const child of children) visit(child, `${path}${withoutDot(name)}/`, depth + 1);
    if (children.length > 0) return;
    const leaves = objectsIn(branch.members.get("fLeaves"));
    for (const [index, leaf] of leaves.entries()) {
      const own = withoutDot(leaves.length === 1 ? name : `${name}.${textIn(leaf, "fName")}`);
      times.set(own, (times.get(own) ?? 0) + 1);
      found.push({ path: `${path}${own}`, own, leaf: { branch, index } });
    }
  };
  for (const branch of objectsIn(object.members.get("fBranches"))) visit(branch, "", 0);
  // Where branches of split objects share a name, the names of the objects stand before it.
  const names = found.map(({ path, own }) => (times.get(own) === 1 ? own : path));
  const leaves = new Map(found.map(({ leaf }, i) => [names[i]!, leaf]));
  return {
    entries,
    names,
    column: (name) => {
      const leaf = leaves.get(name);
      return leaf && columnOf(leaf, name, entries);
    },
  };
}

/** Names of split objects end with a dot. */
const withoutDot = (name: string) => (name.endsWith(".") ? name.slice(0, -1) : name);

function columnOf({ branch, index }: Leaf, name: string, entries: number): Column {
  const leaves = objectsIn(branch.members.get("fLeaves"));
  const baskets = basketsOf(branch, entries);
  const forms = leaves.map((leaf) => formOf(branch, leaf));
  const sizes = forms.map(({ type, width, shape }) =>
    type === undefined || shape === "jagged" ? 0 : width * bytesOf(type),
  );
  const sum = (list: readonly number[]) => list.reduce((total, size) => total + size, 0);
  const isMixed = leaves.length > 1 && forms.some(({ type, shape }) => type === undefined || shape === "jagged");
  const problem =
    baskets === undefined
      ? "entries that were never written to the file"
      : isMixed
        ? "several leaves of other kinds"
        : undefined;
  return {
    ...forms[index]!,
    ...(problem !== undefined && { type: undefined, what: problem }),
    name,
    branch: textIn(branch, "fName"),
    offset: sum(sizes.slice(0, index)),
    entryBytes: sum(sizes),
    baskets: baskets ?? { entries: [0], seeks: [], bytes: [], inMemory: [] },
  };
}

const bytesOf = (type: ElementType): number => (type === "b1" ? 1 : Number(type.slice(1)));

/** Undefined where the file has not all entries of the tree. */
function basketsOf(branch: RootObject, entries: number): Baskets | undefined {
  const written = numberIn(branch, "fWriteBasket");
  const firsts = numbersIn(branch, "fBasketEntry");
  const [seeks, bytes] = [numbersIn(branch, "fBasketSeek"), numbersIn(branch, "fBasketBytes")];
  const isElsewhere = textIn(branch, "fFileName") !== "";
  const known = Math.min(firsts.length, seeks.length, bytes.length);
  if (written < 0 || written > known) throw new Damage({ expected: `at most ${known} baskets`, got: `${written}` });
  if (isElsewhere || numberIn(branch, "fEntries") !== entries) return undefined;
  const inMemory = objectsIn(branch.members.get("fBaskets"))
    .map(({ members }) => members.get(BASKET))
    .filter((basket): basket is MemoryBasket => typeof basket === "object" && "isBasket" in basket)
    .filter(({ count }) => count > 0);
  const starts = firsts.slice(0, written);
  let end = inMemory.reduce((rest, { count }) => rest - count, entries);
  for (const { count } of inMemory) {
    starts.push(end);
    end += count;
  }
  starts.push(entries);
  // Where nothing is in memory, the last basket of the file ends where the entries do.
  const fileEnd = starts[written]!;
  if (firsts[written] !== undefined && written > 0 && firsts[written] !== fileEnd && firsts[written] !== 0)
    return undefined;
  if (starts[0] !== 0) return undefined;
  const isOrdered = starts.every((start, i) => i === 0 || start >= starts[i - 1]!);
  if (!isOrdered)
    throw new Damage({ expected: "entries of baskets in ascending order", got: `those of ${textIn(branch, "fName")}` });
  return { entries: starts, seeks: seeks.slice(0, written), bytes: bytes.slice(0, written), inMemory };
}

type Form = Pick<Column, "type" | "what" | "shape" | "width" | "headBytes" | "counter">;

const refused = (what: string): Form => ({
  type: undefined,
  what,
  shape: "one",
  width: 1,
  headBytes: 0,
  counter: undefined,
});

/** Types of leaves; of integers those with a sign, whose partners have none. */
const LEAVES: Readonly<Record<string, ElementType>> = {
  TLeafO: "b1",
  TLeafB: "i1",
  TLeafS: "i2",
  TLeafI: "i4",
  TLeafL: "i8",
  TLeafG: "i8",
  TLeafF: "f4",
  TLeafD: "f8",
};

const OTHER_LEAVES: Readonly<Record<string, string>> = {
  TLeafC: "words",
  TLeafF16: "floats of less precision (Float16_t)",
  TLeafD32: "floats of less precision (Double32_t)",
  TLeafObject: "objects",
};

/** Types of members by their numbers in TStreamerInfo. */
const MEMBERS: Readonly<Record<number, ElementType>> = {
  ...{ 1: "i1", 2: "i2", 3: "i4", 4: "i8", 5: "f4", 6: "i4", 8: "f8", 11: "u1", 12: "u2", 13: "u4", 14: "u8" },
  ...{ 16: "i8", 17: "u8", 18: "b1" },
};

const VECTORS: Readonly<Record<string, ElementType>> = {
  ...{ bool: "b1", char: "i1", "signed char": "i1", "unsigned char": "u1", short: "i2", "unsigned short": "u2" },
  ...{ int: "i4", "unsigned int": "u4", long: "i8", "unsigned long": "u8", Long64_t: "i8", ULong64_t: "u8" },
  ...{ "long long": "i8", "unsigned long long": "u8", float: "f4", double: "f8" },
};
/** Length and version of the object, and the number of elements. */
const VECTOR_HEAD_BYTES = 10;

function formOf(branch: RootObject, leaf: RootObject): Form {
  if (branch.className === "TBranchElement") return formOfElement(branch, leaf);
  if (branch.className !== "TBranch") return refused(`objects (${branch.className})`);
  const signed = LEAVES[leaf.className];
  if (signed === undefined) return refused(OTHER_LEAVES[leaf.className] ?? `leaves of kind ${leaf.className}`);
  const isUnsigned = numberIn(leaf, "fIsUnsigned") !== 0 && signed.startsWith("i");
  return sized(isUnsigned ? (`u${signed.slice(1)}` as ElementType) : signed, leaf);
}

function sized(type: ElementType, leaf: RootObject): Form {
  const width = numberIn(leaf, "fLen");
  const count = leaf.members.get("fLeafCount");
  if (width < 1) throw new Damage({ expected: "a length of a leaf", got: `${width}` });
  if (typeof count === "object" && "className" in count) {
    if (width !== 1) return refused("arrays whose elements are arrays");
    return { type, what: "", shape: "jagged", width, headBytes: 0, counter: textIn(count, "fName") };
  }
  const isFixed = width > 1 || /\[\d+\]/.test(textIn(leaf, "fTitle"));
  return { type, what: "", shape: isFixed ? "fixed" : "one", width, headBytes: 0, counter: undefined };
}

function formOfElement(branch: RootObject, leaf: RootObject): Form {
  const [kind, member] = [numberIn(branch, "fType"), numberIn(branch, "fStreamerType")];
  const className = textIn(branch, "fClassName");
  const type = MEMBERS[member % 20];
  if (member >= 0 && member < 40 && type !== undefined) {
    if (kind === 0 || kind === 1 || kind === 2) return sized(type, leaf);
    // Members of the objects of a list, all of one member side by side.
    if ((kind === 31 || kind === 41) && member < 20) {
      return { type, what: "", shape: "jagged", width: 1, headBytes: 0, counter: undefined };
    }
  }
  const element = VECTORS[/^(?:std::)?vector<([\w ]+?) *>$/.exec(className)?.[1] ?? ""];
  if (member === -1 && element !== undefined && kind === 0) {
    return { type: element, what: "", shape: "jagged", width: 1, headBytes: VECTOR_HEAD_BYTES, counter: undefined };
  }
  return refused(className === "" ? "objects" : `objects of ${className}`);
}
