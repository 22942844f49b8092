/** Sums and maxima, along a feature axis or over events. */
import { ShapeError } from "../../errors.js";
import { aFlag, checkOptions, type Options, optional } from "../../options.js";
import { checkNode } from "../nodes.js";
import { checkShape, type Shape, type Var } from "../tape.js";
import { neg } from "./elementwise.js";
import { like, shapeText, uniformValue } from "./operands.js";
import { axisOf, reshape, withAxis } from "./shapes.js";

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

/** The smallest along a feature axis, which stays with size 1. Ties share the cotangent evenly. */
export function min(x: Var, axis: number): Var {
  axisOf("min", x, axis);
  return neg(max(neg(x), axis));
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

/** Σ over events. */
export function sumEvents(x: Var): Var {
  checkNode("sumEvents", x);
  if (x.events === undefined) {
    throw new ShapeError("sumEvents", { expected: "a node with events", got: shapeText(x) });
  }
  if (uniformValue(x) === 0) return x.tape.constant(0, x.shape);
  return x.tape.append({ name: "sumEvents" }, [x], x.shape, undefined);
}
