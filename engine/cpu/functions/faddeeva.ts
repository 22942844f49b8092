/** The Faddeeva function and its derivatives for y >= 0, by the rule and the series of engine/faddeeva.ts; f32 takes fewer terms of both. */
import { faddeevaNodes, faddeevaSeries, RESIDUE_END, STEP } from "../../faddeeva.js";
import type { FunctionBuilder, Local } from "../assembly/assembler.js";
import type { Lanes, Precision } from "../assembly/lanes.js";
import { emitExp } from "./exponential.js";
import { polynomial, takeSign } from "./float-format.js";
import { cosPolynomial, sinPolynomial } from "./minimax.js";

/** The first node that is left out has e^-25 or e^-42; at |z| = far the first term is 3e-9 or 2e-17. */
const COUNTS = {
  f32: { nodes: 10, far: 6, terms: 8 },
  f64: { nodes: 13, far: 7, terms: 22 },
} as const satisfies Readonly<Record<Precision, { nodes: number; far: number; terms: number }>>;
const TWO_OVER_SQRT_PI = 2 / Math.sqrt(Math.PI);

/** pi in two pieces, the first short enough for its product with whole numbers up to 2^10 to be exact. */
const PI_HIGH: Readonly<Record<Precision, number>> = {
  f32: Math.floor(Math.PI * 2 ** 11) / 2 ** 11,
  f64: Math.floor(Math.PI * 2 ** 40) / 2 ** 40,
};

interface Turned {
  readonly sin: Local;
  readonly cos: Local;
}

/** sin and cos of 2 r for |r| <= pi/4; r stays. */
function emitDoubled(f: FunctionBuilder, lanes: Lanes, r: Local, { sin, cos }: Turned): void {
  const z = f.scratch("v128", "doubled z");
  f.get(r).get(r).op(lanes.mul).set(z);
  f.get(z).get(z).op(lanes.mul);
  polynomial(f, lanes, z, cosPolynomial[lanes.precision].coefficients);
  f.get(z);
  lanes.constant(f, -0.5);
  lanes.constant(f, 1);
  lanes.madd(f);
  lanes.madd(f);
  f.set(cos);
  f.get(r).get(z).op(lanes.mul);
  polynomial(f, lanes, z, sinPolynomial[lanes.precision].coefficients);
  f.get(r);
  lanes.madd(f);
  f.set(sin);
  emitDouble(f, lanes, { sin, cos });
}

/** From sin and cos of an angle those of twice the angle. */
function emitDouble(f: FunctionBuilder, lanes: Lanes, { sin, cos }: Turned): void {
  const twice = f.scratch("v128", "doubled twice");
  f.get(sin).get(sin).op(lanes.add).set(twice);
  f.get(twice).get(cos).op(lanes.mul);
  f.get(twice).get(sin);
  lanes.constant(f, 1);
  lanes.nmadd(f);
  f.set(cos).set(sin);
}

/** Σ e^(-t²) / (…) over the nodes, and the same with t² as a factor. */
function emitSums(f: FunctionBuilder, lanes: Lanes, x: Local, ySquare: Local, isHalf: Local) {
  const [sum, ofSquares, base, t, p, q] = ["sum", "of squares", "base", "t", "p", "q"].map((name) =>
    f.scratch("v128", `faddeeva ${name}`),
  ) as [Local, Local, Local, Local, Local, Local];
  lanes.constant(f, 0.5 * STEP);
  f.get(isHalf).op(lanes.and).set(base);
  for (const own of [sum, ofSquares]) {
    lanes.constant(f, 0);
    f.set(own);
  }
  faddeevaNodes(COUNTS[lanes.precision].nodes).forEach(({ whole, half }, k) => {
    f.get(base);
    if (k > 0) {
      lanes.constant(f, k * STEP);
      f.op(lanes.add);
    }
    f.set(t);
    f.get(x).get(t).op(lanes.sub).tee(p).get(p).get(ySquare);
    lanes.madd(f);
    f.get(x).get(t).op(lanes.add).tee(q).get(q).get(ySquare);
    lanes.madd(f);
    f.op(lanes.mul).set(p);
    lanes.constant(f, half.weight);
    lanes.constant(f, whole.weight);
    f.get(isHalf).op(lanes.select);
    f.get(p).op(lanes.div).tee(p).get(sum).op(lanes.add).set(sum);
    f.get(p).get(t).op(lanes.mul).get(t).get(ofSquares);
    lanes.madd(f);
    f.set(ofSquares);
  });
  return { sum, ofSquares };
}

/** w, its first and its second derivative, each [re, im]. */
export type FaddeevaLocals = readonly [re: Local, im: Local, re1: Local, im1: Local, re2: Local, im2: Local];

const six = (f: FunctionBuilder, where: string) =>
  Array.from({ length: 6 }, (_, i) => f.scratch("v128", `faddeeva ${where} ${i}`)) as unknown as FaddeevaLocals;

/** Near 0: the trapezoidal rule. Sets w, and by it the derivatives. */
function emitNear(f: FunctionBuilder, lanes: Lanes, x: Local, y: Local, square: Local, to: FaddeevaLocals): void {
  const named = (name: string) => f.scratch("v128", `faddeeva ${name}`);
  const [ySquare, beside, isHalf, low] = ["y square", "beside", "is half", "low"].map(named) as [
    Local,
    Local,
    Local,
    Local,
  ];
  f.get(y).get(y).op(lanes.mul).set(ySquare);
  // Of x / h: to the next whole number, and from there to the next point in the middle of two nodes.
  f.get(x);
  lanes.constant(f, 1 / STEP);
  f.op(lanes.mul).tee(beside).get(beside).op(lanes.nearest, lanes.sub).tee(beside).op(lanes.abs);
  lanes.constant(f, 0.25);
  f.op(lanes.less).set(isHalf);
  f.get(beside).get(beside);
  lanes.constant(f, 0.5);
  takeSign(f, lanes, beside);
  f.op(lanes.sub).get(isHalf).op(lanes.select).set(beside);
  const { sum, ofSquares } = emitSums(f, lanes, x, ySquare, isHalf);

  // E = decay (c + i s), both with the other sign.
  const turn: Turned = { sin: named("turn sin"), cos: named("turn cos") };
  f.get(beside);
  lanes.constant(f, Math.PI);
  f.op(lanes.mul).set(beside);
  emitDoubled(f, lanes, beside, turn);
  lanes.constant(f, RESIDUE_END);
  f.get(y).op(lanes.pmin).set(low);
  // Half the phase, less whole multiples of pi.
  const phase: Turned = { sin: named("phase sin"), cos: named("phase cos") };
  const [angle, turns] = [named("angle"), named("turns")];
  f.get(x).get(low).op(lanes.mul).tee(angle);
  lanes.constant(f, 1 / Math.PI);
  f.op(lanes.mul, lanes.nearest).set(turns);
  for (const piece of [PI_HIGH[lanes.precision], Math.PI - PI_HIGH[lanes.precision]]) {
    f.get(turns);
    lanes.constant(f, piece);
    f.get(angle);
    lanes.nmadd(f);
    f.set(angle);
  }
  f.get(angle);
  lanes.constant(f, 0.5);
  f.op(lanes.mul).set(angle);
  emitDoubled(f, lanes, angle, phase);
  emitDouble(f, lanes, phase);

  const [exponent, decay, size, real] = ["exponent", "decay", "size", "real"].map(named) as [
    Local,
    Local,
    Local,
    Local,
  ];
  f.get(low);
  lanes.constant(f, -2 * RESIDUE_END);
  f.op(lanes.mul).set(exponent);
  emitExp(f, lanes, exponent);
  f.set(decay);
  f.get(x).get(x).get(low).get(low).get(exponent);
  lanes.madd(f);
  lanes.nmadd(f);
  f.set(exponent);
  emitExp(f, lanes, exponent);
  f.tee(size).get(size).op(lanes.add);
  f.get(decay).get(decay).get(turn.cos).get(turn.cos).op(lanes.add, lanes.add);
  lanes.constant(f, 1);
  lanes.madd(f);
  f.op(lanes.div).set(size);
  f.get(turn.cos).get(decay).op(lanes.add).set(real);

  const [re, im] = to;
  f.get(y).get(square).get(sum).get(ofSquares);
  lanes.madd(f);
  f.op(lanes.mul);
  f.get(size).get(phase.cos).get(real).op(lanes.mul).get(phase.sin).get(turn.sin);
  f.op(lanes.mul, lanes.add, lanes.mul, lanes.add).set(re);
  f.get(x).get(square).get(sum).op(lanes.mul).get(ofSquares).op(lanes.sub, lanes.mul);
  f.get(size).get(phase.cos).get(turn.sin).op(lanes.mul).get(phase.sin).get(real);
  f.op(lanes.mul, lanes.sub, lanes.mul, lanes.add).set(im);
  emitDerivatives(f, lanes, x, y, to);
}

/** From w its derivatives -2 z w + 2i / sqrt(pi) and -2 w - 2 z w'. */
function emitDerivatives(f: FunctionBuilder, lanes: Lanes, x: Local, y: Local, to: FaddeevaLocals): void {
  const [re, im, re1, im1, re2, im2] = to;
  const half = f.scratch("v128", "faddeeva half");
  const twice = () => f.tee(half).get(half).op(lanes.add);
  /** [] -> 2 (y b - x a), 2 (x b + y a) */
  const turned = (a: Local, b: Local) => {
    f.get(y).get(b).op(lanes.mul).get(x).get(a).op(lanes.mul, lanes.sub);
    twice();
  };
  const along = (a: Local, b: Local) => {
    f.get(x).get(b).op(lanes.mul).get(y).get(a).op(lanes.mul, lanes.add);
    twice();
  };
  turned(re, im);
  f.set(re1);
  lanes.constant(f, TWO_OVER_SQRT_PI);
  along(re, im);
  f.op(lanes.sub).set(im1);
  turned(re1, im1);
  f.get(re).get(re).op(lanes.add, lanes.sub).set(re2);
  along(re1, im1);
  f.get(im).get(im).op(lanes.add, lanes.add, lanes.neg).set(im2);
}

/** Far out: the series in u = 1/z². */
function emitFar(f: FunctionBuilder, lanes: Lanes, x: Local, y: Local, square: Local, to: FaddeevaLocals): void {
  const names = ["inverse", "of x", "of y", "u", "v", "twice", "size", "b", "next", "real", "tail"];
  const [inverse, ofX, ofY, u, v, twice, size, b, next, real, tail] = names.map((name) =>
    f.scratch("v128", `faddeeva far ${name}`),
  ) as [Local, Local, Local, Local, Local, Local, Local, Local, Local, Local, Local];
  lanes.constant(f, 1);
  f.get(square).op(lanes.div).set(inverse);
  f.get(x).get(inverse).op(lanes.mul).set(ofX).get(y).get(inverse).op(lanes.mul).set(ofY);
  f.get(ofX).get(ofX).op(lanes.mul).get(ofY).get(ofY).op(lanes.mul, lanes.sub).tee(u).get(u).op(lanes.add).set(twice);
  f.get(ofX).get(ofY).op(lanes.mul).tee(v).get(v).op(lanes.add, lanes.neg).set(v);
  f.get(inverse).get(inverse).op(lanes.mul).set(size);
  /** Sets `real` to the real part of the sum of c_k u^k, and `b` to the number that times v is its imaginary part. */
  const sumUp = (coefficients: readonly number[]) => {
    lanes.constant(f, coefficients.at(-1)!);
    f.set(b);
    lanes.constant(f, 0);
    f.set(next);
    for (let k = coefficients.length - 2; k > 0; k--) {
      f.get(size).get(next).get(twice).get(b);
      lanes.constant(f, coefficients[k]!);
      lanes.madd(f);
      f.get(b).set(next);
      lanes.nmadd(f);
      f.set(b);
    }
    f.get(b).get(u).get(size).get(next);
    lanes.constant(f, coefficients[0]!);
    lanes.nmadd(f);
    lanes.madd(f);
    f.set(real);
  };
  const perRootPi = () => {
    lanes.constant(f, 0.5 * TWO_OVER_SQRT_PI);
    f.op(lanes.mul);
  };
  const perZ = (re: Local, im: Local) => {
    f.get(b).get(v).op(lanes.mul).set(b);
    f.get(ofY).get(real).op(lanes.mul).get(ofX).get(b).op(lanes.mul, lanes.sub);
    perRootPi();
    f.set(re).get(ofX).get(real).op(lanes.mul).get(ofY).get(b).op(lanes.mul, lanes.add);
    perRootPi();
    f.set(im);
  };
  const [value, slope, curvature] = faddeevaSeries(COUNTS[lanes.precision].terms);
  const [re, im, re1, im1, re2, im2] = to;
  sumUp(value);
  perZ(re, im);
  sumUp(curvature);
  perZ(re2, im2);
  sumUp(slope);
  f.get(b).get(v).op(lanes.mul, lanes.neg);
  perRootPi();
  f.set(re1).get(real);
  perRootPi();
  f.set(im1);
  // e^(-x²) is what there is at y = 0.
  const xSquare = real;
  f.get(x).get(x).op(lanes.mul).tee(xSquare).op(lanes.neg).set(b);
  emitExp(f, lanes, b);
  lanes.constant(f, 1);
  f.get(y).op(lanes.greater, lanes.and).tee(tail).get(re).op(lanes.add).set(re);
  f.get(x).get(x).op(lanes.add).get(tail).get(re1);
  lanes.nmadd(f);
  f.set(re1).get(xSquare);
  lanes.constant(f, 4);
  lanes.constant(f, -2);
  lanes.madd(f);
  f.get(tail).get(re2);
  lanes.madd(f);
  f.set(re2);
}

/** Locals that it sets to w and its derivatives. What no lane needs is not computed. */
export function emitFaddeeva(f: FunctionBuilder, lanes: Lanes, x: Local, y: Local): FaddeevaLocals {
  const square = f.scratch("v128", "faddeeva square");
  const isFar = f.scratch("v128", "faddeeva is far");
  const [found, far] = [six(f, "found"), six(f, "far")];
  f.get(x).get(x).op(lanes.mul).get(y).get(y).op(lanes.mul, lanes.add).tee(square);
  lanes.constant(f, COUNTS[lanes.precision].far ** 2);
  f.op(lanes.greaterEqual).tee(isFar);
  f.op("v128.not", "v128.any_true").if(() => emitNear(f, lanes, x, y, square, found));
  f.get(isFar).op("v128.any_true");
  f.if(() => {
    emitFar(f, lanes, x, y, square, far);
    found.forEach((own, i) => {
      f.get(far[i]!).get(own).get(isFar).op(lanes.select).set(own);
    });
  });
  return found;
}
