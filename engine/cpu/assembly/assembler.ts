/**
 * A WebAssembly binary writer: modules with an imported memory, imported and defined functions, and nothing else.
 * Binary format: WebAssembly Core Specification 2.0, chapter 5. Stack types are checked by the engine at compile time;
 * function names are written into the name section so that its messages, and profilers, say which function.
 */
import {
  type Instruction,
  type LaneInstruction,
  laneCode,
  type MemoryInstruction,
  memoryCode,
  plainCode,
  signed,
  typeCode,
  unsigned,
  type ValueType,
} from "./instructions.js";

export type { Instruction, LaneInstruction, MemoryInstruction, ValueType } from "./instructions.js";

/** A parameter or local variable of one function. */
export interface Local {
  readonly type: ValueType;
  readonly index: number;
}

/** A branch target: the end of a block, the start of a loop. */
export interface Label {
  readonly depth: number;
}

/** What `call` calls. */
export interface FunctionRef {
  readonly name: string;
  readonly index: number;
  readonly params: readonly ValueType[];
  readonly results: readonly ValueType[];
}

/** Limits in pages of 64 KiB. A shared memory needs a maximum. */
export interface MemoryLimits {
  readonly min: number;
  readonly max?: number;
  readonly shared?: boolean;
}

/** Writes one function body as a stack machine. Every method returns the builder, so that short formulas fit a line. */
export class FunctionBuilder implements FunctionRef {
  readonly #code: number[] = [];
  readonly #locals: Local[];
  readonly #scratch = new Map<string, Local>();
  readonly #constants = new Map<string, { readonly local: Local; readonly bytes: readonly number[] }>();
  #depth = 0;

  constructor(
    readonly name: string,
    readonly index: number,
    readonly params: readonly ValueType[],
    readonly results: readonly ValueType[],
  ) {
    this.#locals = params.map((type, position) => ({ type, index: position }));
  }

  param(position: number): Local {
    if (position >= this.params.length) throw new Error(`internal: ${this.name} has no parameter ${position}`);
    return this.#locals[position]!;
  }

  /** A new local variable, zero at entry. */
  local(type: ValueType): Local {
    const local = { type, index: this.#locals.length };
    this.#locals.push(local);
    return local;
  }

  locals(type: ValueType, count: number): Local[] {
    return Array.from({ length: count }, () => this.local(type));
  }

  /** One local per type and slot for the whole function, for values consumed before anyone else may ask for the slot. */
  scratch(type: ValueType, slot = "default"): Local {
    const key = `${type} ${slot}`;
    const known = this.#scratch.get(key) ?? this.local(type);
    this.#scratch.set(key, known);
    return known;
  }

  get(local: Local): this {
    return this.#write(0x20, ...unsigned(local.index));
  }

  set(local: Local): this {
    return this.#write(0x21, ...unsigned(local.index));
  }

  tee(local: Local): this {
    return this.#write(0x22, ...unsigned(local.index));
  }

  /** Instructions without immediates, in order. */
  op(...names: readonly Instruction[]): this {
    for (const name of names) this.#write(...plainCode[name]);
    return this;
  }

  /** A load, store or atomic; `offset` in bytes is added to the address on the stack. */
  memory(name: MemoryInstruction, offset = 0): this {
    return this.#write(...memoryCode(name), ...unsigned(offset));
  }

  /** extract_lane and replace_lane. */
  lane(name: LaneInstruction, lane: number): this {
    return this.#write(...laneCode[name], lane);
  }

  /** i8x16.shuffle: bytes 0-15 come from the first operand, 16-31 from the second. */
  shuffleBytes(bytes: readonly number[]): this {
    return this.#write(0xfd, 13, ...bytes);
  }

  /** The shuffle in lanes of 4 bytes (4 numbers, 0-7) or 8 bytes (2 numbers, 0-3). */
  shuffle(lanes: readonly number[]): this {
    const width = 16 / lanes.length;
    return this.shuffleBytes(lanes.flatMap((lane) => Array.from({ length: width }, (_, byte) => lane * width + byte)));
  }

  i32(value: number): this {
    return this.#write(0x41, ...signed(BigInt(value | 0)));
  }

  i64(value: bigint): this {
    return this.#write(0x42, ...signed(BigInt.asIntN(64, value)));
  }

  f32(value: number): this {
    return this.#write(0x43, ...new Uint8Array(Float32Array.of(value).buffer));
  }

  f64(value: number): this {
    return this.#write(0x44, ...new Uint8Array(Float64Array.of(value).buffer));
  }

  /** v128.const from 16 bytes: the buffer of a Float32Array(4), Int32Array(4), Float64Array(2) or BigInt64Array(2). */
  v128(content: Float32Array | Int32Array | Uint32Array | Float64Array | BigInt64Array | BigUint64Array): this {
    return this.#write(0xfd, 12, ...new Uint8Array(content.buffer, content.byteOffset, 16));
  }

  /**
   * The same from a local that is set once, where the function begins: V8 from Node 24 on builds a constant in three instructions, in
   * every round of a loop. Zero, which takes one, is written where it stands.
   */
  sharedV128(content: Float32Array | Int32Array | Float64Array | BigInt64Array): this {
    const bytes = new Uint8Array(content.buffer, content.byteOffset, 16);
    if (bytes.every((byte) => byte === 0)) return this.v128(content);
    const key = String.fromCharCode(...bytes);
    const known = this.#constants.get(key) ?? { local: this.local("v128"), bytes: [...bytes] };
    this.#constants.set(key, known);
    return this.get(known.local);
  }

  /** Pushes a local, or a constant i32. */
  push(value: Local | number): this {
    return typeof value === "number" ? this.i32(value) : this.get(value);
  }

  /** Pushes base + bytes. */
  address(base: Local, bytes: number): this {
    return bytes === 0 ? this.get(base) : this.get(base).i32(bytes).op("i32.add");
  }

  /** local += amount, for i32. */
  increase(local: Local, amount: Local | number): this {
    return this.get(local).push(amount).op("i32.add").set(local);
  }

  call(target: FunctionRef): this {
    return this.#write(0x10, ...unsigned(target.index));
  }

  memoryCopy(): this {
    return this.#write(0xfc, 10, 0, 0);
  }

  memoryFill(): this {
    return this.#write(0xfc, 11, 0);
  }

  /** Branching to the label leaves the block. */
  block(body: (exit: Label) => void, result?: ValueType): this {
    return this.#nested(0x02, body, result);
  }

  /** Branching to the label starts the next round; falling through leaves the loop. */
  loop(body: (again: Label) => void, result?: ValueType): this {
    return this.#nested(0x03, body, result);
  }

  /** Consumes an i32 condition. */
  if(then: (exit: Label) => void, otherwise?: (exit: Label) => void, result?: ValueType): this {
    return this.#nested(
      0x04,
      (exit) => {
        then(exit);
        if (otherwise !== undefined) {
          this.#write(0x05);
          otherwise(exit);
        }
      },
      result,
    );
  }

  br(target: Label): this {
    return this.#write(0x0c, ...unsigned(this.#depth - target.depth));
  }

  brIf(target: Label): this {
    return this.#write(0x0d, ...unsigned(this.#depth - target.depth));
  }

  /** for (index = start; index < end; index += step), signed i32. The body may change neither index nor end. */
  range(index: Local, start: Local | number, end: Local | number, step: number, body: () => void): this {
    const known = typeof start === "number" && typeof end === "number";
    if (known && start >= end) return this;
    this.push(start).set(index);
    const rounds = () =>
      this.loop((again) => {
        body();
        this.get(index).i32(step).op("i32.add").tee(index).push(end).op("i32.lt_s").brIf(again);
      });
    return known ? rounds() : this.get(index).push(end).op("i32.lt_s").if(rounds);
  }

  /** The finished body: locals, instructions, end. */
  encode(): Uint8Array {
    const declared = this.#locals.slice(this.params.length);
    const runs: { type: ValueType; count: number }[] = [];
    for (const { type } of declared) {
      const last = runs.at(-1);
      if (last?.type === type) last.count++;
      else runs.push({ type, count: 1 });
    }
    const groups = vector(runs.map(({ type, count }) => [...unsigned(count), typeCode[type]]));
    const constants = [...this.#constants.values()].flatMap(({ local, bytes }) => [
      ...[0xfd, 12, ...bytes],
      ...[0x21, ...unsigned(local.index)],
    ]);
    const size = groups.length + constants.length + this.#code.length + 1;
    return concatenate([unsigned(size), groups, constants, this.#code, [0x0b]]);
  }

  #nested(opcode: number, body: (label: Label) => void, result: ValueType | undefined): this {
    this.#write(opcode, result === undefined ? 0x40 : typeCode[result]);
    this.#depth++;
    body({ depth: this.#depth });
    this.#depth--;
    return this.#write(0x0b);
  }

  #write(...bytes: readonly number[]): this {
    for (const byte of bytes) this.#code.push(byte);
    return this;
  }
}

/** Collects imports and functions; `build` writes the module. Imports come before the first function. */
export class ModuleBuilder {
  readonly #imports: number[][] = [];
  readonly #imported: FunctionRef[] = [];
  readonly #functions: FunctionBuilder[] = [];
  readonly #exports: { readonly name: string; readonly index: number }[] = [];
  readonly #types = new Map<string, number>();

  importMemory(module: string, name: string, limits: MemoryLimits): void {
    if (limits.shared && limits.max === undefined) throw new Error("internal: a shared memory needs a maximum");
    const flags = (limits.max === undefined ? 0 : 1) | (limits.shared ? 2 : 0);
    const bounds = [...unsigned(limits.min), ...(limits.max === undefined ? [] : unsigned(limits.max))];
    this.#imports.push([...text(module), ...text(name), 0x02, flags, ...bounds]);
  }

  importFunction(
    module: string,
    name: string,
    params: readonly ValueType[],
    results: readonly ValueType[],
  ): FunctionRef {
    if (this.#functions.length > 0) throw new Error(`internal: import ${name} before defining functions`);
    this.#imports.push([...text(module), ...text(name), 0x00, ...unsigned(this.#type(params, results))]);
    const reference = { name, index: this.#imported.length, params, results };
    this.#imported.push(reference);
    return reference;
  }

  /** A function only this module calls. Its body may be written later than calls to it. */
  internalFunction(name: string, params: readonly ValueType[], results: readonly ValueType[]): FunctionBuilder {
    this.#type(params, results);
    const builder = new FunctionBuilder(name, this.#imported.length + this.#functions.length, params, results);
    this.#functions.push(builder);
    return builder;
  }

  exportedFunction(name: string, params: readonly ValueType[], results: readonly ValueType[]): FunctionBuilder {
    const builder = this.internalFunction(name, params, results);
    this.#exports.push({ name, index: builder.index });
    return builder;
  }

  build(): Uint8Array {
    const signatures = [...this.#types.keys()].map((key) => key.split(",").map(Number));
    const functionTypes = this.#functions.map((f) => unsigned(this.#type(f.params, f.results)));
    const names = [...this.#imported, ...this.#functions].map((f) => [...unsigned(f.index), ...text(f.name)]);
    const functionNames = vector(names);
    return concatenate([
      [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
      section(1, vector(signatures)),
      section(2, vector(this.#imports)),
      section(3, vector(functionTypes)),
      section(7, vector(this.#exports.map(({ name, index }) => [...text(name), 0x00, ...unsigned(index)]))),
      section(10, vector(this.#functions.map((f) => f.encode()))),
      section(0, concatenate([text("name"), [1], unsigned(functionNames.length), functionNames])),
    ]);
  }

  #type(params: readonly ValueType[], results: readonly ValueType[]): number {
    const codes = (types: readonly ValueType[]) => [...unsigned(types.length), ...types.map((type) => typeCode[type])];
    const key = [0x60, ...codes(params), ...codes(results)].join(",");
    const known = this.#types.get(key) ?? this.#types.size;
    this.#types.set(key, known);
    return known;
  }
}

/** Bytes in a row. A body is moved several times on its way into the module, and is long: never number by number. */
function concatenate(parts: readonly ArrayLike<number>[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

const vector = (items: readonly ArrayLike<number>[]) => concatenate([unsigned(items.length), ...items]);

const section = (id: number, content: Uint8Array) => concatenate([[id], unsigned(content.length), content]);

function text(value: string): number[] {
  const bytes = [...new TextEncoder().encode(value)];
  return [...unsigned(bytes.length), ...bytes];
}
