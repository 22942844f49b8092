/** Vector-Jacobian products: from the cotangent of a node those of its inputs; and the pass that applies them from a loss on. */
import {
  add,
  broadcast,
  broadcastEvents,
  cos,
  cumulativeSum,
  div,
  equal,
  greater,
  linear,
  mul,
  neg,
  reshape,
  sin,
  sub,
  sum,
  sumEvents,
  sumTo,
  take,
  uniformValue,
  weightGradient,
  where,
} from "../tape/operations.js";
import { type Attributes, type OperationName, sizeOf, type Var } from "../tape/tape.js";

/** Cotangents of the inputs, each written down only if asked for; `undefined` where there is no derivative. */
export type Vjp<A> = (g: Var, y: Var, inputs: readonly Var[], attributes: A) => readonly ((() => Var) | undefined)[];

type Vjps = {
  readonly [N in OperationName]: Vjp<N extends keyof Attributes ? Attributes[N] : object>;
};

const none: Vjp<unknown> = () => [];
/** Of an operation with one input. */
const of = <A>(vjp: (g: Var, x: Var, y: Var, attributes: A) => Var): Vjp<A> => {
  return (g, y, [x], attributes) => [() => vjp(g, x as Var, y, attributes)];
};
type Pair = readonly [Var, Var];

/**
 * Where `where` took its first side. Of where(x > 0, x, 0) the result y tells: x > 0 exactly where y > 0. So what goes back
 * through a rectifier needs nothing beside y, which the next layer keeps.
 */
function isTaken(y: Var, [condition, a, b]: readonly Var[]): Var {
  const { operation, inputs } = condition as Var;
  const isZero = (x: Var | undefined) => x !== undefined && uniformValue(x) === 0;
  const isRectifier = operation.name === "greater" && inputs[0] === a && isZero(inputs[1]) && isZero(b);
  return isRectifier ? greater(y, 0) : (condition as Var);
}

export const vjps: Vjps = {
  column: none,
  parameter: none,
  constant: none,
  neg: of((g) => neg(g)),
  exp: of((g, _x, y) => mul(g, y)),
  log: of((g, x) => div(g, x)),
  log1p: of((g, x) => div(g, add(x, 1))),
  expm1: of((g, _x, y) => mul(g, add(y, 1))),
  tanh: of((g, _x, y) => mul(g, sub(1, mul(y, y)))),
  sigmoid: of((g, _x, y) => mul(g, mul(y, sub(1, y)))),
  sin: of((g, x) => mul(g, cos(x))),
  cos: of((g, x) => neg(mul(g, sin(x)))),
  sqrt: of((g, _x, y) => div(mul(g, 0.5), y)),
  abs: of((g, x) => mul(g, sub(greater(x, 0), greater(0, x)))),
  stopGradient: none,
  add: (g) => [() => g, () => g],
  sub: (g) => [() => g, () => neg(g)],
  mul: (g, _y, inputs) => {
    const [a, b] = inputs as Pair;
    return [() => mul(g, b), () => mul(g, a)];
  },
  div: (g, y, inputs) => {
    const [, b] = inputs as Pair;
    return [() => div(g, b), () => neg(mul(g, div(y, b)))];
  },
  maximum: (g, _y, inputs) => {
    const [a, b] = inputs as Pair;
    const wins = (p: Var, q: Var) => add(greater(p, q), mul(equal(p, q), 0.5));
    return [() => mul(g, wins(a, b)), () => mul(g, wins(b, a))];
  },
  minimum: (g, _y, inputs) => {
    const [a, b] = inputs as Pair;
    const wins = (p: Var, q: Var) => add(greater(q, p), mul(equal(p, q), 0.5));
    return [() => mul(g, wins(a, b)), () => mul(g, wins(b, a))];
  },
  greater: none,
  greaterEqual: none,
  equal: none,
  where: (g, y, inputs) => [undefined, () => where(isTaken(y, inputs), g, 0), () => where(isTaken(y, inputs), 0, g)],
  broadcast: of((g, x) => sumTo(g, x.shape)),
  broadcastEvents: of((g) => sumEvents(g)),
  reshape: of((g, x) => reshape(g, x.shape)),
  take: of((g, x, _y, { index }) => {
    const inverse = new Int32Array(sizeOf(x.shape)).fill(-1);
    for (let r = 0; r < index.length; r++) if ((index[r] as number) >= 0) inverse[index[r] as number] = r;
    return take(g, x.shape, inverse);
  }),
  sum: of((g, x) => broadcast(g, x.shape)),
  max: of((g, x, y, { axis }) => {
    const isLargest = equal(x, y);
    return mul(g, div(isLargest, sum(isLargest, axis)));
  }),
  cumulativeSum: of((g, _x, _y, { axis, exclusive, reverse }) =>
    cumulativeSum(g, axis, { exclusive, reverse: !reverse }),
  ),
  linear: (g, _y, inputs, { transposed, prefix }) => {
    const [x, weights] = inputs as Pair;
    const batched = weights.shape.length > 2;
    return [
      () => linear(g, weights, { prefix, transposed: !transposed }),
      () => (transposed ? weightGradient(x, g, prefix, batched) : weightGradient(g, x, prefix, batched)),
    ];
  },
  // Of V = Σ_e a[o] b[i], with cotangent W of V: a gets Σ_i W[o, i] b[i], b gets Σ_o W[o, i] a[o].
  weightGradient: (w, _y, inputs, { prefix }) => {
    const [a, b] = inputs as Pair;
    return [() => linear(b, w, { prefix }), () => linear(a, w, { prefix, transposed: true })];
  },
  sumEvents: of((g, x) => broadcastEvents(g, x.events)),
};

/** Operations whose VJPs are written in the result: it stands there for a function of the inputs. */
export const gradientFromResult: ReadonlySet<OperationName> = new Set([
  "exp",
  "expm1",
  "tanh",
  "sigmoid",
  "sqrt",
  "div",
  "max",
]);

/**
 * Cotangents of all nodes between a scalar loss and `wrt`, by id, appended to the tape.
 *
 * @param passed  what goes on from a node into its inputs, given the node's whole cotangent
 */
export function backward(
  loss: Var,
  wrt: readonly Var[],
  passed: (node: Var, cotangent: Var) => Var,
): ReadonlyMap<number, Var> {
  const { tape } = loss;
  // What depends on `wrt`: only along these nodes is there work.
  const depends = new Set<number>(wrt.map((node) => node.id));
  for (const node of tape.nodes.slice(0, loss.id + 1)) {
    if (node.inputs.some((input) => depends.has(input.id))) depends.add(node.id);
  }
  const cotangents = new Map<number, Var>([[loss.id, tape.constant(1, loss.shape)]]);
  for (let id = loss.id; id >= 0; id--) {
    const whole = cotangents.get(id);
    const y = tape.nodes[id] as Var;
    if (whole === undefined || !depends.has(id)) continue;
    const g = passed(y, whole);
    const vjp = vjps[y.operation.name] as Vjp<unknown>;
    vjp(g, y, y.inputs, y.operation).forEach((cotangent, i) => {
      const input = y.inputs[i] as Var;
      if (cotangent === undefined || !depends.has(input.id)) return;
      const old = cotangents.get(input.id);
      cotangents.set(input.id, old === undefined ? cotangent() : add(old, cotangent()));
    });
  }
  return cotangents;
}
