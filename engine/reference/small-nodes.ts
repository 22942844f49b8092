/**
 * Nodes of few numbers without events, evaluated in one go: the same numbers as those of the definition (`evaluate.ts`), without
 * an array for each. A Hessian has thousands of such nodes before and after its pass over the events.
 */

import { broadcastIndex } from "../tape/broadcast-index.js";
import { type ElementwiseName, factsOf, isElementwise } from "../tape/elementwise-facts.js";
import { type Operation, type Shape, sizeOf, type Var } from "../tape/tape.js";
import { evaluate } from "./evaluate.js";

/** A node, with or without its tape. */
export interface SmallNode {
  readonly id: number;
  readonly operation: Operation;
  readonly shape: Shape;
  readonly inputs: readonly { readonly id: number; readonly shape: Shape }[];
}

/** Numbers of a node at most: where there are more, an array of its own is no loss. */
const MOST = 64;

const isSmall = ({ shape }: { readonly shape: Shape }) => sizeOf(shape) <= MOST;

/** What is so frequent that it is written down here; all else is called. */
const CODES = ["add", "mul", "neg", "sub", "div", "where", "greater", "take", "called", "evaluated"] as const;
type Code = (typeof CODES)[number];
const codeOf = Object.fromEntries(CODES.map((name, code) => [name, code])) as Readonly<Record<Code, number>>;

/** Numbers of a step: its code, number of elements, place of the result, places of the operands or the number of what is called. */
const WIDTH = 7;

const isView = (name: Operation["name"]) => name === "reshape" || name === "stopGradient";

/** Where the values of a node are: changed by the next `run`. */
export interface SmallValue {
  readonly place: number;
  readonly numbers: Float64Array;
}

export class SmallNodes {
  /** Values of all nodes and of what they read from outside, one after another; and before the last run. */
  private readonly numbers: Float64Array;
  private readonly earlier: Float64Array;
  private readonly places = new Map<number, number>();
  /** Read from outside: by the numbers of their nodes. */
  private readonly given: { readonly id: number; readonly place: number; readonly size: number }[] = [];
  private readonly steps: Int32Array;
  private readonly forms: ((a: number, b: number, c: number) => number)[] = [];
  private readonly indices: Int32Array[] = [];
  private readonly others: (() => void)[] = [];
  private isNew = true;
  private end = 0;

  /** @param nodes  inputs first; those that are `included` */
  constructor(nodes: readonly SmallNode[]) {
    const own = new Set(nodes.map(({ id }) => id));
    for (const input of nodes.flatMap(({ inputs }) => inputs)) {
      if (own.has(input.id) || this.places.has(input.id)) continue;
      this.given.push({ id: input.id, place: this.end, size: sizeOf(input.shape) });
      this.place(input);
    }
    const constants: { readonly place: number; readonly values: ArrayLike<number> }[] = [];
    const steps: number[] = [];
    const late: (() => void)[] = [];
    for (const node of nodes) {
      const { operation, inputs } = node;
      if (isView(operation.name)) this.places.set(node.id, this.placeOf(inputs[0]!.id));
      else if (operation.name === "constant") {
        constants.push({ place: this.place(node), values: evaluate(node as unknown as Var, [], 1) });
      } else steps.push(...this.step(node, late));
    }
    this.steps = Int32Array.from(steps);
    this.numbers = new Float64Array(this.end);
    this.earlier = new Float64Array(this.end);
    for (const { place, values } of constants) this.numbers.set(values, place);
    for (const make of late) make();
  }

  /** Those of some nodes, inputs first, that are evaluated here: small ones that read small ones alone, and none of the nodes left out. */
  static included<N extends SmallNode>(nodes: readonly N[]): N[] {
    const leftOut = new Set<number>();
    return nodes.filter((node) => {
      const { operation, inputs } = node;
      // Parameters are there before all of them.
      if (operation.name === "parameter") return false;
      const isOwn = isSmall(node) && inputs.every((input) => isSmall(input) && !leftOut.has(input.id));
      if (!isOwn) leftOut.add(node.id);
      return isOwn;
    });
  }

  has(id: number): boolean {
    return this.places.has(id);
  }

  /** Values of a node: changed by the next `run`. */
  valueOf(node: { readonly id: number; readonly shape: Shape }): Float64Array {
    return this.placed(node).numbers;
  }

  placed({ id, shape }: { readonly id: number; readonly shape: Shape }): SmallValue {
    const place = this.placeOf(id);
    return { place, numbers: this.numbers.subarray(place, place + sizeOf(shape)) };
  }

  /** Did the last `run` that evaluated anything change a value? */
  hasChanged({ place, numbers }: SmallValue): boolean {
    for (let i = 0; i < numbers.length; i++) if (!Object.is(numbers[i], this.earlier[place + i])) return true;
    return false;
  }

  /** Evaluates all, from what `valueAt` gives for nodes from outside. @returns whether any of that had changed */
  run(valueAt: (id: number) => Float64Array): boolean {
    const { numbers } = this;
    let hasChanged = this.isNew;
    this.earlier.set(numbers);
    for (const { id, place, size } of this.given) {
      const value = valueAt(id);
      for (let i = 0; i < size; i++) {
        if (Object.is(numbers[place + i], value[i])) continue;
        numbers[place + i] = value[i] as number;
        hasChanged = true;
      }
    }
    if (hasChanged) this.evaluate();
    this.isNew = false;
    return hasChanged;
  }

  private place({ id, shape }: { readonly id: number; readonly shape: Shape }): number {
    const place = this.end;
    this.places.set(id, place);
    this.end += sizeOf(shape);
    return place;
  }

  private placeOf(id: number): number {
    const place = this.places.get(id);
    if (place === undefined) throw new Error(`internal: node ${id} has no place`);
    return place;
  }

  private step(node: SmallNode, late: (() => void)[]): number[] {
    const { operation, inputs, shape } = node;
    const [a = 0, b = 0, c = 0] = inputs.map(({ id }) => this.placeOf(id));
    const size = sizeOf(shape);
    const to = this.place(node);
    const by = (index: Int32Array) => [codeOf.take, size, to, a, 0, 0, this.indices.push(index) - 1];
    if (isElementwise(operation.name)) {
      const known = codeOf[operation.name as ElementwiseName & Code];
      if (known !== undefined) return [known, size, to, a, b, c, 0];
      return [codeOf.called, size, to, a, b, c, this.forms.push(factsOf(operation.name).f64) - 1];
    }
    if (operation.name === "take") return by(operation.index);
    if (operation.name === "broadcast") return by(broadcastIndex(inputs[0]!.shape, shape));
    const at = this.others.push(() => {}) - 1;
    late.push(() => {
      const values = inputs.map((input) => this.valueOf(input));
      this.others[at] = () => this.numbers.set(evaluate(node as unknown as Var, values, 1), to);
    });
    return [codeOf.evaluated, size, to, 0, 0, 0, at];
  }

  private evaluate(): void {
    const { numbers: x, steps } = this;
    for (let s = 0; s < steps.length; s += WIDTH) {
      const [size, to, a, b] = [steps[s + 1]!, steps[s + 2]!, steps[s + 3]!, steps[s + 4]!];
      switch (steps[s]) {
        case 0:
          for (let i = 0; i < size; i++) x[to + i] = x[a + i]! + x[b + i]!;
          break;
        case 1:
          for (let i = 0; i < size; i++) x[to + i] = x[a + i]! * x[b + i]!;
          break;
        case 2:
          for (let i = 0; i < size; i++) x[to + i] = -x[a + i]!;
          break;
        case 3:
          for (let i = 0; i < size; i++) x[to + i] = x[a + i]! - x[b + i]!;
          break;
        case 4:
          for (let i = 0; i < size; i++) x[to + i] = x[a + i]! / x[b + i]!;
          break;
        case 5: {
          const c = steps[s + 5]!;
          for (let i = 0; i < size; i++) x[to + i] = x[a + i] !== 0 ? x[b + i]! : x[c + i]!;
          break;
        }
        case 6:
          for (let i = 0; i < size; i++) x[to + i] = x[a + i]! > x[b + i]! ? 1 : 0;
          break;
        default:
          this.evaluateOther(s);
      }
    }
  }

  private evaluateOther(s: number): void {
    const { numbers: x, steps } = this;
    const [code, size, to, a] = [steps[s]!, steps[s + 1]!, steps[s + 2]!, steps[s + 3]!];
    const own = steps[s + 6]!;
    if (code === codeOf.evaluated) this.others[own]!();
    else if (code === codeOf.take) {
      const index = this.indices[own]!;
      for (let i = 0; i < size; i++) x[to + i] = index[i]! < 0 ? 0 : x[a + index[i]!]!;
    } else {
      const [b, c] = [steps[s + 4]!, steps[s + 5]!];
      const form = this.forms[own]!;
      for (let i = 0; i < size; i++) x[to + i] = form(x[a + i]!, x[b + i]!, x[c + i]!);
    }
  }
}
