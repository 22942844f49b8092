/** Objects as a ROOT file describes them: TStreamerInfo says which members a class of a version has, one after another. */
import { Damage } from "../damage.js";
import { type MemoryBasket, readMemoryBasket } from "./baskets.js";
import { BYTE_COUNT, type Cursor } from "./cursor.js";

export type Value =
  | number
  | string
  | readonly number[]
  | RootObject
  | readonly (RootObject | undefined)[]
  | MemoryBasket
  | undefined;

export interface RootObject {
  readonly className: string;
  /** Of the class and of those that it inherits from. */
  readonly members: ReadonlyMap<string, Value>;
}

interface Element {
  readonly name: string;
  readonly type: number;
  readonly typeName: string;
  readonly arrayLength: number;
  readonly countName: string;
  /** Whether anybody asks for the member: of thousands of files, the others are not worth reading. */
  readonly isKept: boolean;
}

/** Members by class and version. */
export type Streamers = ReadonlyMap<string, ReadonlyMap<number, readonly Element[]>>;

/** The member that a basket in memory has. */
export const BASKET = "basket";

/** Members behind which nothing is needed. */
const LAST_MEMBERS: Readonly<Record<string, string>> = { TTree: "fLeaves" };

/** Members of trees, branches and leaves that columns are made of. */
const KEPT = new Set([
  ...["fName", "fTitle", "fEntries", "fBranches", "fLeaves", "fBaskets", "fWriteBasket", "fBasketEntry", "fBasketSeek"],
  ...["fBasketBytes", "fFileName", "fIsUnsigned", "fLen", "fLeafCount", "fType", "fStreamerType", "fClassName"],
]);

const NEW_CLASS = 0xffffffff;
const CLASS_MASK = 0x80000000;
const MAP_OFFSET = 2;
const IS_REFERENCED = 0x10;
const MAX_DEPTH = 64;
const OF_TREES = /^T(?:Branch\w*|Leaf\w*|ObjArray|List|Streamer\w*)$/;

interface Basic {
  readonly bytes: number;
  readonly read: (cursor: Cursor) => number;
}
const [I1, I2, I4, I8]: readonly Basic[] = [
  { bytes: 1, read: (cursor) => cursor.i1() },
  { bytes: 2, read: (cursor) => cursor.i2() },
  { bytes: 4, read: (cursor) => cursor.i4() },
  { bytes: 8, read: (cursor) => cursor.i8() },
];
const [U1, U2, U4, F4, F8]: readonly Basic[] = [
  { bytes: 1, read: (cursor) => cursor.u1() },
  { bytes: 2, read: (cursor) => cursor.u2() },
  { bytes: 4, read: (cursor) => cursor.u4() },
  { bytes: 4, read: (cursor) => cursor.f4() },
  { bytes: 8, read: (cursor) => cursor.f8() },
];
/** By the number of the type in TStreamerInfo. */
const BASIC: readonly (Basic | undefined)[] = [
  ...[undefined, I1, I2, I4, I8, F4, I4, undefined, F8, undefined],
  ...[undefined, U1, U2, U4, I8, U4, I8, I8, U1],
];
const [BASE, ARRAY, POINTER] = [0, 20, 40];
const INLINE = new Set([61, 62, 63, 68]);
const POINTERS = new Set([64, 69]);
const [TSTRING, TOBJECT, TNAMED] = [65, 66, 67];

/** Reads one object and all that belong to it. */
export class ObjectReader {
  /** Classes and objects by where they were first written. */
  private readonly seen = new Map<number, string | RootObject>();
  private depth = 0;

  constructor(
    private readonly cursor: Cursor,
    private readonly streamers: Streamers,
  ) {}

  /** An object of a known class. */
  read(className: string): RootObject {
    const members = new Map<string, Value>();
    const object = { className, members };
    this.fill(className, members);
    return object;
  }

  private fill(className: string, members: Map<string, Value>): void {
    if (++this.depth > MAX_DEPTH)
      throw new Damage({ expected: `objects at most ${MAX_DEPTH} deep`, got: "deeper ones" });
    const { cursor } = this;
    if (className === "TObject") this.skipTObject();
    else {
      const { version, end } = cursor.version();
      const body = bodies[className];
      if (body !== undefined) body(this, cursor, members, version);
      else if (end === undefined || this.streamers.get(className)?.has(version))
        this.fillFrom(className, version, members);
      // Of a class that is not described, its length is all that is known.
      if (end !== undefined) cursor.leaveAt(end);
    }
    this.depth--;
  }

  private fillFrom(className: string, version: number, members: Map<string, Value>): void {
    const elements = this.streamers.get(className)?.get(version);
    if (elements === undefined)
      throw new Damage({ expected: `a description of ${className}, version ${version}`, got: "none" });
    for (const element of elements) {
      if (element.type === BASE || element.typeName === "BASE") this.fill(element.name, members);
      else this.member(element, members);
      if (element.name === LAST_MEMBERS[className]) return;
    }
  }

  private member(element: Element, members: Map<string, Value>): void {
    const { cursor } = this;
    const { name, type, typeName, isKept } = element;
    const basic = type < POINTER + ARRAY ? BASIC[type % ARRAY] : undefined;
    if (basic !== undefined) {
      if (type < ARRAY && isKept) members.set(name, basic.read(cursor));
      else if (type < ARRAY) cursor.skip(basic.bytes);
      else {
        const count = type < POINTER ? element.arrayLength : this.countOf(name, members.get(element.countName));
        const length = this.sized(count);
        if (isKept) members.set(name, numbersOf(cursor, basic, length));
        else cursor.skip(length * basic.bytes);
      }
    } else if (type === TSTRING && isKept) members.set(name, cursor.text());
    else if (type === TSTRING) cursor.skipText();
    else if (type === TOBJECT || type === TNAMED || INLINE.has(type)) members.set(name, this.read(typeName));
    else if (POINTERS.has(type)) members.set(name, this.readAny());
    else throw new Damage({ expected: "members of kinds that trees have", got: `${name} of kind ${type}` });
  }

  /** How many an array has; a byte before it says whether there is one. */
  private countOf(name: string, count: Value): number {
    if (this.cursor.u1() === 0) return 0;
    if (typeof count === "number") return count;
    throw new Damage({ expected: `a number of ${name}`, got: "none" });
  }

  /** A length that the bytes can hold. */
  private sized(length: number): number {
    if (length >= 0 && length <= this.cursor.bytes.length - this.cursor.at) return length;
    throw new Damage({ expected: "an array that fits", got: `${length} elements` });
  }

  skipTObject(): void {
    const { cursor } = this;
    cursor.version();
    cursor.skip(4);
    const bits = cursor.u4();
    if ((bits & IS_REFERENCED) !== 0) cursor.skip(2);
  }

  /** An object behind a pointer: a new one with its class, or one that was written before. */
  readAny(): RootObject | undefined {
    const { cursor } = this;
    const begin = cursor.at;
    const first = cursor.u4();
    const hasCount = (first & BYTE_COUNT) !== 0 && first !== NEW_CLASS;
    const end = hasCount ? cursor.endOf(begin, first) : undefined;
    const tagAt = cursor.at - (hasCount ? 0 : 4);
    const tag = hasCount ? cursor.u4() : first;
    if (tag === 0) return undefined;
    if ((tag & CLASS_MASK) === 0) {
      const known = this.seen.get(tag);
      // What was not read has no members.
      return typeof known === "object" ? known : { className: "", members: new Map() };
    }
    const className = tag === NEW_CLASS ? cursor.cText() : this.seen.get((tag & ~CLASS_MASK) >>> 0);
    if (typeof className !== "string") throw new Damage({ expected: "a class that was named before", got: "none" });
    if (tag === NEW_CLASS) this.seen.set(tagAt + cursor.origin + MAP_OFFSET, className);
    const members = new Map<string, Value>();
    const object = { className, members };
    this.seen.set(begin + cursor.origin + MAP_OFFSET, object);
    // What a user hung on a tree has any form; it says how long it is.
    if (className === "TBasket") members.set(BASKET, readMemoryBasket(cursor));
    else if (end === undefined || OF_TREES.test(className)) this.fill(className, members);
    if (end !== undefined) cursor.leaveAt(end);
    return object;
  }

  readObjects(): (RootObject | undefined)[] {
    const count = this.sized(this.cursor.i4());
    this.cursor.skip(4);
    const objects: (RootObject | undefined)[] = [];
    for (let i = 0; i < count; i++) objects.push(this.readAny());
    return objects;
  }
}

function numbersOf(cursor: Cursor, basic: Basic, length: number): number[] {
  const numbers: number[] = [];
  for (let i = 0; i < length; i++) numbers.push(basic.read(cursor));
  return numbers;
}

/** Classes with a form of their own, behind their version. */
const bodies: Readonly<
  Record<string, (reader: ObjectReader, cursor: Cursor, members: Map<string, Value>, version: number) => void>
> = {
  TNamed: (reader, cursor, members) => {
    reader.skipTObject();
    members.set("fName", cursor.text());
    members.set("fTitle", cursor.text());
  },
  TObjArray: (reader, cursor, members) => {
    reader.skipTObject();
    cursor.text();
    members.set("objects", reader.readObjects());
  },
  TList: (reader, cursor, members) => {
    reader.skipTObject();
    cursor.text();
    const count = cursor.i4();
    const objects: (RootObject | undefined)[] = [];
    for (let i = 0; i < count; i++) {
      objects.push(reader.readAny());
      cursor.skip(cursor.u1());
    }
    members.set("objects", objects);
  },
  TStreamerInfo: (reader, cursor, members) => {
    members.set("fName", reader.read("TNamed").members.get("fName"));
    cursor.skip(4);
    members.set("fClassVersion", cursor.i4());
    members.set("fElements", reader.readAny());
  },
  TStreamerElement: (reader, cursor, members) => {
    members.set("fName", reader.read("TNamed").members.get("fName"));
    members.set("fType", cursor.i4());
    cursor.skip(4);
    members.set("fArrayLength", cursor.i4());
    // The number of dimensions, and their sizes.
    cursor.skip(4 + 5 * 4);
    members.set("fTypeName", cursor.text());
  },
  TStreamerBasicPointer: (reader, cursor, members) => {
    for (const [name, value] of reader.read("TStreamerElement").members) members.set(name, value);
    cursor.skip(4);
    members.set("fCountName", cursor.text());
  },
};

const ELEMENT_CLASSES = [
  ...["TStreamerBase", "TStreamerBasicType", "TStreamerObject", "TStreamerObjectPointer", "TStreamerObjectAny"],
  ...["TStreamerObjectAnyPointer", "TStreamerString", "TStreamerSTL", "TStreamerSTLstring", "TStreamerLoop"],
];
const elementBodies = Object.fromEntries(
  ELEMENT_CLASSES.map((name) => [
    name,
    (reader: ObjectReader, _cursor: Cursor, members: Map<string, Value>) => {
      for (const [member, value] of reader.read("TStreamerElement").members) members.set(member, value);
    },
  ]),
);
Object.assign(bodies, elementBodies);

export const objectsIn = (value: Value): readonly RootObject[] => {
  const objects = typeof value === "object" && "members" in value ? value.members.get("objects") : undefined;
  return Array.isArray(objects) ? objects.filter((object): object is RootObject => typeof object === "object") : [];
};

export const textIn = ({ members }: RootObject, name: string): string => {
  const value = members.get(name);
  return typeof value === "string" ? value : "";
};

export function numberIn({ members, className }: RootObject, name: string): number {
  const value = members.get(name);
  if (typeof value === "number") return value;
  throw new Damage({ expected: `a number ${name} in ${className}`, got: "none" });
}

export function numbersIn({ members, className }: RootObject, name: string): readonly number[] {
  const value = members.get(name);
  if (Array.isArray(value) && value.every((one) => typeof one === "number")) return value;
  throw new Damage({ expected: `numbers ${name} in ${className}`, got: "none" });
}

/** The descriptions in the record of a file that has them. */
export function readStreamers(cursor: Cursor): Streamers {
  const list = new ObjectReader(cursor, new Map()).read("TList");
  const described = objectsIn(list)
    .filter(({ className }) => className === "TStreamerInfo")
    .map((info) => ({ info, elements: objectsIn(info.members.get("fElements")) }));
  // A class may count elements by a member that it inherits.
  const counts = new Set(described.flatMap(({ elements }) => elements.map((element) => textIn(element, "fCountName"))));
  const streamers = new Map<string, Map<number, Element[]>>();
  for (const { info, elements } of described) {
    const name = textIn(info, "fName");
    const versions = streamers.get(name) ?? new Map<number, Element[]>();
    const own = elements.map((element) => elementOf(element, counts));
    streamers.set(name, versions.set(numberIn(info, "fClassVersion"), own));
  }
  return streamers;
}

function elementOf(element: RootObject, counts: ReadonlySet<string>): Element {
  const name = textIn(element, "fName");
  return {
    name,
    type: numberIn(element, "fType"),
    typeName: textIn(element, "fTypeName").replace(/\*$/, ""),
    arrayLength: numberIn(element, "fArrayLength"),
    countName: textIn(element, "fCountName"),
    isKept: KEPT.has(name) || counts.has(name),
  };
}
