/** Prints what a kernel computes as WGSL statements, from where its operands lie to where its results go. */
import type { ShaderName } from "../../../shaders/include.js";
import {
  type FusedKernel,
  type Item,
  innerRow,
  isInner,
  type KernelOperand,
  readsInner,
  type ScalarName,
} from "../../passes/lowering.js";
import { type Rounds, roundsOf } from "../../passes/rounds.js";
import { givesTruth } from "../../tape/elementwise-facts.js";
import type { KernelMemory } from "../memory.js";
import type { Domain } from "./domains.js";
import { type RowExpression, rowExpression } from "./indexing.js";
import { literal, scalarForms } from "./scalar-forms.js";

/** Numbers that a kernel reads from memory: a name, and the expression it stands for. */
interface Access {
  readonly name: string;
  readonly expression: string;
  readonly row: RowExpression;
}

const snake = (text: string) =>
  text.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`).replace(/[^a-z0-9_]+/g, "_");

export class Statements {
  readonly lines: string[] = [];
  /** Files that the statements call into. */
  readonly shaders = new Set<ShaderName>();
  /** What they read, for people. */
  readonly inputs = new Map<string, string>();
  readonly rounds: Rounds;
  /** Inner items that a later round reads. */
  readonly kept: ReadonlySet<Item>;
  private readonly own: ReadonlySet<Item>;
  private readonly accesses = new Map<string, Access>();
  private readonly names = new Map<string, number>();
  private indent = "  ";
  /**
   * Where rows that the statements read and store begin, where text that layers share has no such numbers: it asks the
   * function `place` (`shaders/shared/linear.wgsl`), and has no names of a layer.
   */
  readonly places: number[] = [];
  /** Names that can be read here. */
  private known = new Set<string>();

  constructor(
    private readonly kernel: FusedKernel,
    private readonly memory: KernelMemory,
    private readonly domain: Domain,
    private readonly isShared = false,
  ) {
    this.own = new Set(kernel.items);
    this.rounds = roundsOf(kernel);
    this.kept = new Set(
      kernel.items.flatMap((reader) =>
        reader.operands.flatMap((operand) =>
          operand.from === "item" && this.isElsewhere(operand.item, reader) ? [operand.item] : [],
        ),
      ),
    );
  }

  line(text: string): void {
    this.lines.push(`${this.indent}${text}`);
  }

  /** Statements of a loop: what they name is not known after it. */
  loop(header: string, statements: () => void): void {
    const before = new Set(this.known);
    this.line(`${header} {`);
    this.indent = "    ";
    statements();
    this.indent = "  ";
    this.line("}");
    this.known = before;
  }

  compute(item: Item): void {
    const name = this.nameOf(item);
    const value = () => this.read(item.operands[0] as KernelOperand, item);
    switch (item.name) {
      case "sum":
        this.line(`${name} += ${value()};`);
        return;
      case "max":
        this.shaders.add("shared/lowest.wgsl");
        this.line(`${name} = max(${name}, ${value()});`);
        return;
      case "cumulativeSum": {
        const term = value();
        const { operation } = item.node;
        const take = `let ${name} = ${this.runningName(item)};`;
        const advance = `${this.runningName(item)} += ${term};`;
        const isExclusive = operation.name === "cumulativeSum" && operation.exclusive;
        for (const line of isExclusive ? [take, advance] : [advance, take]) this.line(line);
        break;
      }
      case "copy":
        this.line(`let ${name} = ${value()};`);
        break;
      case "column":
      case "linear":
        throw new Error(`internal: a ${item.name} is no expression`);
      default:
        this.line(`let ${name} = ${this.expression(item, item.name)};`);
    }
    if (this.kept.has(item)) this.line(`${this.keptName(item)}[j] = ${name};`);
    this.storeIfWanted(item);
  }

  private expression(item: Item, name: ScalarName): string {
    const { and, call } = this.domain;
    const [a, b, c] = item.operands;
    const value = (operand: KernelOperand | undefined) => (operand === undefined ? "" : this.read(operand, item));
    const { text, shader } = scalarForms[name];
    if (shader !== undefined) {
      this.shaders.add(shader);
      return call((x, y) => text(x, y, ""), value(a), value(b));
    }
    if (name === "where") return text(this.readMask(a as KernelOperand, item), value(b), value(c));
    if (name === "mul" && this.isMask(item)) {
      return `${this.readMask(a as KernelOperand, item)} ${and} ${this.readMask(b as KernelOperand, item)}`;
    }
    return text(value(a), value(b), value(c));
  }

  storeIfWanted(item: Item): void {
    if (!this.kernel.stored.has(item)) return;
    const first = this.memory.firstRow(item);
    const row = this.rowOf(isInner(item, this.kernel), (r) => first + r);
    const value = this.isMask(item) ? this.numberOf(this.nameOf(item)) : this.nameOf(item);
    const { position } = this.domain;
    this.line(
      position === undefined ? `parameters[${row.text}] = ${value};` : `store(${row.text}, ${position}, ${value});`,
    );
  }

  // ---- operands

  private numberOf(mask: string): string {
    const { value } = this.domain;
    return `select(${value("0.0")}, ${value("1.0")}, ${mask})`;
  }

  private read(operand: KernelOperand, reader: Item): string {
    if (operand.from === "number") return this.domain.value(literal(operand.value));
    const text = this.readRaw(operand, reader);
    return this.isMaskOperand(operand) ? this.numberOf(text) : text;
  }

  private readMask(operand: KernelOperand, reader: Item): string {
    if (this.isMaskOperand(operand)) return this.readRaw(operand as Exclude<KernelOperand, { from: "number" }>, reader);
    return `${this.read(operand, reader)} != ${this.domain.value("0.0")}`;
  }

  private readRaw(operand: Exclude<KernelOperand, { from: "number" }>, reader: Item): string {
    if (operand.from === "item" && this.own.has(operand.item)) {
      const { item } = operand;
      return this.isElsewhere(item, reader) ? `${this.keptName(item)}[j]` : this.nameOf(item);
    }
    this.declare(operand, reader, true);
    return this.accessOf(operand, reader).name;
  }

  /** Loads what the operand means into a name, unless it is known; `inner` also what changes along the inner axis. */
  declare(operand: KernelOperand, reader: Item, inner: boolean): void {
    if (operand.from === "number" || (operand.from === "item" && this.own.has(operand.item))) return;
    const { name, expression, row } = this.accessOf(operand, reader);
    if (this.known.has(name) || (row.isInner && !inner)) return;
    this.known.add(name);
    this.line(`let ${name} = ${expression};`);
  }

  private accessOf(operand: Exclude<KernelOperand, { from: "number" }>, reader: Item): Access {
    const inner = readsInner(reader, this.kernel);
    const source = operand.from === "item" ? `item ${operand.item.index}` : `parameter ${operand.node.id}`;
    const key = `${source} ${inner} ${operand.rows.join()}`;
    let access = this.accesses.get(key);
    if (access === undefined) {
      access = this.access(operand, inner, source);
      this.accesses.set(key, access);
    }
    return access;
  }

  private access(operand: Exclude<KernelOperand, { from: "number" }>, inner: boolean, source: string): Access {
    const { memory } = this;
    const isEvents = operand.from === "item";
    const start = isEvents ? memory.firstRow(operand.item) : memory.parameter(operand.node);
    const row = this.rowOf(inner, (r) => {
      const own = operand.rows[r] as number;
      return own < 0 ? -1 : start + own;
    });
    const base = this.isShared
      ? `${isEvents ? "input" : "parameter"}_${this.accesses.size + 1}`
      : isEvents
        ? this.nameOf(operand.item)
        : parameterName(operand);
    const size = isEvents ? this.shapeOf(operand.item) : operand.node.shape.join(", ");
    this.inputs.set(source, `${base} [${size}]`);
    const { position, value } = this.domain;
    const orZero = row.maybeZero ? "_or_zero" : "";
    const expression =
      isEvents && position !== undefined
        ? `load${orZero}(${row.text}, ${position})`
        : value(row.maybeZero ? `parameter_or_zero(${row.text})` : `parameters[${row.text}]`);
    return { name: this.unique(base), expression, row };
  }

  /** The place of each element, per outer row or per row and inner position. */
  private rowOf(inner: boolean, place: (row: number) => number): RowExpression {
    const { kernel } = this;
    const axis = inner ? kernel.inner : undefined;
    const size = axis?.size ?? 1;
    const places = Array.from({ length: kernel.rows * size }, (_, i) =>
      place(axis === undefined ? i : innerRow(axis, Math.floor(i / size), i % size)),
    );
    return this.isShared ? this.sharedRow(places) : rowExpression(places, size, this.memory);
  }

  /** There is no inner axis. */
  private sharedRow(places: readonly number[]): RowExpression {
    const [start = 0] = places;
    const placeOf = (number: number) => `place(${this.places.push(number) - 1}u)`;
    if (start >= 0 && places.every((place, row) => place === start + row)) {
      return { text: `${placeOf(start)} + row`, isInner: false, maybeZero: false };
    }
    const text = `tables[${placeOf(this.memory.table(places))} + row]`;
    const maybeZero = places.some((place) => place < 0);
    return { text: maybeZero ? text : `u32(${text})`, isInner: false, maybeZero };
  }

  // ---- names

  shapeOf(item: Item): string {
    return this.domain.position === undefined ? String(item.size) : `${item.size}, events`;
  }

  nameOf(item: Item): string {
    const { operation } = item.node;
    if (this.isShared) return `${snake(item.name)}_${this.kernel.items.indexOf(item)}`;
    return operation.name === "column" ? `column_${snake(operation.label)}` : `${snake(item.name)}_${item.index}`;
  }

  keptName(item: Item): string {
    return `kept_${this.nameOf(item)}`;
  }

  runningName(item: Item): string {
    return `running_${this.nameOf(item)}`;
  }

  /** One name per view: the second view of `x` is `x_view_2`. */
  private unique(base: string): string {
    const count = (this.names.get(base) ?? 0) + 1;
    this.names.set(base, count);
    return count === 1 ? base : `${base}_view_${count}`;
  }

  /** Comparisons and their products are bool until something wants numbers. */
  isMask(item: Item): boolean {
    if (item.name === "mul") return item.operands.every((operand) => this.isMaskOperand(operand));
    return givesTruth(item.name);
  }

  private isMaskOperand(operand: KernelOperand | undefined): boolean {
    return operand?.from === "item" && this.own.has(operand.item) && this.isMask(operand.item);
  }

  /** Is the item's value from another round than the reader's? */
  private isElsewhere(item: Item, reader: Item): boolean {
    return this.own.has(item) && isInner(item, this.kernel) && this.rounds.of.get(item) !== this.rounds.of.get(reader);
  }
}

function parameterName({ node }: Extract<KernelOperand, { from: "parameter" }>): string {
  const { operation } = node;
  if (operation.name === "parameter") return `parameter_${snake(operation.label)}`;
  return `${snake(operation.name)}_without_events_${node.id}`;
}
