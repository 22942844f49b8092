/**
 * Prints a fused kernel as one WebAssembly function: for every row, every vector of events, rounds over the inner axis.
 * Of several vectors handled at once (`Lanes.fusedVectors`) each operation is printed for all before the next, and what they load and
 * store is adjacent: what an engine needs to see to make one instruction of two.
 */
import { type FusedKernel, type Item, innerRow, isInner, type Operand, readsInner } from "../../passes/lowering.js";
import { isReduction, type Rounds, roundsOf } from "../../passes/rounds.js";
import type { ElementwiseName, Var } from "../../tape/tape.js";
import type { FunctionBuilder, Local } from "../assembly/assembler.js";
import type { Lanes } from "../assembly/lanes.js";
import type { ScalarFunction } from "../functions/scalar-functions.js";

/** Where things lie in memory. Event buffers are relative to the base of a thread, everything else is absolute. */
export interface Layout {
  readonly lanes: Lanes;
  /** Bytes of one row of a tile: events per tile times bytes per number. */
  readonly rowBytes: number;
  buffer(item: Item): number;
  /** A row of zeros, relative like a buffer. */
  readonly zeroRow: number;
  /** Bytes free for values kept between rounds, relative like a buffer. */
  readonly kept: number;
  parameter(node: Var): number;
  readonly zeroParameter: number;
  /** Address of a constant table of i32. */
  table(values: Int32Array): number;
  /** Writes the function's instructions: argument in the local, result on the stack. */
  scalar(f: FunctionBuilder, name: ScalarFunction, x: Local): void;
}

const VECTOR_BYTES = 16;

/** One way of reading or writing memory at (row, inner position). */
interface Access {
  readonly isEvents: boolean;
  /** Local holding the address at the current row and inner position 0, events' base included. */
  readonly pointer: Local;
  /** Bytes from one inner position to the next; "table" where there is no such number. */
  readonly stride: number | "table";
  /** Address of the table of byte offsets: per row, or per row and inner position. */
  readonly table: number;
  /** For numbers that no event changes: the vector, loaded once per row. */
  readonly invariant: Local | undefined;
}

type Form = "value" | "mask";

export function printFused(f: FunctionBuilder, kernel: FusedKernel, layout: Layout): void {
  new Printer(f, kernel, layout).print();
}

class Printer {
  private readonly own: ReadonlySet<Item>;
  private readonly rounds: Rounds;
  private readonly lanes: Lanes;
  private readonly base: Local;
  private readonly row: Local;
  private readonly event: Local;
  private readonly position: Local;
  private readonly accesses = new Map<string, Access>();
  private readonly strides = new Map<number, Local>();
  /** By item, one for each vector. */
  private readonly locals = new Map<Item, readonly Local[]>();
  private readonly slots = new Map<Item, number>();
  private readonly stores = new Map<Item, Access>();
  /** Products that their only reader multiplies and adds at once. */
  private readonly melted = new Set<Item>();
  /** Vectors loaded in the current round, or before any. */
  private loaded = new Map<string, readonly Local[]>();
  /** Which of the adjacent vectors is being printed. */
  private vector = 0;
  private readonly vectors: number;
  /** Bytes of all of them. */
  private readonly stepBytes: number;

  constructor(
    private readonly f: FunctionBuilder,
    private readonly kernel: FusedKernel,
    private readonly layout: Layout,
  ) {
    this.own = new Set(kernel.items);
    this.rounds = roundsOf(kernel);
    this.lanes = layout.lanes;
    this.vectors = layout.lanes.fusedVectors;
    this.stepBytes = this.vectors * VECTOR_BYTES;
    this.base = f.param(0);
    this.row = f.local("i32");
    this.event = f.local("i32");
    this.position = f.local("i32");
  }

  print(): void {
    const { f, kernel, layout } = this;
    this.findMelted();
    for (const item of kernel.items) this.prepare(item);
    f.range(this.row, 0, kernel.rows * 4, 4, () => {
      for (const access of this.distinctAccesses()) this.startRow(access);
      f.range(this.event, 0, layout.rowBytes, this.stepBytes, () => this.printVectors());
    });
  }

  /** Prints something for each of the adjacent vectors. */
  private forVectors(print: () => void): void {
    for (this.vector = 0; this.vector < this.vectors; this.vector++) print();
    this.vector = 0;
  }

  private printVectors(): void {
    this.loaded = new Map();
    const before = this.loaded;
    for (let round = 0; round <= this.rounds.count; round++) {
      this.loaded = before;
      for (const item of this.kernel.items) {
        if (!isInner(item, this.kernel) && !isReduction(item) && this.rounds.of.get(item) === round) this.compute(item);
      }
      // A reduction of the last round may be stored, and outer items may follow it.
      if (round < this.rounds.count) this.printRound(round);
      for (const item of this.kernel.items) {
        if (isReduction(item) && this.rounds.of.get(item) === round) this.storeIfWanted(item);
      }
    }
  }

  private printRound(round: number): void {
    const { f, kernel } = this;
    const inner = kernel.inner as NonNullable<FusedKernel["inner"]>;
    const items = kernel.items.filter(
      (item) => (isInner(item, kernel) || isReduction(item)) && this.rounds.of.get(item) === round,
    );
    if (items.length === 0) return;
    const reversed = this.rounds.reversed.has(round);
    for (const item of items) {
      this.forVectors(() => {
        if (isReduction(item)) {
          this.lanes.constant(f, item.name === "sum" ? 0 : Number.NEGATIVE_INFINITY);
          f.set(this.localOf(item));
        } else if (item.name === "cumulativeSum") {
          this.lanes.constant(f, 0);
          f.set(this.running(item));
        }
      });
    }
    const last = (inner.size - 1) * this.stepBytes;
    for (const [stride, local] of this.strides) f.i32(reversed ? stride * (inner.size - 1) : 0).set(local);
    f.i32(reversed ? last : 0).set(this.position);
    const hoisted = this.hoistLoads(items);
    f.loop((again) => {
      this.loaded = new Map(hoisted);
      for (const item of items) this.compute(item);
      for (const [stride, local] of this.strides) f.increase(local, reversed ? -stride : stride);
      f.get(this.position)
        .i32(reversed ? -this.stepBytes : this.stepBytes)
        .op("i32.add")
        .tee(this.position);
      f.i32(reversed ? 0 : last)
        .op(reversed ? "i32.ge_s" : "i32.le_s")
        .brIf(again);
    });
  }

  /** Loads before a round what it reads at the same place in every turn. */
  private hoistLoads(items: readonly Item[]): Map<string, readonly Local[]> {
    const melted = items.flatMap((item) => item.operands.flatMap((o) => this.meltedProduct(o) ?? []));
    for (const item of [...items, ...melted]) {
      for (const operand of item.operands) {
        if (operand.from === "number" || (operand.from === "item" && this.own.has(operand.item))) continue;
        const [key, access] = this.accessOf(operand, readsInner(item, this.kernel));
        if (access.stride !== 0 || access.invariant !== undefined || this.loaded.has(key)) continue;
        this.load(key, access);
      }
    }
    return this.loaded;
  }

  // ---- what is computed

  private compute(item: Item): void {
    if (this.melted.has(item)) return;
    this.forVectors(() => this.computeVector(item));
    if (isReduction(item)) return;
    this.storeIfWanted(item);
    this.keepIfWanted(item);
  }

  private computeVector(item: Item): void {
    const { f, lanes } = this;
    const local = this.localOf(item);
    if (item.name === "sum") {
      this.pushSum(item.operands[0] as Operand, () => f.get(local), item);
      f.set(local);
    } else if (item.name === "max") {
      f.get(local);
      this.push(item.operands[0] as Operand, item);
      f.op(lanes.max).set(local);
    } else if (item.name === "cumulativeSum") {
      const { operation } = item.node;
      const running = this.running(item);
      const exclusive = operation.name === "cumulativeSum" && operation.exclusive;
      if (exclusive) f.get(running).set(local);
      this.pushSum(item.operands[0] as Operand, () => f.get(running), item);
      f.set(running);
      if (!exclusive) f.get(running).set(local);
    } else {
      this.pushResult(item);
      f.set(local);
    }
  }

  /** [] -> operand + addend, fused where the operand is a melted product. */
  private pushSum(operand: Operand, addend: () => void, reader: Item): void {
    const product = this.meltedProduct(operand);
    if (product === undefined) {
      this.push(operand, reader);
      addend();
      this.f.op(this.lanes.add);
      return;
    }
    for (const factor of product.operands) this.push(factor, product);
    addend();
    this.lanes.madd(this.f);
  }

  private meltedProduct(operand: Operand): Item | undefined {
    return operand.from === "item" && this.melted.has(operand.item) ? operand.item : undefined;
  }

  private pushResult(item: Item): void {
    const { f, lanes } = this;
    const [a, b, c] = item.operands as [Operand, Operand, Operand];
    const both = () => {
      this.push(a, item);
      this.push(b, item);
    };
    const name = item.name as ElementwiseName | "copy";
    switch (name) {
      case "copy":
        this.push(a, item);
        return;
      case "neg":
      case "abs":
      case "sqrt":
        this.push(a, item);
        f.op(lanes[name]);
        return;
      case "add":
        if (this.meltedProduct(a) !== undefined) this.pushSum(a, () => this.push(b, item), item);
        else this.pushSum(b, () => this.push(a, item), item);
        return;
      case "sub": {
        const product = this.meltedProduct(b);
        if (product !== undefined) {
          for (const factor of product.operands) this.push(factor, product);
          this.push(a, item);
          lanes.nmadd(f);
          return;
        }
        both();
        f.op(lanes.sub);
        return;
      }
      case "mul":
        both();
        f.op(lanes.mul);
        return;
      case "div":
        both();
        f.op(lanes.div);
        return;
      case "maximum":
      case "minimum":
        both();
        f.op(name === "maximum" ? lanes.max : lanes.min);
        return;
      case "greater":
      case "greaterEqual":
      case "equal":
        both();
        f.op(lanes[name]);
        return;
      case "where":
        this.push(b, item);
        this.push(c, item);
        this.push(a, item, "mask");
        f.op(lanes.select);
        return;
      case "stopGradient":
        throw new Error("internal: stopGradient is a view");
      default: {
        const argument = f.scratch("v128", "argument");
        this.push(a, item);
        this.layout.scalar(f.set(argument), name, argument);
      }
    }
  }

  /** A product read once, in its own round, by a sum of some kind, is never computed alone. */
  private findMelted(): void {
    const { items } = this.kernel;
    const uses = new Map<Item, Item[]>();
    for (const reader of items) {
      for (const operand of reader.operands) {
        if (operand.from === "item") uses.set(operand.item, [...(uses.get(operand.item) ?? []), reader]);
      }
    }
    for (const product of items) {
      const [reader, ...others] = uses.get(product) ?? [];
      if (product.name !== "mul" || reader === undefined || others.length > 0 || this.kernel.stored.has(product))
        continue;
      const adds = reader.name === "add" || reader.name === "sum" || reader.name === "cumulativeSum";
      const subtracts =
        reader.name === "sub" && reader.operands[1]?.from === "item" && reader.operands[1].item === product;
      const siblings = reader.operands.some((o) => o.from === "item" && this.melted.has(o.item));
      const together =
        this.rounds.of.get(product) === this.rounds.of.get(reader) &&
        isInner(product, this.kernel) === readsInner(reader, this.kernel);
      if ((adds || subtracts) && together && !siblings) this.melted.add(product);
    }
  }

  // ---- reading operands

  private formOf(operand: Operand): Form {
    if (operand.from !== "item" || !this.own.has(operand.item)) return "value";
    return operand.item.name === "greater" || operand.item.name === "greaterEqual" || operand.item.name === "equal"
      ? "mask"
      : "value";
  }

  /** Pushes an operand's vector at the current position, as numbers or as a mask. */
  private push(operand: Operand, reader: Item, wanted: Form = "value"): void {
    const { f, lanes } = this;
    this.pushRaw(operand, reader);
    const form = this.formOf(operand);
    if (form === "mask" && wanted === "value") {
      lanes.constant(f, 1);
      f.op(lanes.and);
    }
    if (form === "value" && wanted === "mask") {
      lanes.constant(f, 0);
      f.op(lanes.notEqual);
    }
  }

  private pushRaw(operand: Operand, reader: Item): void {
    const { f, lanes } = this;
    if (operand.from === "number") {
      lanes.constant(f, operand.value);
      return;
    }
    if (operand.from === "item" && this.own.has(operand.item)) {
      const { item } = operand;
      const elsewhere =
        isInner(item, this.kernel) && this.rounds.of.get(item) !== this.rounds.of.get(reader) && !this.melted.has(item);
      if (!elsewhere) f.get(this.localOf(item));
      else this.pushKept(item);
      return;
    }
    const [key, access] = this.accessOf(operand, readsInner(reader, this.kernel));
    if (access.invariant !== undefined) {
      f.get(access.invariant);
      return;
    }
    f.get((this.loaded.get(key) ?? this.load(key, access))[this.vector] as Local);
  }

  /** Loads what an access means for all of the adjacent vectors. */
  private load(key: string, access: Access): readonly Local[] {
    const { f, lanes } = this;
    const own = Array.from({ length: access.isEvents ? this.vectors : 1 }, (_, v) =>
      f.scratch("v128", `load ${key} ${v}`),
    );
    const address = f.scratch("i32", "load address");
    this.pushAddress(access);
    f.set(address);
    own.forEach((local, v) => {
      f.get(address)
        .memory(access.isEvents ? lanes.load : lanes.splatLoad, v * VECTOR_BYTES)
        .set(local);
    });
    // What no event has is the same in all vectors.
    const all = Array.from({ length: this.vectors }, (_, v) => own[v % own.length] as Local);
    this.loaded.set(key, all);
    return all;
  }

  /** Pushes the address an access means at the current row, event and inner position. */
  private pushAddress(access: Access): void {
    const { f } = this;
    if (access.stride === "table") {
      // Tables per row and position: 4 bytes an entry, where `position` counts the bytes of the vectors.
      f.get(access.pointer)
        .get(this.position)
        .i32(Math.log2(this.stepBytes / 4))
        .op("i32.shr_u", "i32.add");
      f.memory("i32.load");
      if (access.isEvents) f.get(this.base).op("i32.add");
    } else {
      f.get(access.pointer);
      if (access.stride !== 0) f.get(this.strideLocal(access.stride)).op("i32.add");
    }
    if (access.isEvents) f.get(this.event).op("i32.add");
  }

  private pushKept(item: Item): void {
    this.pushKeptAddress(item);
    this.f.memory(this.lanes.load, this.vector * VECTOR_BYTES);
  }

  private keepIfWanted(item: Item): void {
    if (!this.slots.has(item)) return;
    this.forVectors(() => {
      this.pushKeptAddress(item);
      this.f.get(this.localOf(item)).memory(this.lanes.store, this.vector * VECTOR_BYTES);
    });
  }

  private pushKeptAddress(item: Item): void {
    const slot = this.slots.get(item) as number;
    this.f
      .address(this.base, this.layout.kept + slot)
      .get(this.position)
      .op("i32.add");
  }

  private storeIfWanted(item: Item): void {
    const access = this.stores.get(item);
    if (access === undefined) return;
    const { f, lanes } = this;
    const address = f.scratch("i32", "store address");
    this.pushAddress(access);
    f.set(address);
    const value = { from: "item", item, rows: new Int32Array(0) } as const;
    this.forVectors(() => {
      f.get(address);
      this.push(value, item);
      f.memory(lanes.store, this.vector * VECTOR_BYTES);
    });
  }

  // ---- preparation

  private localOf(item: Item): Local {
    let own = this.locals.get(item);
    if (own === undefined) {
      own = this.f.locals("v128", this.vectors);
      this.locals.set(item, own);
    }
    return own[this.vector] as Local;
  }

  private running(item: Item): Local {
    return this.f.scratch("v128", `running ${item.index} ${this.vector}`);
  }

  private strideLocal(stride: number): Local {
    return this.strides.get(stride) as Local;
  }

  private prepare(item: Item): void {
    const { kernel, layout } = this;
    for (const operand of item.operands) {
      if (operand.from === "number") continue;
      if (operand.from === "item" && this.own.has(operand.item)) {
        const read = operand.item;
        const later = this.rounds.of.get(read) !== this.rounds.of.get(item) && isInner(read, kernel);
        if (later && !this.slots.has(read)) {
          this.slots.set(read, this.slots.size * (kernel.inner?.size ?? 1) * this.stepBytes);
        }
      } else this.accessOf(operand, readsInner(item, kernel));
    }
    if (kernel.stored.has(item)) {
      const start = layout.buffer(item);
      this.stores.set(
        item,
        this.access(true, isInner(item, kernel), (row) => start + row * layout.rowBytes, undefined),
      );
    }
  }

  private distinctAccesses(): Set<Access> {
    return new Set([...this.accesses.values(), ...this.stores.values()]);
  }

  private accessOf(operand: Exclude<Operand, { from: "number" }>, inner: boolean): [string, Access] {
    const { layout } = this;
    const source = operand.from === "item" ? `item ${operand.item.index}` : `parameter ${operand.node.id}`;
    const key = `${source} ${inner} ${operand.rows.join()}`;
    let access = this.accesses.get(key);
    if (access === undefined) {
      const address =
        operand.from === "item"
          ? (row: number) => (row < 0 ? layout.zeroRow : layout.buffer(operand.item) + row * layout.rowBytes)
          : (row: number) =>
              row < 0 ? layout.zeroParameter : layout.parameter(operand.node) + row * layout.lanes.bytes;
      access = this.access(operand.from === "item", inner, address, operand.rows);
      this.accesses.set(key, access);
    }
    return [key, access];
  }

  private access(
    isEvents: boolean,
    inner: boolean,
    address: (row: number) => number,
    rows: Int32Array | undefined,
  ): Access {
    const { f, kernel, layout } = this;
    const axis = inner ? kernel.inner : undefined;
    const size = axis?.size ?? 1;
    const offsets = new Int32Array(kernel.rows * size);
    for (let r = 0; r < kernel.rows; r++) {
      for (let j = 0; j < size; j++) {
        const row = axis === undefined ? r : innerRow(axis, r, j);
        offsets[r * size + j] = address(rows === undefined ? row : (rows[row] as number));
      }
    }
    const step = size > 1 ? (offsets[1] as number) - (offsets[0] as number) : 0;
    const isAffine = offsets.every((offset, i) => offset === (offsets[i - (i % size)] as number) + (i % size) * step);
    const starts = isAffine ? offsets.filter((_, i) => i % size === 0) : offsets;
    const stride = isAffine ? step : "table";
    if (typeof stride === "number" && stride !== 0 && !this.strides.has(stride))
      this.strides.set(stride, f.local("i32"));
    return {
      isEvents,
      pointer: f.local("i32"),
      stride,
      table: layout.table(starts),
      invariant: !isEvents && stride === 0 ? f.local("v128") : undefined,
    };
  }

  private startRow(access: Access): void {
    const { f, kernel } = this;
    if (access.stride === "table") {
      f.get(this.row)
        .i32(kernel.inner?.size ?? 1)
        .op("i32.mul")
        .i32(access.table)
        .op("i32.add")
        .set(access.pointer);
      return;
    }
    f.get(this.row).memory("i32.load", access.table);
    if (access.isEvents) f.get(this.base).op("i32.add");
    f.set(access.pointer);
    if (access.invariant !== undefined) f.get(access.pointer).memory(this.lanes.splatLoad).set(access.invariant);
  }
}

/** Bytes a kernel needs for values kept between rounds. */
export function keptBytes(kernel: FusedKernel, lanes: Lanes): number {
  return kernel.items.length * (kernel.inner?.size ?? 1) * lanes.fusedVectors * VECTOR_BYTES;
}
