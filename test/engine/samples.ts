/** One sample or more per operation, by name: a missing one is a compile error. */
import * as o from "../../engine/tape/operations.js";
import type { OperationName, Shape, Tape, Var } from "../../engine/tape/tape.js";

export interface Sample {
  readonly name: string;
  /** Shapes of the inputs that have events. */
  readonly columns?: readonly Shape[];
  /** Shapes of the inputs that have none. */
  readonly parameters?: readonly Shape[];
  /** Inputs are drawn uniformly from here, away from kinks. */
  readonly domain: readonly [number, number];
  readonly build: (inputs: readonly Var[], tape: Tape) => Var;
}

const at = (inputs: readonly Var[], i: number) => inputs[i] as Var;

function unary(name: string, f: (x: Var) => Var, domain: readonly [number, number]): Sample[] {
  return [{ name, columns: [[3]], domain, build: ([x]) => f(x as Var) }];
}

function binary(name: string, f: (a: Var, b: Var) => Var, domain: readonly [number, number] = [0.3, 2]): Sample[] {
  return [
    {
      name,
      columns: [
        [2, 3],
        [2, 3],
      ],
      domain,
      build: (v) => f(at(v, 0), at(v, 1)),
    },
    { name: `${name}, broadcast`, columns: [[4, 1]], parameters: [[3]], domain, build: (v) => f(at(v, 0), at(v, 1)) },
  ];
}

/** Comparisons have no derivative of their own: they choose between branches that meet with two derivatives. */
const choosing = (compare: (a: Var, b: Var) => Var) => (a: Var, b: Var) => {
  const d = o.sub(a, b);
  const cube = o.mul(o.square(d), d);
  return o.add(o.where(compare(a, b), cube, o.mul(cube, -2)), o.mul(a, b));
};

const prefix = Int32Array.of(1, 1, 2, 3, 3, 0);

export const samples: Readonly<Record<OperationName, readonly Sample[]>> = {
  column: unary("column", (x) => x, [-1, 1]),
  parameter: [{ name: "parameter", parameters: [[3]], domain: [-1, 1], build: ([p]) => o.mul(p as Var, p as Var) }],
  constant: [
    {
      name: "constant",
      columns: [[3]],
      domain: [-1, 1],
      build: ([x], tape) => o.mul(o.exp(x as Var), tape.constant([1.5, -2, 0.25])),
    },
  ],
  neg: unary("neg", (x) => o.mul(o.neg(x), x), [-2, 2]),
  exp: unary("exp", o.exp, [-2, 2]),
  log: unary("log", o.log, [0.2, 3]),
  log1p: unary("log1p", o.log1p, [-0.7, 2]),
  expm1: unary("expm1", o.expm1, [-2, 2]),
  tanh: unary("tanh", o.tanh, [-2, 2]),
  sigmoid: unary("sigmoid", o.sigmoid, [-4, 4]),
  sin: unary("sin", o.sin, [-3, 3]),
  cos: unary("cos", o.cos, [-3, 3]),
  erf: unary("erf", o.erf, [-2, 2]),
  erfc: unary("erfc", o.erfc, [-1.5, 2.5]),
  erfcx: unary("erfcx", o.erfcx, [-1.5, 3]),
  erfcMeanExcess: unary("erfcMeanExcess", o.erfcMeanExcess, [-1.5, 4]),
  reFaddeeva: binary("reFaddeeva", o.reFaddeeva),
  imFaddeeva: binary("imFaddeeva", o.imFaddeeva),
  reFaddeevaSlope: binary("reFaddeevaSlope", o.reFaddeevaSlope),
  imFaddeevaSlope: binary("imFaddeevaSlope", o.imFaddeevaSlope),
  reFaddeevaCurvature: binary("reFaddeevaCurvature", o.reFaddeevaCurvature),
  imFaddeevaCurvature: binary("imFaddeevaCurvature", o.imFaddeevaCurvature),
  sqrt: unary("sqrt", o.sqrt, [0.3, 3]),
  abs: [
    ...unary("abs of positive", (x) => o.mul(o.abs(x), x), [0.2, 2]),
    ...unary("abs of negative", (x) => o.mul(o.abs(x), x), [-2, -0.2]),
  ],
  floor: unary("floor", (x) => o.mul(o.sub(x, o.floor(o.add(x, 0.5))), x), [0.6, 1.4]),
  stopGradient: unary("stopGradient", (x) => o.mul(o.stopGradient(o.mul(x, 0)), x), [-1, 1]),
  add: binary("add", (a, b) => o.add(o.mul(a, a), b)),
  sub: binary("sub", (a, b) => o.sub(o.mul(a, a), o.mul(b, b))),
  mul: binary("mul", o.mul),
  div: binary("div", o.div),
  maximum: binary("maximum", (a, b) => o.maximum(o.mul(a, a), o.add(b, 0.01))),
  minimum: binary("minimum", (a, b) => o.minimum(o.mul(a, a), o.add(b, 0.01))),
  greater: binary("greater", choosing(o.greater)),
  greaterEqual: binary("greaterEqual", choosing(o.greaterEqual)),
  equal: binary("equal", choosing(o.equal)),
  where: binary("where", (a, b) => o.where(o.greater(a, 1), o.mul(a, b), o.sin(b))),
  broadcast: [
    {
      name: "broadcast",
      columns: [[2, 1, 3]],
      domain: [-1, 1],
      build: ([x]) => o.exp(o.mul(o.broadcast(x as Var, [4, 2, 5, 3]), o.broadcast(x as Var, [4, 2, 5, 3]))),
    },
  ],
  broadcastEvents: [
    {
      name: "broadcastEvents",
      columns: [[3]],
      parameters: [[3]],
      domain: [-1, 1],
      build: (v) => o.exp(o.mul(at(v, 0), at(v, 1))),
    },
  ],
  reshape: [
    {
      name: "reshape",
      columns: [[2, 6]],
      domain: [-1, 1],
      build: ([x]) => o.sin(o.mul(o.reshape(o.exp(x as Var), [3, 4]), 2)),
    },
  ],
  take: [
    {
      name: "take: slice, pad, reverse",
      columns: [[2, 4]],
      domain: [-1, 1],
      build: ([x]) => {
        const part = o.pad(o.slice(o.exp(x as Var), 1, 1, 3), 1, 1, 2);
        return o.mul(part, o.add(o.pad(o.select(x as Var, 1, [3, 2, 1, 0]), 1, 1, 0), 2));
      },
    },
    {
      name: "take: concatenate",
      columns: [
        [2, 3],
        [2, 1],
      ],
      parameters: [[2]],
      domain: [-1, 1],
      build: (v) => o.exp(o.concatenate([at(v, 0), at(v, 1), at(v, 2)])),
    },
  ],
  sum: [0, 1, 2].map((axis) => ({
    name: `sum over axis ${axis}`,
    columns: [[2, 3, 4]],
    domain: [-1, 1],
    build: ([x]) => o.exp(o.sum(o.mul(x as Var, x as Var), axis)),
  })),
  max: [0, 1].map((axis) => ({
    name: `max over axis ${axis}`,
    columns: [[3, 4]],
    domain: [-1, 1],
    build: ([x]) => o.mul(o.exp(o.max(x as Var, axis)), o.sum(x as Var, axis)),
  })),
  cumulativeSum: [{}, { exclusive: true }, { reverse: true }, { exclusive: true, reverse: true }].map((options) => ({
    name: `cumulativeSum ${JSON.stringify(options)}`,
    columns: [
      [2, 4],
      [2, 4],
    ],
    domain: [-1, 1],
    build: (v) => o.mul(o.sin(o.cumulativeSum(o.mul(at(v, 0), at(v, 0)), 1, options)), at(v, 1)),
  })),
  linear: [
    {
      name: "linear",
      columns: [[2, 3]],
      parameters: [[6, 3]],
      domain: [-1, 1],
      build: (v) => o.tanh(o.linear(at(v, 0), at(v, 1))),
    },
    {
      name: "linear with a prefix mask, transposed too",
      columns: [[3]],
      parameters: [[6, 3]],
      domain: [-1, 1],
      build: (v) => {
        const hidden = o.tanh(o.linear(at(v, 0), at(v, 1), { prefix }));
        return o.sin(o.linear(hidden, at(v, 1), { prefix, transposed: true }));
      },
    },
    {
      name: "linear with weights per leading axis",
      columns: [[2, 3]],
      parameters: [[2, 5, 3]],
      domain: [-1, 1],
      build: (v) => o.tanh(o.linear(at(v, 0), at(v, 1))),
    },
    {
      name: "linear of parameters",
      parameters: [[3], [5, 3]],
      domain: [-1, 1],
      build: (v) => o.exp(o.linear(at(v, 0), at(v, 1))),
    },
  ],
  weightGradient: [true, false].map((batched) => ({
    name: `weightGradient${batched ? ", batched" : ""}`,
    columns: [
      [2, 6],
      [2, 3],
    ],
    domain: [-1, 1],
    build: (v) => {
      const moments = o.weightGradient(at(v, 0), at(v, 1), prefix, batched);
      return o.sin(o.mul(moments, 0.1));
    },
  })),
  sumEvents: [
    { name: "sumEvents", columns: [[3]], domain: [-1, 1], build: ([x]) => o.sin(o.mul(o.sumEvents(x as Var), 0.1)) },
  ],
};
