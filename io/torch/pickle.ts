/**
 * The part of Python's pickle protocol 2 that PyTorch writes for a state_dict: Lib/pickletools.py documents the opcodes.
 *
 * Nothing is ever looked up, called or executed: a global is a name out of a fixed list, and REDUCE on it builds plain data.
 * Everything else is refused by name.
 */
import { MAX_AXES } from "../arrays.js";
import { FileError, quote } from "../errors.js";
import {
  describe,
  GlobalName,
  PickleTuple,
  type PickleValue,
  StorageRef,
  storageTypes,
  TensorRef,
} from "./pickle-values.js";

const ORDERED_DICT = "collections.OrderedDict";
const REBUILD_TENSOR = "torch._utils._rebuild_tensor_v2";
const allowedGlobals = new Set([
  ORDERED_DICT,
  REBUILD_TENSOR,
  ...Object.keys(storageTypes).map((name) => `torch.${name}`),
]);
// What bounds memory: a pickle of one-byte opcodes could otherwise make millions of objects.
const MAX_CONTAINERS = 2 ** 20;
const HINT = "A file from an unknown source may be hostile; one of your own: save model.state_dict() alone";

const MARK = Symbol("mark");
type StackItem = PickleValue | typeof MARK;

/** The value that a pickle describes; its dictionaries are Maps, ordered or not. */
export function readPickle(where: string, bytes: Uint8Array): PickleValue {
  return new PickleReader(where, bytes).read();
}

class PickleReader {
  private readonly view: DataView;
  private readonly stack: StackItem[] = [];
  private readonly memo = new Map<number, PickleValue>();
  private containers = 0;
  private at = 0;
  private opcodeAt = 0;

  constructor(
    private readonly where: string,
    private readonly bytes: Uint8Array,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  read(): PickleValue {
    for (;;) {
      this.opcodeAt = this.at;
      const opcode = this.uint8();
      if (opcode === STOP) break;
      const run = opcodes[opcode];
      if (!run)
        throw this.refuse(
          "an opcode that state_dicts use",
          `0x${opcode.toString(16).padStart(2, "0")} ${otherOpcodes[opcode] ?? "(no opcode)"}`,
        );
      run(this);
    }
    const value = this.pop();
    if (this.stack.length > 0) throw this.refuse("one value", `${this.stack.length} more on the stack`);
    return value;
  }

  /** An error that says where in the pickle. */
  refuse(expected: string, got: string): FileError {
    return new FileError(`${this.where}, pickle byte ${this.opcodeAt}`, {
      expected,
      got: `${got}; nothing was executed`,
      hint: HINT,
    });
  }

  private advance(length: number): number {
    const start = this.at;
    if (start + length > this.bytes.length)
      throw this.refuse(`${length} more bytes`, `${this.bytes.length - start}, a truncated pickle`);
    this.at += length;
    return start;
  }

  uint8(): number {
    return this.view.getUint8(this.advance(1));
  }

  uint16(): number {
    return this.view.getUint16(this.advance(2), true);
  }

  uint32(): number {
    return this.view.getUint32(this.advance(4), true);
  }

  int32(): number {
    return this.view.getInt32(this.advance(4), true);
  }

  /** Little-endian two's complement of any length; storage sizes from 2^31 on are written so. */
  long(): number {
    const length = this.uint8();
    if (length > 8) throw this.refuse("integers of at most 8 bytes", `one of ${length}`);
    const start = this.advance(length);
    let value = 0n;
    for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(this.bytes[start + i]!);
    const signed = BigInt.asIntN(8 * length, value);
    if (!Number.isSafeInteger(Number(signed))) throw this.refuse("integers below 2^53", `${signed}`);
    return Number(signed);
  }

  float64(): number {
    return this.view.getFloat64(this.advance(8), false);
  }

  text(length: number): string {
    const start = this.advance(length);
    return new TextDecoder().decode(this.bytes.subarray(start, start + length));
  }

  line(): string {
    const end = this.bytes.indexOf(0x0a, this.at);
    if (end < 0) throw this.refuse("a name that ends with a newline", "a truncated pickle");
    const text = this.text(end - this.at);
    this.at = end + 1;
    return text;
  }

  push(item: StackItem): void {
    this.stack.push(item);
  }

  /** Pushes a new dictionary, list or tuple. */
  pushContainer(container: Map<PickleValue, PickleValue> | PickleValue[] | PickleTuple): void {
    if (++this.containers > MAX_CONTAINERS) throw this.refuse(`at most ${MAX_CONTAINERS} containers`, "more");
    this.push(container);
  }

  pop(): PickleValue {
    const item = this.stack.pop();
    if (item === undefined || item === MARK)
      throw this.refuse("a value on the stack", item === undefined ? "an empty stack" : "a mark");
    return item;
  }

  peek(): PickleValue {
    const item = this.pop();
    this.push(item);
    return item;
  }

  popToMark(): PickleValue[] {
    const mark = this.stack.lastIndexOf(MARK);
    if (mark < 0) throw this.refuse("a mark on the stack", "none");
    const items = this.stack.splice(mark + 1) as PickleValue[];
    this.stack.pop();
    return items;
  }

  remember(index: number): void {
    this.memo.set(index, this.peek());
  }

  recall(index: number): void {
    const value = this.memo.get(index);
    if (value === undefined) throw this.refuse("a memo entry that was stored before", `number ${index}`);
    this.push(value);
  }

  setItems(items: readonly PickleValue[]): void {
    const target = this.peek();
    if (!(target instanceof Map) || items.length % 2 === 1)
      throw this.refuse("a dictionary and pairs to put into it", describe(target));
    for (let i = 0; i < items.length; i += 2) {
      const key = items[i]!;
      if (typeof key !== "string" && typeof key !== "number")
        throw this.refuse("names as dictionary keys", describe(key));
      target.set(key, items[i + 1]!);
    }
  }

  appendItems(items: readonly PickleValue[]): void {
    const target = this.peek();
    if (!Array.isArray(target)) throw this.refuse("a list to append to", describe(target));
    for (const item of items) target.push(item);
  }

  global(): void {
    const name = `${this.line()}.${this.line()}`;
    if (!allowedGlobals.has(name)) {
      throw this.refuse(
        "no globals but OrderedDict, _rebuild_tensor_v2 and torch storages",
        `the global ${quote(name)}`,
      );
    }
    this.push(new GlobalName(name));
  }

  /** torch writes ("storage", class, key, device, elements); the device only says where the tensor was. */
  persistentId(): void {
    const id = this.pop();
    const [tag, storageClass, key, device, elements] = id instanceof PickleTuple ? id.items : [];
    const type =
      storageClass instanceof GlobalName
        ? storageTypes[storageClass.name.slice(6) as keyof typeof storageTypes]
        : undefined;
    if (tag !== "storage" || !type || typeof key !== "string" || typeof device !== "string" || !isSize(elements)) {
      throw this.refuse('a persistent id ("storage", class, key, device, elements)', describe(id));
    }
    this.push(new StorageRef(key, type, elements));
  }

  reduce(): void {
    const args = this.pop();
    const callee = this.pop();
    const name = callee instanceof GlobalName ? callee.name : undefined;
    const items = args instanceof PickleTuple ? args.items : undefined;
    if (name === ORDERED_DICT && items?.length === 0) this.pushContainer(new Map());
    else if (name === REBUILD_TENSOR && items) this.push(this.rebuildTensor(items));
    else
      throw this.refuse(
        "REDUCE of OrderedDict() or _rebuild_tensor_v2(...)",
        `REDUCE of ${describe(callee)} with ${describe(args)}`,
      );
  }

  private rebuildTensor(items: readonly PickleValue[]): TensorRef {
    const [storage, offset, sizeTuple, strideTuple, requiresGrad, hooks] = items;
    const shape = sizesIn(sizeTuple);
    const strides = sizesIn(strideTuple);
    const isTensor =
      items.length === 6 && typeof requiresGrad === "boolean" && hooks instanceof Map && hooks.size === 0;
    if (
      !isTensor ||
      !(storage instanceof StorageRef) ||
      !isSize(offset) ||
      !shape ||
      shape.length !== strides?.length
    ) {
      throw this.refuse(
        "_rebuild_tensor_v2(storage, offset, size, stride, requires_grad, {})",
        items.slice(0, 8).map(describe).join(", "),
      );
    }
    // The last element that the window reaches; an empty window reaches none.
    const reach = shape.reduce((last, size, axis) => last + (size - 1) * strides[axis]!, offset);
    if (!shape.includes(0) && reach >= storage.elements) {
      throw this.refuse(
        `a tensor inside its storage of ${storage.elements} elements`,
        `offset ${offset}, size [${shape.join(", ")}], stride [${strides.join(", ")}]`,
      );
    }
    return new TensorRef(storage, offset, shape, strides);
  }

  /** Modules leave version numbers as an attribute `_metadata` of their OrderedDict; it says nothing about values. */
  build(): void {
    const state = this.pop();
    const target = this.peek();
    const isMetadata = state instanceof Map && state.size === 1 && state.get("_metadata") instanceof Map;
    if (!(target instanceof Map) || !isMetadata)
      throw this.refuse("BUILD of a dictionary's _metadata", `BUILD of ${describe(target)}`);
  }
}

function isSize(value: PickleValue | undefined): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

/** The numbers of a tuple of sizes or strides, undefined for anything else. */
function sizesIn(value: PickleValue | undefined): readonly number[] | undefined {
  if (!(value instanceof PickleTuple) || value.items.length > MAX_AXES) return undefined;
  return value.items.every(isSize) ? value.items : undefined;
}

const STOP = 0x2e;

/** What each opcode does; those that are not here are refused. */
const opcodes: Readonly<Record<number, (reader: PickleReader) => void>> = {
  // PROTO
  128: (reader) => {
    const protocol = reader.uint8();
    if (protocol !== 2) throw reader.refuse("pickle protocol 2, torch.save's default", `protocol ${protocol}`);
  },
  // MARK
  40: (reader) => reader.push(MARK),
  // EMPTY_DICT, EMPTY_LIST, EMPTY_TUPLE
  125: (reader) => reader.pushContainer(new Map()),
  93: (reader) => reader.pushContainer([]),
  41: (reader) => reader.pushContainer(new PickleTuple([])),
  // TUPLE, TUPLE1, TUPLE2, TUPLE3
  116: (reader) => reader.pushContainer(new PickleTuple(reader.popToMark())),
  133: (reader) => reader.pushContainer(new PickleTuple(popSome(reader, 1))),
  134: (reader) => reader.pushContainer(new PickleTuple(popSome(reader, 2))),
  135: (reader) => reader.pushContainer(new PickleTuple(popSome(reader, 3))),
  // NONE, NEWTRUE, NEWFALSE
  78: (reader) => reader.push(null),
  136: (reader) => reader.push(true),
  137: (reader) => reader.push(false),
  // BININT, BININT1, BININT2, LONG1, BINFLOAT, BINUNICODE
  74: (reader) => reader.push(reader.int32()),
  75: (reader) => reader.push(reader.uint8()),
  77: (reader) => reader.push(reader.uint16()),
  138: (reader) => reader.push(reader.long()),
  71: (reader) => reader.push(reader.float64()),
  88: (reader) => reader.push(reader.text(reader.uint32())),
  // BINPUT, LONG_BINPUT, BINGET, LONG_BINGET
  113: (reader) => reader.remember(reader.uint8()),
  114: (reader) => reader.remember(reader.uint32()),
  104: (reader) => reader.recall(reader.uint8()),
  106: (reader) => reader.recall(reader.uint32()),
  // SETITEM, SETITEMS, APPEND, APPENDS
  115: (reader) => reader.setItems(popSome(reader, 2)),
  117: (reader) => reader.setItems(reader.popToMark()),
  97: (reader) => reader.appendItems(popSome(reader, 1)),
  101: (reader) => reader.appendItems(reader.popToMark()),
  // GLOBAL, BINPERSID, REDUCE, BUILD
  99: (reader) => reader.global(),
  81: (reader) => reader.persistentId(),
  82: (reader) => reader.reduce(),
  98: (reader) => reader.build(),
};

function popSome(reader: PickleReader, count: number): PickleValue[] {
  return Array.from({ length: count }, () => reader.pop()).reverse();
}

/** Names of the opcodes that are refused, for messages. */
const otherOpcodes: Readonly<Record<number, string>> = {
  48: "POP",
  49: "POP_MARK",
  50: "DUP",
  66: "BINBYTES",
  67: "SHORT_BINBYTES",
  70: "FLOAT",
  73: "INT",
  76: "LONG",
  80: "PERSID",
  83: "STRING",
  84: "BINSTRING",
  85: "SHORT_BINSTRING",
  86: "UNICODE",
  100: "DICT",
  103: "GET",
  105: "INST",
  108: "LIST",
  111: "OBJ",
  112: "PUT",
  129: "NEWOBJ",
  130: "EXT1",
  131: "EXT2",
  132: "EXT4",
  139: "LONG4",
  140: "SHORT_BINUNICODE",
  141: "BINUNICODE8",
  142: "BINBYTES8",
  143: "EMPTY_SET",
  144: "ADDITEMS",
  145: "FROZENSET",
  146: "NEWOBJ_EX",
  147: "STACK_GLOBAL",
  148: "MEMOIZE",
  149: "FRAME",
  150: "BYTEARRAY8",
  151: "NEXT_BUFFER",
  152: "READONLY_BUFFER",
};
