/** Jacobian-vector products: how a change of some nodes carries on along a tape. */

import type { ElementwiseName } from "../tape/elementwise-facts.js";
import * as o from "../tape/operations.js";
import { type Attributes, type EventSet, type OperationName, type Shape, sizeOf, type Var } from "../tape/tape.js";
import { type Vjp, vjps } from "./vjp.js";

type Replay<A> = (inputs: readonly Var[], shape: Shape, attributes: A, events: EventSet | undefined) => Var;

const one =
  (operation: (x: Var) => Var): Replay<object> =>
  ([x]) =>
    operation(x as Var);
const two =
  (operation: (a: Var, b: Var) => Var): Replay<object> =>
  ([a, b]) =>
    operation(a as Var, b as Var);

const leaf: Replay<object> = () => {
  throw new Error("internal: a leaf has no inputs to be replaced");
};

const replays: { readonly [N in OperationName]: Replay<N extends keyof Attributes ? Attributes[N] : object> } = {
  column: leaf,
  parameter: leaf,
  constant: leaf,
  neg: one(o.neg),
  exp: one(o.exp),
  log: one(o.log),
  log1p: one(o.log1p),
  expm1: one(o.expm1),
  tanh: one(o.tanh),
  sigmoid: one(o.sigmoid),
  sin: one(o.sin),
  cos: one(o.cos),
  erf: one(o.erf),
  erfc: one(o.erfc),
  erfcx: one(o.erfcx),
  erfcMeanExcess: one(o.erfcMeanExcess),
  reFaddeeva: two(o.reFaddeeva),
  imFaddeeva: two(o.imFaddeeva),
  reFaddeevaSlope: two(o.reFaddeevaSlope),
  imFaddeevaSlope: two(o.imFaddeevaSlope),
  reFaddeevaCurvature: two(o.reFaddeevaCurvature),
  imFaddeevaCurvature: two(o.imFaddeevaCurvature),
  sqrt: one(o.sqrt),
  abs: one(o.abs),
  floor: one(o.floor),
  stopGradient: one(o.stopGradient),
  add: two(o.add),
  sub: two(o.sub),
  mul: two(o.mul),
  div: two(o.div),
  maximum: two(o.maximum),
  minimum: two(o.minimum),
  greater: two(o.greater),
  greaterEqual: two(o.greaterEqual),
  equal: two(o.equal),
  where: ([condition, a, b]) => o.where(condition as Var, a as Var, b as Var),
  broadcast: ([x], shape) => o.broadcast(x as Var, shape),
  broadcastEvents: ([x], _shape, _attributes, events) => o.broadcastEvents(x as Var, events),
  reshape: ([x], shape) => o.reshape(x as Var, shape),
  take: ([x], shape, { index }) => o.take(x as Var, shape, index),
  sum: ([x], _shape, { axis }) => o.sum(x as Var, axis),
  max: ([x], _shape, { axis }) => o.max(x as Var, axis),
  cumulativeSum: ([x], _shape, { axis, exclusive, reverse }) => o.cumulativeSum(x as Var, axis, { exclusive, reverse }),
  linear: ([x, weights], _shape, { prefix, transposed }) => o.linear(x as Var, weights as Var, { prefix, transposed }),
  weightGradient: ([a, b], _shape, { prefix, batched }) => o.weightGradient(a as Var, b as Var, prefix, batched),
  sumEvents: ([x]) => o.sumEvents(x as Var),
};

/** The node's operation on other inputs of the same shapes. */
export function replay({ operation, shape, events }: Var, inputs: readonly Var[]): Var {
  return (replays[operation.name] as Replay<unknown>)(inputs, shape, operation, events);
}

const sumOf = (parts: readonly Var[]): Var | undefined =>
  parts.length === 0 ? undefined : parts.reduce((a, b) => o.add(a, b));

/** The numbers of a constant that is the same for all events, if the node is one. */
function constantValues(x: Var): Float64Array | undefined {
  const { operation } = x;
  if (operation.name === "broadcastEvents") return constantValues(x.inputs[0] as Var);
  return operation.name === "constant" && "values" in operation ? operation.values : undefined;
}

function bilinear(node: Var, [a, b]: readonly Var[], [first, second]: readonly (Var | undefined)[]): Var | undefined {
  return sumOf([
    ...(first ? [replay(node, [first, b as Var])] : []),
    ...(second ? [replay(node, [a as Var, second])] : []),
  ]);
}

/** What is picked from a constant is a constant: directions along one element stay cheap up to the first linear map. */
function taken(t: Var, shape: Shape, index: Int32Array): Var {
  const values = constantValues(t);
  if (values === undefined) return o.take(t, shape, index);
  const picked = Float64Array.from(index, (i) => (i < 0 ? 0 : (values[i] as number)));
  return o.broadcastEvents(t.tape.constant(picked, shape), t.events);
}

/** Part of an axis, the end left out. */
export type Range = readonly [start: number, stop: number];

/** Of the last axis of a linear map: where the change of its input is not 0, and what is wanted of its own. */
export interface LinearRanges {
  readonly input: Range;
  readonly output: Range;
}

/** A linear map of a change, with only that part of the weights which counts. */
function linearPart(node: Var, change: Var, weights: Var, { input, output }: LinearRanges): Var {
  const { transposed, prefix } = node.operation as { name: "linear" } & Attributes["linear"];
  const width = change.shape.at(-1) as number;
  const made = node.shape.at(-1) as number;
  const [rows, columns] = transposed ? [input, output] : [output, input];
  const seen = columns[1] - columns[0];
  const ownPrefix = prefix?.slice(...rows).map((length) => Math.min(Math.max(length - columns[0], 0), seen));
  const shape = [...change.shape.slice(0, -1), input[1] - input[0]];
  const index = Int32Array.from({ length: sizeOf(shape) }, (_, r) => {
    const size = shape.at(-1) as number;
    return Math.floor(r / size) * width + input[0] + (r % size);
  });
  const part = o.linear(taken(change, shape, index), o.slice(o.slice(weights, -2, ...rows), -1, ...columns), {
    prefix: ownPrefix,
    transposed,
  });
  return o.pad(part, -1, output[0], made - output[1]);
}

/**
 * Jacobian-vector product: the change of a node, given the changes of its inputs; `undefined` where there is none.
 *
 * @param y, inputs  values of the node and its inputs, which may be other nodes than the node's own
 * @param ranges  of a linear map whose weights do not change
 */
export function jvp(
  node: Var,
  y: Var,
  inputs: readonly Var[],
  changes: readonly (Var | undefined)[],
  ranges?: LinearRanges,
): Var | undefined {
  const [first] = changes;
  const { operation } = node;
  switch (operation.name) {
    case "column":
    case "parameter":
    case "constant":
      return undefined;
    case "broadcast":
    case "broadcastEvents":
    case "reshape":
    case "sum":
    case "cumulativeSum":
    case "sumEvents":
      return first && replay(node, [first]);
    case "take":
      return first && taken(first, node.shape, operation.index);
    case "linear":
      if (ranges !== undefined && first !== undefined) return linearPart(node, first, inputs[1] as Var, ranges);
      return bilinear(node, inputs, changes);
    case "weightGradient":
      return bilinear(node, inputs, changes);
    case "max": {
      const isLargest = o.equal(inputs[0] as Var, y);
      return first && o.sum(o.mul(first, o.div(isLargest, o.sum(isLargest, operation.axis))), operation.axis);
    }
    default: {
      // Element by element, what goes forward is multiplied by the same factor as what goes back.
      const vjp: Vjp<object> = vjps[operation.name satisfies ElementwiseName];
      return sumOf(
        changes.flatMap((change, i) => {
          const term = change && vjp.back(change, y, inputs, operation)[i];
          return term === undefined ? [] : [term()];
        }),
      );
    }
  }
}
