/**
 * Prints a fused kernel as one WebAssembly function (base[, events, accumulator]): for every row, every vector of events, rounds over the
 * inner axis.
 * Of several vectors handled at once (`Lanes.fusedVectors`) each operation is printed for all before the next, and what they load and
 * store is adjacent: what an engine needs to see to make one instruction of two.
 */

import { type FusedKernel, type Item, isInner, type KernelOperand, readsInner } from "../../passes/lowering.js";
import { isReduction, type Rounds, roundsOf } from "../../passes/rounds.js";
import { givesTruth } from "../../tape/elementwise-facts.js";
import type { FunctionBuilder, Local } from "../assembly/assembler.js";
import type { Lanes } from "../assembly/lanes.js";
import { type FunctionGroup, groupOf, isGroupMember } from "../functions/scalar-functions.js";
import { type Access, Accesses } from "./accesses.js";
import { fellowOf } from "./fellow-items.js";
import { KeptValues } from "./kept-values.js";
import { KernelSums } from "./kernel-sums.js";
import { type Layout, VECTOR_BYTES } from "./layout.js";
import { multiplyAddProducts } from "./multiply-adds.js";
import { isPlain, plainInstructions } from "./plain-instructions.js";

type Form = "value" | "mask";

export function emitFused(f: FunctionBuilder, kernel: FusedKernel, layout: Layout): void {
  new Printer(f, kernel, layout).print();
}

class Printer {
  private readonly own: ReadonlySet<Item>;
  private readonly rounds: Rounds;
  private readonly lanes: Lanes;
  private readonly base: Local;
  private readonly accesses: Accesses;
  private readonly sums: KernelSums | undefined;
  /** By item, one for each vector. */
  private readonly locals = new Map<Item, readonly Local[]>();
  private readonly kept: KeptValues;
  private readonly stores = new Map<Item, Access>();
  /** Products that their only reader multiplies and adds at once. */
  private readonly inSums: ReadonlySet<Item>;
  private readonly madeInGroup = new Set<Item>();
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
    this.accesses = new Accesses(f, kernel, layout, this.base);
    if (f.params.length > 1) {
      const place = { base: this.base, events: f.param(1), accumulator: f.param(2) };
      this.sums = new KernelSums(f, kernel, layout, this.accesses, place);
    }
    this.kept = new KeptValues(f, kernel, layout, this.accesses, this.base);
    this.inSums = multiplyAddProducts(kernel, this.rounds);
  }

  print(): void {
    const { f, kernel, accesses, sums } = this;
    for (const item of kernel.items) this.prepare(item);
    const end = accesses.rowEnd(this.stepBytes);
    f.range(accesses.row, 0, kernel.rows * 4, 4, () => {
      accesses.startRow();
      sums?.start();
      f.range(accesses.event, 0, end, this.stepBytes, () => {
        if (sums?.isEmpty === false) sums.startStep();
        this.printVectors();
      });
      if (sums?.isEmpty === false) sums.finish();
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
    for (const [stride, local] of this.accesses.strides) f.i32(reversed ? stride * (inner.size - 1) : 0).set(local);
    f.i32(reversed ? last : 0).set(this.accesses.position);
    const before = this.loadInvariants(items);
    f.loop((again) => {
      this.loaded = new Map(before);
      for (const item of items) this.compute(item);
      for (const [stride, local] of this.accesses.strides) f.increase(local, reversed ? -stride : stride);
      f.get(this.accesses.position)
        .i32(reversed ? -this.stepBytes : this.stepBytes)
        .op("i32.add")
        .tee(this.accesses.position);
      f.i32(reversed ? 0 : last)
        .op(reversed ? "i32.ge_s" : "i32.le_s")
        .brIf(again);
    });
  }

  /** Loads before a round what it reads at the same place in every turn. */
  private loadInvariants(items: readonly Item[]): Map<string, readonly Local[]> {
    const products = items.flatMap((item) => item.operands.flatMap((o) => this.productInSum(o) ?? []));
    for (const item of [...items, ...products]) {
      for (const operand of item.operands) {
        if (operand.from === "number" || (operand.from === "item" && this.own.has(operand.item))) continue;
        const [key, access] = this.accesses.of(operand, readsInner(item, this.kernel));
        if (access.stride !== 0 || access.invariant !== undefined || this.loaded.has(key)) continue;
        this.load(key, access);
      }
    }
    return this.loaded;
  }

  // ---- what is computed

  private compute(item: Item): void {
    if (this.inSums.has(item)) return;
    const group = groupOf(item.name);
    if (group !== undefined) this.computeGroup(item, group);
    else this.forVectors(() => this.computeVector(item));
    if (isReduction(item)) return;
    this.storeIfWanted(item);
    if (this.kept.has(item)) this.forVectors(() => this.kept.keep(item, this.vector, this.localOf(item)));
  }

  /** All members of the group that the kernel has of these operands, at once. */
  private computeGroup(item: Item, { members, emit }: FunctionGroup): void {
    if (this.madeInGroup.has(item)) return;
    const { f } = this;
    const [a, b] = item.operands as [KernelOperand, KernelOperand];
    const items = members.map((member) => fellowOf(item, member, this.kernel, this.rounds));
    for (const own of items) if (own !== undefined) this.madeInGroup.add(own);
    const [x, y] = [f.scratch("v128", "argument"), f.scratch("v128", "second argument")];
    this.forVectors(() => {
      this.push(a, item);
      this.push(b, item);
      const results = emit(f.set(y).set(x), this.lanes, x, y);
      items.forEach((own, i) => {
        if (own !== undefined) f.get(results[i] as Local).set(this.localOf(own));
      });
    });
  }

  private computeVector(item: Item): void {
    const { f, lanes } = this;
    const local = this.localOf(item);
    if (item.name === "sum") {
      this.pushSum(item.operands[0] as KernelOperand, () => f.get(local), item);
      f.set(local);
    } else if (item.name === "max") {
      f.get(local);
      this.push(item.operands[0] as KernelOperand, item);
      f.op(lanes.max).set(local);
    } else if (item.name === "cumulativeSum") {
      const { operation } = item.node;
      const running = this.running(item);
      const exclusive = operation.name === "cumulativeSum" && operation.exclusive;
      if (exclusive) f.get(running).set(local);
      this.pushSum(item.operands[0] as KernelOperand, () => f.get(running), item);
      f.set(running);
      if (!exclusive) f.get(running).set(local);
    } else {
      this.pushResult(item);
      f.set(local);
    }
  }

  /** [] -> operand + addend, fused where the operand is a product that is added at once. */
  private pushSum(operand: KernelOperand, addend: () => void, reader: Item): void {
    const product = this.productInSum(operand);
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

  private productInSum(operand: KernelOperand): Item | undefined {
    return operand.from === "item" && this.inSums.has(operand.item) ? operand.item : undefined;
  }

  private pushResult(item: Item): void {
    const { f, lanes } = this;
    const [a, b, c] = item.operands as [KernelOperand, KernelOperand, KernelOperand];
    const { name } = item;
    if (isPlain(name)) {
      this.push(a, item);
      if (b !== undefined) this.push(b, item);
      f.op(lanes[plainInstructions[name]]);
      return;
    }
    switch (name) {
      case "copy":
        this.push(a, item);
        return;
      case "add":
        if (this.productInSum(a) !== undefined) this.pushSum(a, () => this.push(b, item), item);
        else this.pushSum(b, () => this.push(a, item), item);
        return;
      case "sub": {
        const product = this.productInSum(b);
        for (const factor of product?.operands ?? []) this.push(factor, product as Item);
        this.push(a, item);
        if (product !== undefined) lanes.nmadd(f);
        else {
          this.push(b, item);
          f.op(lanes.sub);
        }
        return;
      }
      case "where":
        this.push(b, item);
        this.push(c, item);
        this.push(a, item, "mask");
        f.op(lanes.select);
        return;
      case "column":
      case "linear":
      case "sum":
      case "max":
      case "cumulativeSum":
        throw new Error(`internal: a ${name} is no expression`);
      default: {
        if (isGroupMember(name)) throw new Error(`internal: ${name} is computed with its group`);
        const argument = f.scratch("v128", "argument");
        this.push(a, item);
        this.layout.scalar(f.set(argument), name, argument);
      }
    }
  }

  // ---- reading operands

  private formOf(operand: KernelOperand): Form {
    if (operand.from !== "item" || !this.own.has(operand.item)) return "value";
    return givesTruth(operand.item.name) ? "mask" : "value";
  }

  /** Pushes an operand's vector at the current position, as numbers or as a mask. */
  private push(operand: KernelOperand, reader: Item, wanted: Form = "value"): void {
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

  private pushRaw(operand: KernelOperand, reader: Item): void {
    const { f, lanes } = this;
    if (operand.from === "number") {
      lanes.constant(f, operand.value);
      return;
    }
    if (operand.from === "item" && this.own.has(operand.item)) {
      const { item } = operand;
      const elsewhere =
        isInner(item, this.kernel) && this.rounds.of.get(item) !== this.rounds.of.get(reader) && !this.inSums.has(item);
      if (!elsewhere) f.get(this.localOf(item));
      else this.kept.push(item, this.vector);
      return;
    }
    const [key, access] = this.accesses.of(operand, readsInner(reader, this.kernel));
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
    this.accesses.pushAddress(access);
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

  private storeIfWanted(item: Item): void {
    const access = this.stores.get(item);
    const value = { from: "item", item, rows: new Int32Array(0) } as const;
    this.sums?.add(item, (vector) => {
      this.vector = vector;
      this.push(value, item);
    });
    this.vector = 0;
    if (access === undefined) return;
    const { f, lanes } = this;
    const address = f.scratch("i32", "store address");
    this.accesses.pushAddress(access);
    f.set(address);
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

  private prepare(item: Item): void {
    const { kernel, layout } = this;
    for (const operand of item.operands) {
      if (operand.from === "number") continue;
      if (operand.from === "item" && this.own.has(operand.item)) {
        const read = operand.item;
        const later = this.rounds.of.get(read) !== this.rounds.of.get(item) && isInner(read, kernel);
        if (later) this.kept.plan(read);
      } else this.accesses.of(operand, readsInner(item, kernel));
    }
    if (kernel.stored.has(item)) {
      const start = layout.buffer(item);
      this.stores.set(
        item,
        this.accesses.ofStored(isInner(item, kernel), (row) => start + row * layout.rowBytes),
      );
    }
  }
}
