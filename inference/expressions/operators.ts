/** The operators of expressions: a row more is an operator more. */
import {
  abs,
  add,
  div,
  equal,
  greater,
  greaterEqual,
  less,
  lessEqual,
  maximum,
  mul,
  neg,
  type Operand,
  sub,
  where,
} from "../../engine/tape/operations.js";
import { NUMBER, NUMBERS, ofNode, type Row } from "./operation.js";
import { exactPower, power } from "./powers.js";

/** Four units in the last place of an f64. */
const ROUNDING = 2 ** -50;

const magnitude = (x: Operand) => (typeof x === "number" ? Math.abs(x) : abs(x));

const isNear = (a: number, b: number) =>
  a === b || Math.abs(a - b) < ROUNDING * Math.max(Math.abs(a), Math.abs(b)) ? 1 : 0;

/** An infinity is near to itself alone, whose difference from itself is NaN. */
const near = (a: Operand, b: Operand) =>
  where(equal(a, b), 1, less(magnitude(sub(a, b)), mul(ROUNDING, maximum(magnitude(a), magnitude(b)))));

const not = (x: Operand) => equal(x, 0);

/** `a` where the condition is true, else `b`. */
export const choose = (condition: Operand, a: Operand, b: Operand) => {
  if (typeof condition === "number") return condition === 0 ? b : a;
  return where(condition, a, b);
};

const TRUTHS = { x: "truth", y: "truth" } as const;
const comparisonSamples = [
  [1.5, -0.5],
  [-2.5, 0.75],
  [0.5, 0.5],
];
const truthSamples = [
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
];

const comparison = (f: (a: Operand, b: Operand) => Operand, is: (a: number, b: number) => boolean, doc: string) =>
  ({
    operands: NUMBERS,
    gives: "truth",
    tape: f,
    f64: (a, b) => (is(a, b) ? 1 : 0),
    doc,
    samples: comparisonSamples,
  }) as const satisfies Row;

export const operators = {
  "+": {
    operands: NUMBERS,
    gives: "number",
    tape: add,
    f64: (x, y) => x + y,
    doc: "sum",
    samples: [[1.25, -0.5]],
  },
  "-": {
    operands: NUMBERS,
    gives: "number",
    tape: sub,
    f64: (x, y) => x - y,
    doc: "difference",
    samples: [[1.25, -0.5]],
  },
  "unary -": {
    operands: NUMBER,
    gives: "number",
    tape: ofNode(neg),
    f64: (x) => -x,
    doc: "the negative; weaker than a power, so that `-x^2` is `-(x^2)`",
    samples: [[1.25], [-0.5]],
  },
  "*": {
    operands: NUMBERS,
    gives: "number",
    tape: mul,
    f64: (x, y) => x * y,
    doc: "product",
    samples: [[1.25, -0.5]],
  },
  "/": {
    operands: NUMBERS,
    gives: "number",
    tape: div,
    f64: (x, y) => x / y,
    doc: "quotient of real numbers: `2/3` is 0.666…",
    samples: [
      [1.25, -0.5],
      [0.3, 1.7],
    ],
  },
  "^": {
    operands: NUMBERS,
    gives: "number",
    tape: power,
    f64: exactPower,
    doc: "power, from the right: `a^b^c` is `a^(b^c)`; as `pow(x, y)`; also written `x ** y`",
    samples: [
      [1.25, -0.5],
      [0.3, 1.7],
    ],
  },
  "==": {
    operands: NUMBERS,
    gives: "truth",
    tape: near,
    f64: isNear,
    doc: "equal to within four units in the last place of a double; for whole numbers beyond 2^50 take `===`",
    samples: comparisonSamples,
  },
  "!=": {
    operands: NUMBERS,
    gives: "truth",
    tape: (x, y) => not(near(x, y)),
    f64: (x, y) => 1 - isNear(x, y),
    doc: "not `==`",
    samples: comparisonSamples,
  },
  "===": comparison(equal, (x, y) => x === y, "exactly equal"),
  "!==": comparison(
    (x, y) => not(equal(x, y)),
    (x, y) => x !== y,
    "not `===`",
  ),
  "<": comparison(less, (x, y) => x < y, "less than"),
  "<=": comparison(lessEqual, (x, y) => x <= y, "less than or equal"),
  ">": comparison(greater, (x, y) => x > y, "greater than"),
  ">=": comparison(greaterEqual, (x, y) => x >= y, "greater than or equal"),
  "!": {
    operands: { x: "truth" },
    gives: "truth",
    tape: not,
    f64: (x) => (x === 0 ? 1 : 0),
    doc: "not; also written `not`",
    samples: [[0], [1]],
  },
  "&&": {
    operands: TRUTHS,
    gives: "truth",
    tape: (x, y) => choose(x, y, 0),
    f64: (x, y) => (x !== 0 && y !== 0 ? 1 : 0),
    doc: "both; also written `and`",
    samples: truthSamples,
  },
  "||": {
    operands: TRUTHS,
    gives: "truth",
    tape: (x, y) => choose(x, 1, y),
    f64: (x, y) => (x !== 0 || y !== 0 ? 1 : 0),
    doc: "one or both; also written `or`",
    samples: truthSamples,
  },
} as const satisfies Readonly<Record<string, Row>>;

export type OperatorName = keyof typeof operators;
