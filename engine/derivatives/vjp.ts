/** Vector-Jacobian products: from the cotangent of a node those of its inputs; and the pass that applies them from a loss on. */
import {
  add,
  broadcast,
  broadcastEvents,
  cos,
  cumulativeSum,
  div,
  equal,
  erfcMeanExcess,
  exp,
  greater,
  imFaddeevaCurvature,
  imFaddeevaSlope,
  linear,
  mul,
  neg,
  reFaddeevaCurvature,
  reFaddeevaSlope,
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
type Cotangents = readonly ((() => Var) | undefined)[];

export interface Vjp<A> {
  /** Whether it is made from the result, which stands there for a function of the inputs. */
  readonly gradientFromResult: boolean;
  readonly back: (g: Var, y: Var, inputs: readonly Var[], attributes: A) => Cotangents;
}

type Vjps = {
  readonly [N in OperationName]: Vjp<N extends keyof Attributes ? Attributes[N] : object>;
};

/** A VJP that does not see the result. */
const fromInputs = <A>(back: (g: Var, inputs: readonly Var[], attributes: A) => Cotangents): Vjp<A> => ({
  gradientFromResult: false,
  back: (g, _y, inputs, attributes) => back(g, inputs, attributes),
});
const fromResult = <A>(back: Vjp<A>["back"]): Vjp<A> => ({ gradientFromResult: true, back });
const none: Vjp<unknown> = fromInputs(() => []);
/** VJPs of operations with one input. */
const ofInput = <A>(vjp: (g: Var, x: Var, attributes: A) => Var): Vjp<A> =>
  fromInputs((g, [x], attributes) => [() => vjp(g, x as Var, attributes)]);
const ofResult = <A>(vjp: (g: Var, y: Var, x: Var, attributes: A) => Var): Vjp<A> =>
  fromResult((g, y, [x], attributes) => [() => vjp(g, y, x as Var, attributes)]);
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

const TWO_OVER_SQRT_PI = 2 / Math.sqrt(Math.PI);
/** (2/√π) e^(-x²) */
const erfSlope = (x: Var) => mul(exp(neg(mul(x, x))), TWO_OVER_SQRT_PI);

/** Where 2 y (x + y) - 1 has lost as many digits as the series below has left out: both are 1e-11 of it in f64. */
const FAR = 100;

/**
 * Slope of y = erfcMeanExcess(x). Far out, of the series y = 1/(2x) - 1/(2x³) + 5/(4x⁵) - 37/(8x⁷) + …, the reciprocal of Abramowitz and
 * Stegun 7.1.23, to the third term.
 */
function meanExcessSlope(x: Var, y: Var): Var {
  const isFar = greater(x, FAR);
  // Guard the input, not the output.
  const far = where(isFar, x, FAR);
  const reciprocal = div(1, far);
  const u = mul(reciprocal, reciprocal);
  const series = mul(mul(u, -0.5), add(1, mul(u, add(-3, mul(u, 12.5)))));
  return where(isFar, series, mul(sub(mul(y, add(x, y)), 0.5), 2));
}

/** Of a part of a function of z = x + iy with the derivative re + i im: d/dy is i d/dz. */
const ofFaddeeva = (part: "re" | "im", re: (x: Var, y: Var) => Var, im: (x: Var, y: Var) => Var): Vjp<object> =>
  fromInputs((g, inputs) => {
    const [x, y] = inputs as Pair;
    return part === "re"
      ? [() => mul(g, re(x, y)), () => neg(mul(g, im(x, y)))]
      : [() => mul(g, im(x, y)), () => mul(g, re(x, y))];
  });

/** Of a part of w'', with w''' = -4 w' - 2 z w''. */
const ofCurvature = (part: "re" | "im"): Vjp<object> => ({
  gradientFromResult: true,
  back(g, own, inputs, attributes) {
    const re = (x: Var, y: Var) => (part === "re" ? own : reFaddeevaCurvature(x, y));
    const im = (x: Var, y: Var) => (part === "im" ? own : imFaddeevaCurvature(x, y));
    const third = ofFaddeeva(
      part,
      (x, y) => mul(sub(sub(mul(y, im(x, y)), mul(x, re(x, y))), mul(reFaddeevaSlope(x, y), 2)), 2),
      (x, y) => mul(add(add(mul(x, im(x, y)), mul(y, re(x, y))), mul(imFaddeevaSlope(x, y), 2)), -2),
    );
    return third.back(g, own, inputs, attributes);
  },
});

export const vjps: Vjps = {
  column: none,
  parameter: none,
  constant: none,
  neg: ofInput((g) => neg(g)),
  exp: ofResult((g, y) => mul(g, y)),
  log: ofInput((g, x) => div(g, x)),
  log1p: ofInput((g, x) => div(g, add(x, 1))),
  expm1: ofResult((g, y) => mul(g, add(y, 1))),
  tanh: ofResult((g, y) => mul(g, sub(1, mul(y, y)))),
  sigmoid: ofResult((g, y) => mul(g, mul(y, sub(1, y)))),
  sin: ofInput((g, x) => mul(g, cos(x))),
  cos: ofInput((g, x) => neg(mul(g, sin(x)))),
  erf: ofInput((g, x) => mul(g, erfSlope(x))),
  erfc: ofInput((g, x) => neg(mul(g, erfSlope(x)))),
  erfcx: ofResult((g, y, x) => mul(g, mul(mul(y, erfcMeanExcess(x)), -2))),
  erfcMeanExcess: ofResult((g, y, x) => mul(g, meanExcessSlope(x, y))),
  reFaddeeva: ofFaddeeva("re", reFaddeevaSlope, imFaddeevaSlope),
  imFaddeeva: ofFaddeeva("im", reFaddeevaSlope, imFaddeevaSlope),
  reFaddeevaSlope: ofFaddeeva("re", reFaddeevaCurvature, imFaddeevaCurvature),
  imFaddeevaSlope: ofFaddeeva("im", reFaddeevaCurvature, imFaddeevaCurvature),
  reFaddeevaCurvature: ofCurvature("re"),
  imFaddeevaCurvature: ofCurvature("im"),
  sqrt: ofResult((g, y) => div(mul(g, 0.5), y)),
  abs: ofInput((g, x) => mul(g, sub(greater(x, 0), greater(0, x)))),
  floor: none,
  stopGradient: none,
  add: fromInputs((g) => [() => g, () => g]),
  sub: fromInputs((g) => [() => g, () => neg(g)]),
  mul: fromInputs((g, inputs) => {
    const [a, b] = inputs as Pair;
    return [() => mul(g, b), () => mul(g, a)];
  }),
  div: fromResult((g, y, inputs) => {
    const [, b] = inputs as Pair;
    return [() => div(g, b), () => neg(mul(g, div(y, b)))];
  }),
  maximum: fromInputs((g, inputs) => {
    const [a, b] = inputs as Pair;
    const wins = (p: Var, q: Var) => add(greater(p, q), mul(equal(p, q), 0.5));
    return [() => mul(g, wins(a, b)), () => mul(g, wins(b, a))];
  }),
  minimum: fromInputs((g, inputs) => {
    const [a, b] = inputs as Pair;
    const wins = (p: Var, q: Var) => add(greater(q, p), mul(equal(p, q), 0.5));
    return [() => mul(g, wins(a, b)), () => mul(g, wins(b, a))];
  }),
  greater: none,
  greaterEqual: none,
  equal: none,
  where: {
    // The result is compared with 0 at most, and comparisons have no derivative.
    gradientFromResult: false,
    back: (g, y, inputs) => [undefined, () => where(isTaken(y, inputs), g, 0), () => where(isTaken(y, inputs), 0, g)],
  },
  broadcast: ofInput((g, x) => sumTo(g, x.shape)),
  broadcastEvents: ofInput((g) => sumEvents(g)),
  reshape: ofInput((g, x) => reshape(g, x.shape)),
  take: ofInput((g, x, { index }) => {
    const inverse = new Int32Array(sizeOf(x.shape)).fill(-1);
    for (let r = 0; r < index.length; r++) if ((index[r] as number) >= 0) inverse[index[r] as number] = r;
    return take(g, x.shape, inverse);
  }),
  sum: ofInput((g, x) => broadcast(g, x.shape)),
  max: ofResult((g, y, x, { axis }) => {
    const isLargest = equal(x, y);
    return mul(g, div(isLargest, sum(isLargest, axis)));
  }),
  cumulativeSum: ofInput((g, _x, { axis, exclusive, reverse }) =>
    cumulativeSum(g, axis, { exclusive, reverse: !reverse }),
  ),
  linear: fromInputs((g, inputs, { transposed, prefix }) => {
    const [x, weights] = inputs as Pair;
    const batched = weights.shape.length > 2;
    return [
      () => linear(g, weights, { prefix, transposed: !transposed }),
      () => (transposed ? weightGradient(x, g, prefix, batched) : weightGradient(g, x, prefix, batched)),
    ];
  }),
  // Of V = Σ_e a[o] b[i], with cotangent W of V: a gets Σ_i W[o, i] b[i], b gets Σ_o W[o, i] a[o].
  weightGradient: fromInputs((w, inputs, { prefix }) => {
    const [a, b] = inputs as Pair;
    return [() => linear(b, w, { prefix }), () => linear(a, w, { prefix, transposed: true })];
  }),
  sumEvents: ofInput((g, x) => broadcastEvents(g, x.events)),
};

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
    vjp.back(g, y, y.inputs, y.operation).forEach((cotangent, i) => {
      const input = y.inputs[i] as Var;
      if (cotangent === undefined || !depends.has(input.id)) return;
      const old = cotangents.get(input.id);
      cotangents.set(input.id, old === undefined ? cotangent() : add(old, cotangent()));
    });
  }
  return cotangents;
}
