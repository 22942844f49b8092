/** Linear maps of the last feature axis, and the gradient of their weights. */
import { ShapeError, UsageError } from "../../errors.js";
import { aFlag, checkOptions, numbers, type Options, optional, valueText } from "../../options.js";
import { checkSize, sameShape, type Var } from "../tape.js";
import { checkOneTape, commonEvents, shapeText, uniformValue } from "./operands.js";
import { broadcastEvents } from "./shapes.js";

function checkLinear(where: string, x: Var, weights: Var, side: 0 | 1, prefix: Int32Array | undefined): void {
  checkOneTape(where, [x, weights]);
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
      got: `weights [${weights.shape}] and x ${shapeText(x)}`,
    });
  }
  if (weights.events !== undefined) {
    throw new ShapeError(where, { expected: "weights without events", got: shapeText(weights) });
  }
  checkPrefix(where, prefix, out as number, size);
}

function checkPrefix(where: string, prefix: Int32Array | undefined, out: number, size: number): void {
  if (prefix !== undefined && !(prefix instanceof Int32Array)) {
    throw new UsageError(where, { expected: "an Int32Array for the prefix", got: valueText(prefix) });
  }
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
  checkOneTape("weightGradient", [g, x]);
  const events = commonEvents("weightGradient", [g, x]);
  const lead = g.shape.slice(0, -1);
  if (!sameShape(lead, x.shape.slice(0, -1)) || g.shape.length === 0 || x.shape.length === 0) {
    throw new ShapeError("weightGradient", {
      expected: "g [..., out] and x [..., in] with equal leading axes",
      got: `${shapeText(g)} and ${shapeText(x)}`,
    });
  }
  const [out, size] = [g.shape.at(-1) as number, x.shape.at(-1) as number];
  checkPrefix("weightGradient", prefix, out, size);
  const shape = [...(batched ? lead : []), out, size];
  checkSize("weightGradient", shape);
  const inputs = [broadcastEvents(g, events), broadcastEvents(x, events)];
  if (inputs.some((input) => uniformValue(input) === 0)) return g.tape.constant(0, shape);
  return g.tape.append({ name: "weightGradient", prefix, batched }, inputs, shape, undefined);
}
