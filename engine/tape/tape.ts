/**
 * The tape: nodes with a shape and a history. Every operation appends a node; equal nodes are one node.
 *
 * A shape lists feature axes only. A node that belongs to events has one more axis, the events, last and contiguous
 * in memory: `[features..., events]`. Parameters and constants have none.
 */

import { ShapeError, UsageError } from "../errors.js";
import { aList, aText, checkArgument, numbers, valueText } from "../options.js";
import type { ElementwiseName } from "./elementwise-facts.js";

export type Shape = readonly number[];

/** A symbolic number of events. Nodes of different sets never mix in one operation. */
export interface EventSet {
  readonly name: string;
}

/** What an operation needs to know beside its inputs. */
export interface Attributes {
  /** Data: an array `[...shape, events]` bound by name before a run. */
  column: { readonly label: string };
  /** State: an array `[...shape]` that stays where the program runs. */
  parameter: { readonly label: string };
  /** The same number everywhere, or one number per element of the shape. */
  constant: { readonly value: number } | { readonly values: Float64Array };
  /** Repeats along feature axes of size 1, and along new leading axes. */
  broadcast: object;
  /** Repeats a parameter-like node for every event. */
  broadcastEvents: object;
  reshape: object;
  /** Element r of the output is element `index[r]` of the input, 0 where the index is -1. No element is taken twice. */
  take: { readonly index: Int32Array };
  /** Reductions keep their axis, with size 1. */
  sum: { readonly axis: number };
  max: { readonly axis: number };
  /** Running sum; `exclusive` leaves out the element itself, `reverse` runs from the end. */
  cumulativeSum: { readonly axis: number; readonly exclusive: boolean; readonly reverse: boolean };
  /**
   * y[..., o] = Σ_i W[..., o, i] x[..., i], or with `transposed` y[..., i] = Σ_o W[..., o, i] x[..., o]. Inputs: x, W.
   * Row o of W counts only up to `prefix[o]`: a prefix mask. W has the leading axes of x, or none.
   */
  linear: { readonly transposed: boolean; readonly prefix: Int32Array | undefined };
  /** Σ over events g[..., o] x[..., i], `[..., out, in]` when batched, else `[out, in]` summed over leading axes too. */
  weightGradient: { readonly prefix: Int32Array | undefined; readonly batched: boolean };
  sumEvents: object;
}

export type StructuralName = keyof Attributes;
export type OperationName = ElementwiseName | StructuralName;

export type Operation =
  | { readonly [N in StructuralName]: { readonly name: N } & Attributes[N] }[StructuralName]
  | { readonly name: ElementwiseName };

export interface Var {
  readonly tape: Tape;
  /** Position on the tape: inputs come before what uses them. */
  readonly id: number;
  readonly operation: Operation;
  readonly inputs: readonly Var[];
  readonly shape: Shape;
  readonly events: EventSet | undefined;
}

export function sizeOf(shape: Shape): number {
  checkArgument("sizeOf", "a shape", shape, aList);
  return shape.reduce((product, size) => product * size, 1);
}

/**
 * Elements of a node, per event where it has events: 128 MiB of f64, more than the weights of the largest architecture. The index of
 * a `take` is text in the key of its node, which above 2^26 numbers is longer than texts can be.
 */
export const MAX_ELEMENTS = 2 ** 24;

/** Refuses what no backend would have memory for, before anything is made of that size. */
export function checkSize(where: string, shape: Shape): void {
  const size = sizeOf(shape);
  if (size <= MAX_ELEMENTS) return;
  throw new ShapeError(where, { expected: `at most ${MAX_ELEMENTS} elements`, got: `${size}, shape [${shape}]` });
}

/** Refuses what is no list of sizes, as in `tape.column("x", 3)`. */
export function checkShape(where: string, shape: Shape): void {
  if (!(Array.isArray(shape) && shape.every((size) => Number.isInteger(size) && size >= 0))) {
    throw new ShapeError(where, {
      expected: "a shape, which is a list of sizes",
      got: valueText(shape),
      ...(typeof shape === "number" && { hint: `Write [${shape}]` }),
    });
  }
  checkSize(where, shape);
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis]);
}

/** As it stands in keys: 0 and -0 have one text, but not one reciprocal. */
const numberText = (value: number) => (Object.is(value, -0) ? "-0" : String(value));

/** A value of an operation in a key. */
function attributeText(value: unknown): string {
  if (value instanceof Float64Array) return `[${Array.from(value, numberText).join()}]`;
  if (value instanceof Int32Array) return `[${value.join()}]`;
  return typeof value === "number" ? numberText(value) : String(value);
}

/** A key that is equal for nodes that compute the same thing. */
function keyOf(operation: Operation, inputs: readonly Var[], shape: Shape, events: EventSet | undefined): string {
  const parts: string[] = [operation.name];
  for (const [name, value] of Object.entries(operation)) {
    if (name !== "name") parts.push(`${name}=${attributeText(value)}`);
  }
  return `${parts.join(";")}|${inputs.map((input) => input.id).join()}|${shape.join()}|${events?.name ?? ""}`;
}

export class Tape {
  readonly nodes: Var[] = [];
  private readonly known = new Map<string, Var>();
  private readonly leaves = new Map<string, Var>();
  private readonly sets = new Map<string, EventSet>();

  /** The event set of that name. Most programs have one. */
  events(name = "events"): EventSet {
    checkArgument("tape.events", "the name of a set", name, aText);
    let set = this.sets.get(name);
    if (set === undefined) {
      set = Object.freeze({ name });
      this.sets.set(name, set);
    }
    return set;
  }

  /** Refuses what is no event set, or one of another tape. */
  checkEvents(where: string, events: EventSet): void {
    const name: unknown = (events as Partial<EventSet> | null)?.name;
    if (typeof name === "string" && this.sets.get(name) === events) return;
    throw new UsageError(where, {
      expected: "an event set of this tape",
      got: typeof name === "string" ? `"${name}" of another tape` : valueText(events),
      hint: "Ask this tape for it: tape.events(name)",
    });
  }

  /** A column of data, `[...shape, events]`, bound by name before a run. */
  column(name: string, shape: Shape = [], events: EventSet = this.events()): Var {
    return this.leaf({ name: "column", label: name }, shape, events);
  }

  /** A parameter, `[...shape]`: state that stays where the program runs. */
  parameter(name: string, shape: Shape = []): Var {
    return this.leaf({ name: "parameter", label: name }, shape, undefined);
  }

  /** A constant: one number for every element of `shape`, or one number per element. */
  constant(value: number | ArrayLike<number>, shape?: Shape, events?: EventSet): Var {
    if (shape !== undefined) checkShape("constant", shape);
    if (typeof value === "number") return this.append({ name: "constant", value }, [], shape ?? [], events);
    if (!numbers.accepts(value)) {
      throw new UsageError("constant", { expected: "a number or a list of numbers", got: valueText(value) });
    }
    const values = Float64Array.from(value);
    const ownShape = shape ?? [values.length];
    if (values.length !== sizeOf(ownShape)) {
      throw new ShapeError("constant", {
        expected: `${sizeOf(ownShape)} numbers for shape [${ownShape}]`,
        got: `${values.length}`,
      });
    }
    const first = values[0];
    if (first !== undefined && values.every((entry) => Object.is(entry, first))) {
      return this.append({ name: "constant", value: first }, [], ownShape, events);
    }
    if (events !== undefined) {
      throw new ShapeError("constant", {
        expected: "an array constant without events",
        got: `one with events "${events.name}"`,
        hint: "Use broadcastEvents",
      });
    }
    return this.append({ name: "constant", values }, [], ownShape, undefined);
  }

  private leaf(
    operation: Extract<Operation, { name: "column" | "parameter" }>,
    shape: Shape,
    events: EventSet | undefined,
  ): Var {
    const where = `tape.${operation.name}`;
    if (typeof operation.label !== "string") {
      throw new UsageError(where, { expected: "a name", got: valueText(operation.label) });
    }
    checkShape(where, shape);
    if (events !== undefined) this.checkEvents(where, events);
    if (this.leaves.has(operation.label)) {
      throw new UsageError(where, {
        expected: "a name of its own for every column and parameter",
        got: `"${operation.label}" a second time`,
      });
    }
    const node = this.append(operation, [], shape, events);
    this.leaves.set(operation.label, node);
    return node;
  }

  /** Adds a node, or finds the equal one. Called by operations, which have checked the shapes. */
  append(operation: Operation, inputs: readonly Var[], shape: Shape, events: EventSet | undefined): Var {
    const key = keyOf(operation, inputs, shape, events);
    const found = this.known.get(key);
    if (found !== undefined) return found;
    for (const size of shape) {
      if (!Number.isInteger(size) || size < 1) {
        throw new ShapeError(operation.name, { expected: "axes of positive integer size", got: `shape [${shape}]` });
      }
    }
    checkSize(operation.name, shape);
    const node: Var = Object.freeze({ tape: this, id: this.nodes.length, operation, inputs, shape, events });
    this.nodes.push(node);
    this.known.set(key, node);
    return node;
  }
}
