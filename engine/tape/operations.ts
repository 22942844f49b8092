/** The operations a tape knows, as functions of nodes. Each checks shapes and simplifies 0 and 1; derivatives are in derivatives/vjp.ts. */
import { ShapeError, UsageError } from "../errors.js";
import { aFlag, checkArgument, checkOptions, numbers, type Options, optional, valueText } from "../options.js";
import { checkNode, checkOperand } from "./nodes.js";
import {
  type BinaryName,
  checkShape,
  type ElementwiseName,
  type EventSet,
  type Shape,
  sameShape,
  sizeOf,
  type UnaryName,
  type Var,
} from "./tape.js";

export type Operand = Var | number;

const describe = (x: Var) => `[${x.shape}]${x.events === undefined ? "" : ` over "${x.events.name}"`}`;

/** The number a node holds everywhere, if it is such a constant. */
export function uniformValue(x: Var): number | undefined {
  return x.operation.name === "constant" && "value" in x.operation ? x.operation.value : undefined;
}

/** The shape both broadcast to: right-aligned, sizes 1 repeat. */
export function broadcastShapes(where: string, a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) => {
    const sizeA = a[axis - rank + a.length] ?? 1;
    const sizeB = b[axis - rank + b.length] ?? 1;
    if (sizeA !== sizeB && sizeA !== 1 && sizeB !== 1) {
      throw new ShapeError(where, { expected: "shapes that broadcast (equal sizes or 1)", got: `[${a}] and [${b}]` });
    }
    return sizeA === 1 ? sizeB : sizeA;
  });
}

function commonEvents(where: string, operands: readonly Var[]): EventSet | undefined {
  let events: EventSet | undefined;
  for (const operand of operands) {
    if (operand.events !== undefined && events !== undefined && operand.events !== events) {
      throw new ShapeError(where, {
        expected: "operands of one event set",
        got: `"${events.name}" and "${operand.events.name}"`,
        hint: "Sum each set over its events first",
      });
    }
    events ??= operand.events;
  }
  return events;
}

function checkTape(where: string, operands: readonly Var[]): void {
  for (const operand of operands) checkNode(where, operand);
  if (operands.every((operand) => operand.tape === operands[0]?.tape)) return;
  throw new UsageError(where, { expected: "operands of one tape", got: "operands of two tapes" });
}

/** Brings operands to one shape and one event set. */
function align(where: string, operands: readonly Operand[]): Var[] {
  for (const operand of operands) checkOperand(where, operand);
  const vars = operands.filter((operand): operand is Var => typeof operand !== "number");
  const first = vars[0];
  if (first === undefined) {
    throw new UsageError(where, { expected: "at least one operand on a tape", got: "numbers only" });
  }
  checkTape(where, vars);
  const events = commonEvents(where, vars);
  const shape = vars.reduce<Shape>((common, operand) => broadcastShapes(where, common, operand.shape), []);
  return operands.map((operand) => {
    if (typeof operand === "number") return first.tape.constant(operand, shape, events);
    return broadcastEvents(broadcast(operand, shape), events);
  });
}

function elementwise(name: ElementwiseName, operands: readonly Operand[]): Var {
  const inputs = align(name, operands);
  const first = inputs[0] as Var;
  return first.tape.append({ name }, inputs, first.shape, first.events);
}

const unary = (name: UnaryName) => (x: Var) => elementwise(name, [x]);
const binary = (name: BinaryName) => (a: Operand, b: Operand) => elementwise(name, [a, b]);

export const neg = unary("neg");
/** e^x. Overflows to +Infinity above 88.72 in f32, 709.78 in f64. */
export const exp = unary("exp");
export const log = unary("log");
/** log(1 + x), accurate near 0 where log(add(x, 1)) is not. */
export const log1p = unary("log1p");
/** e^x - 1, accurate near 0. Its slope is taken as y + 1: where that is far below 1, it has the digits of a number near 1. */
export const expm1 = unary("expm1");
/** Its slope is taken as 1 - y²: where that is far below 1, it has the digits of a number near 1. */
export const tanh = unary("tanh");
/**
 * 1 / (1 + e^-x), accurate in both tails: e^x far below 0, down to the least number that `exp` gives. Its slope is taken as y (1 - y):
 * far above 0, where that is far below 1, it has the digits of a number near 1.
 */
export const sigmoid = unary("sigmoid");
/** Backends may give NaN beyond |x| = 2^20 π/2, where an f32 has lost its phase; `cos` likewise. */
export const sin = unary("sin");
export const cos = unary("cos");
export const sqrt = unary("sqrt");
/** |x|; the derivative at 0 is 0. */
export const abs = unary("abs");
/** x, whose derivative is taken to be 0. */
export function stopGradient(x: Var): Var {
  checkNode("stopGradient", x);
  return uniformValue(x) === undefined ? elementwise("stopGradient", [x]) : x;
}

/** 1 where a > b, else 0. No derivative. A product with it is a product (0 · NaN is NaN): to select, use `where`. */
export const greater = binary("greater");
/** 1 where a >= b, else 0. No derivative. */
export const greaterEqual = binary("greaterEqual");
/** 1 where a = b, else 0. No derivative. */
export const equal = binary("equal");
export const less = (a: Operand, b: Operand) => greater(b, a);
export const lessEqual = (a: Operand, b: Operand) => greaterEqual(b, a);
/** The larger; at a tie each gets half of the cotangent. */
export const maximum = binary("maximum");
/** The smaller; at a tie each gets half of the cotangent. */
export const minimum = binary("minimum");

/** Both operands aligned, with the numbers they hold everywhere. */
function simplifiable(name: BinaryName, a: Operand, b: Operand) {
  const [x, y] = align(name, [a, b]) as [Var, Var];
  return { x, y, valueX: uniformValue(x), valueY: uniformValue(y) };
}

const like = (x: Var, value: number) => x.tape.constant(value, x.shape, x.events);

export function add(a: Operand, b: Operand): Var {
  const { x, y, valueX, valueY } = simplifiable("add", a, b);
  if (valueX !== undefined && valueY !== undefined) return like(x, valueX + valueY);
  if (valueX === 0) return y;
  if (valueY === 0) return x;
  return elementwise("add", [x, y]);
}

export function sub(a: Operand, b: Operand): Var {
  const { x, y, valueX, valueY } = simplifiable("sub", a, b);
  if (valueX !== undefined && valueY !== undefined) return like(x, valueX - valueY);
  if (valueX === 0) return neg(y);
  if (valueY === 0) return x;
  return elementwise("sub", [x, y]);
}

/** a b; 0 times anything is 0 where the 0 is a constant of the tape. */
export function mul(a: Operand, b: Operand): Var {
  const { x, y, valueX, valueY } = simplifiable("mul", a, b);
  if (valueX !== undefined && valueY !== undefined) return like(x, valueX * valueY);
  if (valueX === 0 || valueY === 0) return like(x, 0);
  if (valueX === 1) return y;
  if (valueY === 1) return x;
  return elementwise("mul", [x, y]);
}

export function div(a: Operand, b: Operand): Var {
  const { x, y, valueX, valueY } = simplifiable("div", a, b);
  if (valueX === 0) return like(x, 0);
  if (valueY === 1) return x;
  // A division by a constant is a multiplication where the reciprocal is exact.
  if (valueY !== undefined && Number.isInteger(Math.log2(Math.abs(valueY))) && Number.isFinite(1 / valueY)) {
    return mul(x, 1 / valueY);
  }
  return elementwise("div", [x, y]);
}

export const square = (x: Var) => mul(x, x);

/** `a` where the condition is not 0, else `b`. The side not chosen gets no derivative, but is computed: guard its input. */
export function where(condition: Var, a: Operand, b: Operand): Var {
  return elementwise("where", [condition, a, b]);
}

/**
 * log(1 + e^x), accurate in both tails. At 0 all of it is what it is for negative x, slopes included: the maximum of x and 0 has a kink
 * there, which the function has not.
 */
export function softplus(x: Var): Var {
  const isPositive = greater(x, 0);
  return add(where(isPositive, x, 0), log1p(exp(where(isPositive, neg(x), x))));
}

/** log(1 / (1 + e^-x)), accurate in both tails: x far below 0, where the logarithm of `sigmoid` would end at -Infinity. */
export const logSigmoid = (x: Var) => neg(softplus(neg(x)));

/** Repeats feature axes of size 1 (and new leading axes) up to `shape`. */
export function broadcast(x: Var, shape: Shape): Var {
  checkNode("broadcast", x);
  checkShape("broadcast", shape);
  if (sameShape(x.shape, shape)) return x;
  if (!sameShape(broadcastShapes("broadcast", x.shape, shape), shape)) {
    throw new ShapeError("broadcast", { expected: `a shape that broadcasts to [${shape}]`, got: describe(x) });
  }
  const value = uniformValue(x);
  if (value !== undefined) return x.tape.constant(value, shape, x.events);
  return x.tape.append({ name: "broadcast" }, [x], shape, x.events);
}

/** Repeats a node without events for every event of the set; gives back what already has these events. */
export function broadcastEvents(x: Var, events: EventSet | undefined): Var {
  checkNode("broadcastEvents", x);
  if (events === undefined || x.events === events) return x;
  x.tape.checkEvents("broadcastEvents", events);
  if (x.events !== undefined) {
    throw new ShapeError("broadcastEvents", { expected: "a node without events", got: describe(x) });
  }
  const value = uniformValue(x);
  if (value !== undefined) return x.tape.constant(value, x.shape, events);
  return x.tape.append({ name: "broadcastEvents" }, [x], x.shape, events);
}

export function reshape(x: Var, shape: Shape): Var {
  checkNode("reshape", x);
  checkShape("reshape", shape);
  if (sameShape(x.shape, shape)) return x;
  if (sizeOf(shape) !== sizeOf(x.shape)) {
    throw new ShapeError("reshape", {
      expected: `${sizeOf(x.shape)} elements as in ${describe(x)}`,
      got: `[${shape}]`,
    });
  }
  const value = uniformValue(x);
  if (value !== undefined) return x.tape.constant(value, shape, x.events);
  return x.tape.append({ name: "reshape" }, [x], shape, x.events);
}

/**
 * Element r of the result is element `index[r]` of x, both counted through the flattened feature axes; 0 where the
 * index is -1. No element is taken twice (repeat with `broadcast`).
 */
export function take(x: Var, shape: Shape, index: Int32Array): Var {
  checkNode("take", x);
  checkShape("take", shape);
  if (!(index instanceof Int32Array)) {
    throw new UsageError("take", { expected: "indices as an Int32Array", got: valueText(index) });
  }
  const size = sizeOf(x.shape);
  const seen = new Uint8Array(size);
  if (index.length !== sizeOf(shape)) {
    throw new ShapeError("take", { expected: `${sizeOf(shape)} indices for shape [${shape}]`, got: `${index.length}` });
  }
  for (const i of index) {
    if (i < -1 || i >= size || (i >= 0 && seen[i] === 1)) {
      throw new ShapeError("take", {
        expected: `indices in [-1, ${size}), none twice`,
        got: `${i}${i >= 0 && i < size ? " twice" : ""}`,
      });
    }
    if (i >= 0) seen[i] = 1;
  }
  if (sameShape(x.shape, shape) && index.every((i, r) => i === r)) return x;
  const value = uniformValue(x);
  if (value !== undefined) {
    const values = Float64Array.from(index, (i) => (i < 0 ? 0 : value));
    return broadcastEvents(x.tape.constant(values, shape), x.events);
  }
  return x.tape.append({ name: "take", index }, [x], shape, x.events);
}

/** Position of an axis counted from the front; negative axes count from the back, -1 being the last feature axis. */
function axisOf(where: string, x: Var, axis: number): number {
  checkNode(where, x);
  const position = Number.isInteger(axis) && axis < 0 ? axis + x.shape.length : axis;
  if (!Number.isInteger(position) || position < 0 || position >= x.shape.length) {
    throw new ShapeError(where, { expected: `an axis of ${describe(x)}`, got: valueText(axis) });
  }
  return position;
}

/** Flat indices of `x[..., picked[0]], x[..., picked[1]], ...` along one axis; -1 where `picked` is -1. */
function indexAlong(shape: Shape, axis: number, picked: readonly number[]): Int32Array {
  const outer = sizeOf(shape.slice(0, axis));
  const size = shape[axis] as number;
  const inner = sizeOf(shape.slice(axis + 1));
  const index = new Int32Array(outer * picked.length * inner);
  let r = 0;
  for (let o = 0; o < outer; o++) {
    for (const p of picked) for (let i = 0; i < inner; i++) index[r++] = p < 0 ? -1 : (o * size + p) * inner + i;
  }
  return index;
}

const withAxis = (shape: Shape, axis: number, size: number) => shape.map((old, at) => (at === axis ? size : old));

/** The elements `start` (inclusive) to `stop` (exclusive) of a feature axis. */
export function slice(x: Var, axis: number, start: number, stop: number): Var {
  const at = axisOf("slice", x, axis);
  const isWhole = Number.isInteger(start) && Number.isInteger(stop);
  if (!(isWhole && start >= 0 && stop > start && stop <= (x.shape[at] as number))) {
    throw new ShapeError("slice", {
      expected: `0 <= start < stop <= ${x.shape[at]} on axis ${axis} of ${describe(x)}`,
      got: `${valueText(start)} to ${valueText(stop)}`,
    });
  }
  const picked = Array.from({ length: stop - start }, (_, i) => start + i);
  return take(x, withAxis(x.shape, at, picked.length), indexAlong(x.shape, at, picked));
}

/** Zeros before and after along a feature axis. */
export function pad(x: Var, axis: number, before: number, after: number): Var {
  const at = axisOf("pad", x, axis);
  const size = x.shape[at] as number;
  if (![before, after].every((count) => Number.isInteger(count) && count >= 0)) {
    throw new ShapeError("pad", {
      expected: "whole numbers of zeros before and after",
      got: `${valueText(before)} and ${valueText(after)}`,
    });
  }
  const picked = Array.from({ length: before + size + after }, (_, i) => {
    const from = i - before;
    return from >= 0 && from < size ? from : -1;
  });
  return take(x, withAxis(x.shape, at, picked.length), indexAlong(x.shape, at, picked));
}

/** `x[..., order[0]], x[..., order[1]], ...` along a feature axis: a permutation or a selection. */
export function select(x: Var, axis: number, order: readonly number[]): Var {
  const at = axisOf("select", x, axis);
  const size = x.shape[at] as number;
  checkArgument("select", "the order", order, numbers);
  const bad = Array.from(order).find((i) => !(Number.isInteger(i) && i >= 0 && i < size));
  if (bad !== undefined || order.length === 0) {
    throw new ShapeError("select", { expected: `positions in [0, ${size}) on axis ${axis}`, got: `${bad ?? "none"}` });
  }
  return take(x, withAxis(x.shape, at, order.length), indexAlong(x.shape, at, order));
}

/** Joins along a feature axis; other axes and events broadcast. */
export function concatenate(parts: readonly Var[], axis = -1): Var {
  if (!Array.isArray(parts))
    throw new UsageError("concatenate", { expected: "a list of nodes", got: valueText(parts) });
  for (const part of parts) checkNode("concatenate", part, "a list of nodes");
  const first = parts[0];
  if (first === undefined) throw new UsageError("concatenate", { expected: "at least one part", got: "none" });
  const events = commonEvents("concatenate", parts);
  const rank = Math.max(...parts.map((part) => part.shape.length));
  const at = Number.isInteger(axis) && axis < 0 ? axis + rank : axis;
  if (!(Number.isInteger(at) && at >= 0 && at < rank)) {
    throw new ShapeError("concatenate", { expected: `an axis of parts with ${rank} axes`, got: valueText(axis) });
  }
  const lead = parts
    .map((part) => withAxis([...Array(rank - part.shape.length).fill(1), ...part.shape], at, 1))
    .reduce<Shape>((common, shape) => broadcastShapes("concatenate", common, shape), []);
  const sizes = parts.map((part) => part.shape[at - rank + part.shape.length] ?? 1);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  let offset = 0;
  return parts
    .map((part, i) => {
      const size = sizes[i] as number;
      const aligned = broadcastEvents(broadcast(part, withAxis(lead, at, size)), events);
      const padded = pad(aligned, at, offset, total - offset - size);
      offset += size;
      return padded;
    })
    .reduce((joined, part) => add(joined, part));
}

/** Σ along a feature axis, which stays with size 1. */
export function sum(x: Var, axis: number): Var {
  const at = axisOf("sum", x, axis);
  if (x.shape[at] === 1) return x;
  const value = uniformValue(x);
  const shape = withAxis(x.shape, at, 1);
  if (value !== undefined) return x.tape.constant(value * (x.shape[at] as number), shape, x.events);
  return x.tape.append({ name: "sum", axis: at }, [x], shape, x.events);
}

/** The largest along a feature axis, which stays with size 1. Ties share the cotangent evenly. */
export function max(x: Var, axis: number): Var {
  const at = axisOf("max", x, axis);
  if (x.shape[at] === 1) return x;
  return x.tape.append({ name: "max", axis: at }, [x], withAxis(x.shape, at, 1), x.events);
}

export interface CumulativeSumOptions {
  /** Without the element itself. */
  readonly exclusive?: boolean;
  /** From the last to the first. */
  readonly reverse?: boolean;
}

const cumulativeSumOptions: Options<CumulativeSumOptions> = { exclusive: optional(aFlag), reverse: optional(aFlag) };

/** Running sum along a feature axis. */
export function cumulativeSum(x: Var, axis: number, options: CumulativeSumOptions = {}): Var {
  checkOptions("cumulativeSum", options, cumulativeSumOptions);
  const at = axisOf("cumulativeSum", x, axis);
  const { exclusive = false, reverse = false } = options;
  if (x.shape[at] === 1) return exclusive ? like(x, 0) : x;
  return x.tape.append({ name: "cumulativeSum", axis: at, exclusive, reverse }, [x], x.shape, x.events);
}

/** Σ over all feature axes down to the given shape: the adjoint of `broadcast`. */
export function sumTo(x: Var, shape: Shape): Var {
  checkNode("sumTo", x);
  checkShape("sumTo", shape);
  const rank = x.shape.length;
  let result = x;
  for (let axis = 0; axis < rank; axis++) {
    const target = shape[axis - rank + shape.length] ?? 1;
    if (target === 1) result = sum(result, axis);
  }
  return reshape(result, shape);
}

/** A term as large as this leaves the others no digit of the logarithm of their sum. Half of what f32 holds: shaders have no infinity. */
const HUGE = 2 ** 127;

/**
 * log Σ e^x along a feature axis, which stays with size 1: the largest term itself where that is infinite (or beyond ±2^127). Slopes
 * are e^x / Σ e^x; where all terms are -Infinity, they are 0.
 */
export function logSumExp(x: Var, axis: number): Var {
  const largest = max(x, axis);
  const isBounded = less(abs(largest), HUGE);
  // Guard the input, not the output: ∞ - ∞ is NaN, and 0 · NaN would be a slope.
  const centre = stopGradient(where(isBounded, largest, 0));
  const total = sum(exp(where(isBounded, sub(x, centre), 0)), axis);
  const infinite = where(greater(largest, 0), largest, stopGradient(largest));
  return where(isBounded, add(centre, log(total)), infinite);
}

function checkLinear(where: string, x: Var, weights: Var, side: 0 | 1, prefix: Int32Array | undefined): void {
  checkTape(where, [x, weights]);
  const [out, size] = weights.shape.slice(-2);
  const lead = weights.shape.slice(0, -2);
  const wanted = side === 0 ? size : out;
  if (
    size === undefined ||
    x.shape.at(-1) !== wanted ||
    !(lead.length === 0 || sameShape(lead, x.shape.slice(0, -1)))
  ) {
    throw new ShapeError(where, {
      expected: `weights [${side === 0 ? "out, in" : "in, out"}] fitting x [..., ${side === 0 ? "in" : "out"}]`,
      got: `weights [${weights.shape}] and x ${describe(x)}`,
    });
  }
  if (weights.events !== undefined) {
    throw new ShapeError(where, { expected: "weights without events", got: describe(weights) });
  }
  checkPrefix(where, prefix, out as number, size);
}

function checkPrefix(where: string, prefix: Int32Array | undefined, out: number, size: number): void {
  if (prefix === undefined || (prefix.length === out && prefix.every((p) => p >= 0 && p <= size))) return;
  throw new ShapeError(where, {
    expected: `${out} prefix lengths between 0 and ${size}`,
    got: `[${prefix.slice(0, 8)}${prefix.length > 8 ? ", ..." : ""}] (${prefix.length})`,
  });
}

export interface LinearOptions {
  /** Row o of the weights counts only up to `prefix[o]`; what lies beyond is taken as 0. */
  readonly prefix?: Int32Array | undefined;
  readonly transposed?: boolean;
}

const linearOptions: Options<LinearOptions> = { prefix: optional(numbers), transposed: optional(aFlag) };

/**
 * Linear map of the last feature axis by weights `[out, in]`, or `[..., out, in]` with the leading axes of x:
 * x `[..., in]` → `[..., out]`; transposed, x `[..., out]` → `[..., in]`.
 *
 * With a prefix mask x must be finite: backends work in blocks of rows, and NaN or Infinity in an element that only some
 * rows of a block use makes the others NaN.
 */
export function linear(x: Var, weights: Var, options: LinearOptions = {}): Var {
  checkOptions("linear", options, linearOptions);
  const { prefix, transposed = false } = options;
  checkLinear("linear", x, weights, transposed ? 1 : 0, prefix);
  const shape = [...x.shape.slice(0, -1), weights.shape.at(transposed ? -1 : -2) as number];
  if (uniformValue(x) === 0) return x.tape.constant(0, shape, x.events);
  return x.tape.append({ name: "linear", transposed, prefix }, [x, weights], shape, x.events);
}

/**
 * Σ over events of g[..., o] x[..., i]: `[..., out, in]` when batched, else summed over leading axes, `[out, in]`.
 * Elements at or beyond a row's prefix are 0.
 */
export function weightGradient(g: Var, x: Var, prefix: Int32Array | undefined, batched: boolean): Var {
  checkTape("weightGradient", [g, x]);
  const events = commonEvents("weightGradient", [g, x]);
  const lead = g.shape.slice(0, -1);
  if (!sameShape(lead, x.shape.slice(0, -1)) || g.shape.length === 0 || x.shape.length === 0) {
    throw new ShapeError("weightGradient", {
      expected: "g [..., out] and x [..., in] with equal leading axes",
      got: `${describe(g)} and ${describe(x)}`,
    });
  }
  const [out, size] = [g.shape.at(-1) as number, x.shape.at(-1) as number];
  checkPrefix("weightGradient", prefix, out, size);
  const shape = [...(batched ? lead : []), out, size];
  const inputs = [broadcastEvents(g, events), broadcastEvents(x, events)];
  if (inputs.some((input) => uniformValue(input) === 0)) return g.tape.constant(0, shape);
  return g.tape.append({ name: "weightGradient", prefix, batched }, inputs, shape, undefined);
}

/** Σ over events. */
export function sumEvents(x: Var): Var {
  checkNode("sumEvents", x);
  if (x.events === undefined) {
    throw new ShapeError("sumEvents", { expected: "a node with events", got: describe(x) });
  }
  if (uniformValue(x) === 0) return x.tape.constant(0, x.shape);
  return x.tape.append({ name: "sumEvents" }, [x], x.shape, undefined);
}
