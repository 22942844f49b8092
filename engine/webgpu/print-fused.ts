/**
 * Prints a fused kernel as WGSL: one invocation per (row, event), rounds over the inner axis as loops. The same form serves
 * between the passes, where all is computed once: one invocation per row, and rows are places among the parameters.
 */
import type { ShaderName } from "../../shaders/include.js";
import { type FusedKernel, type Item, innerRow, isInner, type Operand, readsInner } from "../lowering.js";
import { isReduction, type Phases, phasesOf } from "../phases.js";
import { type RowExpression, rowExpression } from "./indexing.js";
import type { KernelMemory } from "./memory.js";
import { LARGEST_AXIS } from "./printed-kernel.js";
import { literal, scalarForms, scalarShaders } from "./scalar-forms.js";

/** Numbers that a kernel reads from memory: a name, and the expression it stands for. */
interface Access {
  readonly name: string;
  readonly expression: string;
  readonly row: RowExpression;
}

const snake = (text: string) =>
  text.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`).replace(/[^a-z0-9_]+/g, "_");

/** Whether a kernel runs for every event, or once. */
export type Domain = "events" | "once";

export function printFused(
  kernel: FusedKernel,
  title: string,
  memory: KernelMemory,
  domain: Domain = "events",
): string {
  return new Printer(kernel, memory, domain).print(title);
}

class Printer {
  private readonly own: ReadonlySet<Item>;
  private readonly phases: Phases;
  private readonly accesses = new Map<string, Access>();
  private readonly names = new Map<string, number>();
  private readonly shaders = new Set<ShaderName>();
  /** Inner items that a later round reads. */
  private readonly kept: ReadonlySet<Item>;
  private readonly inputs = new Map<string, string>();
  private readonly lines: string[] = [];
  private indent = "  ";
  /** Names that can be read here. */
  private known = new Set<string>();

  constructor(
    private readonly kernel: FusedKernel,
    private readonly memory: KernelMemory,
    private readonly domain: Domain,
  ) {
    this.shaders.add(domain === "events" ? "shared/tile.wgsl" : "shared/once.wgsl");
    this.own = new Set(kernel.items);
    this.phases = phasesOf(kernel);
    this.kept = new Set(
      kernel.items.flatMap((reader) =>
        reader.operands.flatMap((operand) =>
          operand.from === "item" && this.isElsewhere(operand.item, reader) ? [operand.item] : [],
        ),
      ),
    );
  }

  print(title: string): string {
    const { kernel } = this;
    for (const item of this.kept) {
      const type = this.isMask(item) ? "bool" : "f32";
      this.line(`var ${this.keptName(item)}: array<${type}, ${kernel.inner?.size}>;`);
    }
    for (let round = 0; round <= this.phases.rounds; round++) {
      for (const item of kernel.items) {
        if (!isInner(item, kernel) && !isReduction(item) && this.phases.of.get(item) === round) this.compute(item);
      }
      if (round < this.phases.rounds) this.printRound(round);
      for (const item of kernel.items) {
        if (isReduction(item) && this.phases.of.get(item) === round) this.storeIfWanted(item);
      }
    }
    return [
      ...this.header(title),
      ...[...this.shaders].sort().map((name) => `#include "${name}"`),
      "",
      "@compute @workgroup_size(WORKGROUP_SIZE)",
      ...(this.domain === "events"
        ? [
            "fn main(@builtin(global_invocation_id) id: vec3u) {",
            "  let event = id.x;",
            kernel.rows <= LARGEST_AXIS ? "  let row = id.y;" : `  let row = id.y + ${LARGEST_AXIS}u * id.z;`,
            `  if (event >= tile.events || row >= ${kernel.rows}u) {`,
          ]
        : [
            "fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroups: vec3u) {",
            "  let row = row_of(id, workgroups);",
            `  if (row >= ${kernel.rows}u) {`,
          ]),
      "    return;",
      "  }",
      ...this.lines,
      "}",
      "",
    ].join("\n");
  }

  private header(title: string): string[] {
    const { kernel } = this;
    const counts = new Map<string, number>();
    for (const { name } of kernel.items) counts.set(name, (counts.get(name) ?? 0) + 1);
    const fused = [...counts].map(([name, count]) => (count === 1 ? name : `${name} x ${count}`));
    const rows = `${kernel.rows} ${kernel.rows === 1 ? "row" : "rows"}`;
    return [
      `// ${title}: ${rows}${kernel.inner === undefined ? "" : `, inner axis of ${kernel.inner.size}`}.`,
      ...wrap("// fuses ", fused),
      ...wrap("// in : ", [...this.inputs.values()]),
      ...wrap(
        "// out: ",
        [...kernel.stored].map((item) => `${this.nameOf(item)} [${this.shapeOf(item)}]`),
      ),
      "",
    ];
  }

  private printRound(round: number): void {
    const { kernel } = this;
    const size = kernel.inner?.size as number;
    const items = kernel.items.filter(
      (item) => (isInner(item, kernel) || isReduction(item)) && this.phases.of.get(item) === round,
    );
    if (items.length === 0) return;
    for (const item of items) {
      if (item.name === "sum") this.line(`var ${this.nameOf(item)} = 0.0;`);
      if (item.name === "max") this.line(`var ${this.nameOf(item)} = LOWEST;`);
      if (item.name === "cumulativeSum") this.line(`var ${this.runningName(item)} = 0.0;`);
      for (const operand of item.operands) this.declare(operand, item, false);
    }
    const before = new Set(this.known);
    if (this.phases.reversed.has(round)) {
      this.line(`for (var turn = 0u; turn < turns(${size}u); turn++) {`);
      this.indent = "    ";
      this.line(`let j = ${size - 1}u - turn;`);
    } else {
      this.line(`for (var j = 0u; j < turns(${size}u); j++) {`);
      this.indent = "    ";
    }
    for (const item of items) this.compute(item);
    this.indent = "  ";
    this.line("}");
    this.known = before;
  }

  private compute(item: Item): void {
    const name = this.nameOf(item);
    const shader = scalarShaders[item.name];
    if (shader !== undefined) this.shaders.add(shader);
    const [a, b, c] = item.operands;
    const value = (operand: Operand | undefined) => (operand === undefined ? "" : this.read(operand, item));
    if (item.name === "sum") {
      this.line(`${name} += ${value(a)};`);
      return;
    }
    if (item.name === "max") {
      this.line(`${name} = max(${name}, ${value(a)});`);
      return;
    }
    if (item.name === "cumulativeSum") {
      const term = value(a);
      const { operation } = item.node;
      const take = `let ${name} = ${this.runningName(item)};`;
      const advance = `${this.runningName(item)} += ${term};`;
      for (const line of operation.name === "cumulativeSum" && operation.exclusive
        ? [take, advance]
        : [advance, take]) {
        this.line(line);
      }
    } else if (item.name === "copy") this.line(`let ${name} = ${value(a)};`);
    else if (item.name === "where") {
      this.line(`let ${name} = ${scalarForms.where(this.readMask(a as Operand, item), value(b), value(c))};`);
    } else if (item.name === "mul" && this.isMask(item)) {
      this.line(`let ${name} = ${this.readMask(a as Operand, item)} && ${this.readMask(b as Operand, item)};`);
    } else {
      const form = scalarForms[item.name as keyof typeof scalarForms];
      if (form === undefined) throw new Error(`internal: no WGSL for ${item.name}`);
      this.line(`let ${name} = ${form(value(a), value(b), value(c))};`);
    }
    if (this.kept.has(item)) this.line(`${this.keptName(item)}[j] = ${name};`);
    this.storeIfWanted(item);
  }

  private storeIfWanted(item: Item): void {
    if (!this.kernel.stored.has(item)) return;
    const first = this.memory.firstRow(item);
    const row = this.rowOf(isInner(item, this.kernel), (r) => first + r);
    const value = this.isMask(item) ? `select(0.0, 1.0, ${this.nameOf(item)})` : this.nameOf(item);
    this.line(
      this.domain === "events" ? `store(${row.text}, event, ${value});` : `parameters[${row.text}] = ${value};`,
    );
  }

  // ---- operands

  private read(operand: Operand, reader: Item): string {
    if (operand.from === "number") return literal(operand.value);
    const text = this.readRaw(operand, reader);
    return this.isMaskOperand(operand) ? `select(0.0, 1.0, ${text})` : text;
  }

  private readMask(operand: Operand, reader: Item): string {
    if (this.isMaskOperand(operand)) return this.readRaw(operand as Exclude<Operand, { from: "number" }>, reader);
    return `${this.read(operand, reader)} != 0.0`;
  }

  private readRaw(operand: Exclude<Operand, { from: "number" }>, reader: Item): string {
    if (operand.from === "item" && this.own.has(operand.item)) {
      const { item } = operand;
      return this.isElsewhere(item, reader) ? `${this.keptName(item)}[j]` : this.nameOf(item);
    }
    this.declare(operand, reader, true);
    return this.accessOf(operand, reader).name;
  }

  /** Loads what the operand means into a name, unless it is known; `inner` also what changes along the inner axis. */
  private declare(operand: Operand, reader: Item, inner: boolean): void {
    if (operand.from === "number" || (operand.from === "item" && this.own.has(operand.item))) return;
    const { name, expression, row } = this.accessOf(operand, reader);
    if (this.known.has(name) || (row.isInner && !inner)) return;
    this.known.add(name);
    this.line(`let ${name} = ${expression};`);
  }

  private accessOf(operand: Exclude<Operand, { from: "number" }>, reader: Item): Access {
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

  private access(operand: Exclude<Operand, { from: "number" }>, inner: boolean, source: string): Access {
    const { memory } = this;
    const isEvents = operand.from === "item";
    const start = isEvents ? memory.firstRow(operand.item) : memory.parameter(operand.node);
    const row = this.rowOf(inner, (r) => {
      const own = operand.rows[r] as number;
      return own < 0 ? -1 : start + own;
    });
    const base = isEvents ? this.nameOf(operand.item) : parameterName(operand);
    const size = isEvents ? this.shapeOf(operand.item) : operand.node.shape.join(", ");
    this.inputs.set(source, `${base} [${size}]`);
    const expression =
      isEvents && this.domain === "events"
        ? `${row.maybeZero ? "load_or_zero" : "load"}(${row.text}, event)`
        : row.maybeZero
          ? `parameter_or_zero(${row.text})`
          : `parameters[${row.text}]`;
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
    return rowExpression(places, size, this.memory);
  }

  // ---- names

  private shapeOf(item: Item): string {
    return this.domain === "events" ? `${item.size}, events` : String(item.size);
  }

  private nameOf(item: Item): string {
    const { operation } = item.node;
    return operation.name === "column" ? `column_${snake(operation.label)}` : `${snake(item.name)}_${item.index}`;
  }

  private keptName(item: Item): string {
    return `kept_${this.nameOf(item)}`;
  }

  private runningName(item: Item): string {
    return `running_${this.nameOf(item)}`;
  }

  /** One name per view: the second view of `x` is `x_view_2`. */
  private unique(base: string): string {
    const count = (this.names.get(base) ?? 0) + 1;
    this.names.set(base, count);
    return count === 1 ? base : `${base}_view_${count}`;
  }

  /** Comparisons and their products are bool until something wants numbers. */
  private isMask(item: Item): boolean {
    if (item.name === "mul") return item.operands.every((operand) => this.isMaskOperand(operand));
    return item.name === "greater" || item.name === "greaterEqual" || item.name === "equal";
  }

  private isMaskOperand(operand: Operand | undefined): boolean {
    return operand?.from === "item" && this.own.has(operand.item) && this.isMask(operand.item);
  }

  /** Is the item's value from another round than the reader's? */
  private isElsewhere(item: Item, reader: Item): boolean {
    return this.own.has(item) && isInner(item, this.kernel) && this.phases.of.get(item) !== this.phases.of.get(reader);
  }

  private line(text: string): void {
    this.lines.push(`${this.indent}${text}`);
  }
}

function parameterName({ node }: Extract<Operand, { from: "parameter" }>): string {
  const { operation } = node;
  if (operation.name === "parameter") return `parameter_${snake(operation.label)}`;
  return `${snake(operation.name)}_without_events_${node.id}`;
}

/** Comma-separated words in comment lines of at most 120 characters. */
function wrap(start: string, words: readonly string[]): string[] {
  const lines: string[] = [];
  let line = start;
  words.forEach((word, i) => {
    const text = i < words.length - 1 ? `${word}, ` : word;
    if (line.length + text.length > 120) {
      lines.push(line.trimEnd());
      line = `//${" ".repeat(start.length - 2)}`;
    }
    line += text;
  });
  return [...lines, line];
}
