/** Operations that only place elements: views, repetitions, selections. */
import { ShapeError, UsageError } from "../../errors.js";
import { checkArgument, numbers, valueText } from "../../options.js";
import { checkNode } from "../nodes.js";
import { checkShape, checkSize, type EventSet, type Shape, sameShape, sizeOf, type Var } from "../tape.js";
import { broadcastShapes, shapeText, uniformValue } from "./operands.js";

/** Repeats feature axes of size 1 (and new leading axes) up to `shape`. */
export function broadcast(x: Var, shape: Shape): Var {
  checkNode("broadcast", x);
  checkShape("broadcast", shape);
  if (sameShape(x.shape, shape)) return x;
  if (!sameShape(broadcastShapes("broadcast", x.shape, shape), shape)) {
    throw new ShapeError("broadcast", { expected: `a shape that broadcasts to [${shape}]`, got: shapeText(x) });
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
    throw new ShapeError("broadcastEvents", { expected: "a node without events", got: shapeText(x) });
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
      expected: `${sizeOf(x.shape)} elements as in ${shapeText(x)}`,
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
export function axisOf(where: string, x: Var, axis: number): number {
  checkNode(where, x);
  const position = Number.isInteger(axis) && axis < 0 ? axis + x.shape.length : axis;
  if (!Number.isInteger(position) || position < 0 || position >= x.shape.length) {
    throw new ShapeError(where, { expected: `an axis of ${shapeText(x)}`, got: valueText(axis) });
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

export const withAxis = (shape: Shape, axis: number, size: number) =>
  shape.map((old, at) => (at === axis ? size : old));

/** `x[..., picked[0]], x[..., picked[1]], ...` along one axis. */
function takeAlong(where: string, x: Var, axis: number, picked: readonly number[]): Var {
  const shape = withAxis(x.shape, axis, picked.length);
  checkSize(where, shape);
  return take(x, shape, indexAlong(x.shape, axis, picked));
}

/** The elements `start` (inclusive) to `stop` (exclusive) of a feature axis. */
export function slice(x: Var, axis: number, start: number, stop: number): Var {
  const at = axisOf("slice", x, axis);
  const isWhole = Number.isInteger(start) && Number.isInteger(stop);
  if (!(isWhole && start >= 0 && stop > start && stop <= (x.shape[at] as number))) {
    throw new ShapeError("slice", {
      expected: `0 <= start < stop <= ${x.shape[at]} on axis ${axis} of ${shapeText(x)}`,
      got: `${valueText(start)} to ${valueText(stop)}`,
    });
  }
  const picked = Array.from({ length: stop - start }, (_, i) => start + i);
  return takeAlong("slice", x, at, picked);
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
  checkSize("pad", withAxis(x.shape, at, before + size + after));
  const picked = Array.from({ length: before + size + after }, (_, i) => {
    const from = i - before;
    return from >= 0 && from < size ? from : -1;
  });
  return takeAlong("pad", x, at, picked);
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
  return takeAlong("select", x, at, order);
}
