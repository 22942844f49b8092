/** Special functions composed of others: no kernel and no derivative of their own. */
import { checkNode } from "../nodes.js";
import type { Shape, Var } from "../tape.js";
import { square } from "./composed.js";
import { add, cos, div, exp, greater, less, log, log1p, mul, neg, sqrt, sub, where } from "./elementwise.js";
import { broadcastShapes, commonEvents, type Operand } from "./operands.js";
import { sum } from "./reductions.js";
import { broadcast, broadcastEvents, reshape } from "./shapes.js";

/** Σ c_i x^i, by Horner. */
const polynomial = (x: Var, coefficients: readonly number[]): Operand =>
  coefficients.reduceRight<Operand>((value, c) => add(mul(value, x), c), 0);

/** (atan(√z) / √z) of z < 0.04: the first term that is left out is below 1e-18. */
const ATAN_SERIES = Array.from({ length: 12 }, (_, k) => (k % 2 === 0 ? 1 : -1) / (2 * k + 1));

/** The inverse of the tangent, odd, between ±π/2, with all digits near 0; so has its slope 1 / (1 + x²), far out too. */
export function atan(x: Var): Var {
  checkNode("atan", x);
  const isNegative = less(x, 0);
  // Not `abs`, whose derivative at 0 is 0.
  const size = where(isNegative, neg(x), x);
  const isFar = greater(size, 1);
  // Guard the input, not the output.
  const bounded = where(isFar, div(1, where(isFar, size, 1)), where(isFar, 0, size));
  // tan(φ/2) of t = tan φ is t / (1 + √(1 + t²)): from 1 down to tan(π/16) in two steps.
  const half = (t: Var) => div(t, add(1, sqrt(add(1, square(t)))));
  const quarter = half(half(bounded));
  const ofBounded = mul(mul(quarter, 4), polynomial(square(quarter), ATAN_SERIES));
  const ofSize = where(isFar, sub(Math.PI / 2, ofBounded), ofBounded);
  return where(isNegative, neg(ofSize), ofSize);
}

/** Spacing of the nodes of the trapezoidal rule for w(z); its error is e^(-π²/h²) = 7e-18 of the result. */
const STEP = 0.5;
/** The last weight, e^-(6.5²), is 5e-19. */
const NODES = 14;
/** |x| or y beyond which a series in 1/z² stands: its first term that is left out is below 2e-17. */
const FAR = 1000;

/** On a grid of nodes ±t ≥ 0, (h/π) e^(-t²); a node at 0 is there twice, and has half. */
function grid(offset: 0 | 0.5) {
  const nodes = Array.from({ length: NODES }, (_, k) => (k + offset) * STEP);
  const weights = nodes.map((t) => ((t === 0 ? 0.5 : 1) * STEP * Math.exp(-t * t)) / Math.PI);
  return { nodes, weights };
}
const [WHOLE, HALF] = [grid(0), grid(0.5)];

/**
 * log of the real part of w(x + iy) where |x| and y are below `FAR`.
 *
 * (y/π) ∫ e^(-t²) / ((x - t)² + y²) dt by the trapezoidal rule, whose terms are all of one sign, less 2 Re e^(-z²) / (e^(-2πi(z/h - s)) - 1),
 * the residue at z that the rule adds for y < π/h (Matta and Reichel 1971, Math. Comp. 25, 339). Of the grids with nodes at whole (s = 0) and half
 * (s = 1/2) multiples of h that one is taken whose nodes are further from x, where sum and residue do not cancel (Hunter and Regan 1972).
 */
function logNear(x: Var, y: Var): Var {
  const angle = mul(x, (2 * Math.PI) / STEP);
  const cosine = cos(angle);
  const isHalf = greater(cosine, 0);
  const sign = where(isHalf, -1, 1);
  const row = (own: Var) => reshape(own, [...own.shape, 1]);
  const onGrid = (key: "nodes" | "weights") =>
    where(row(isHalf), x.tape.constant(HALF[key]), x.tape.constant(WHOLE[key]));
  const t = onGrid("nodes");
  const [below, above] = [sub(row(x), t), add(row(x), t)].map((distance) => add(square(distance), square(row(y)))) as [
    Var,
    Var,
  ];
  const terms = mul(onGrid("weights"), div(add(below, above), mul(below, above)));
  const ofRule = mul(y, reshape(sum(terms, -1), x.shape));
  // e^(2πi(z/h - s)) has the size `decay`. Guard the input, not the output: beyond π/h, e^(y²) may overflow.
  const hasResidue = less(y, Math.PI / STEP);
  const low = where(hasResidue, y, Math.PI / STEP);
  const exponent = mul(low, (-2 * Math.PI) / STEP);
  const decay = exp(exponent);
  const phase = mul(mul(x, low), 2);
  const size = exp(add(sub(square(low), square(x)), exponent));
  const turned = sub(mul(sign, cos(sub(phase, angle))), mul(decay, cos(phase)));
  const spread = add(1, mul(decay, sub(decay, mul(mul(sign, cosine), 2))));
  const residue = mul(mul(size, 2), div(turned, spread));
  return log(sub(ofRule, where(hasResidue, residue, 0)));
}

/** The same of |x| or y from `FAR` on: y / (√π r) (1 + …) with r = x² + y², from w = (i/√π)(1/z + 1/(2 z³) + 3/(4 z⁵) + …). No square overflows. */
function logFar(x: Var, y: Var): Var {
  const isWide = greater(x, y);
  const large = where(isWide, x, y);
  const ratio = div(where(isWide, y, x), large);
  const growth = add(1, square(ratio));
  const [ofX, ofY] = [square(div(x, large)), square(div(y, large))].map((own) => div(own, growth)) as [Var, Var];
  const perSquare = div(square(div(1, large)), growth);
  const second = sub(mul(ofX, 1.5), mul(ofY, 0.5));
  const fourth = add(mul(ofX, sub(mul(ofX, 3.75), mul(ofY, 7.5))), mul(square(ofY), 0.75));
  const correction = mul(perSquare, add(second, mul(perSquare, fourth)));
  const leading = sub(log(y), add(mul(log(large), 2), 0.5 * Math.log(Math.PI)));
  return add(sub(leading, log1p(square(ratio))), log1p(correction));
}

/**
 * log of the real part of the Faddeeva function w(x + iy) = e^(-z²) erfc(-iz) for y >= 0, NaN below: of Voigt's profile, the convolution of a
 * normal and a Cauchy distribution. Even in x.
 *
 * To 4 units in the last place of 1 and of itself, from y = 0, where it is -x², to x and y of the largest numbers. First derivatives are off by 40 units
 * of 1 and of themselves, second ones by 1000, in WGSL 8 times as much: those in y alone grow as 1 / y and 1 / y² where y is small and x is not, and the mixed one is then off by units of 1 / y. At
 * y = 0 it ends with e^(-x²), at x = 26 in f64, and 9 in f32.
 */
export function logFaddeeva(x: Var, y: Var): Var {
  checkNode("logFaddeeva", x);
  checkNode("logFaddeeva", y);
  const shape: Shape = broadcastShapes("logFaddeeva", x.shape, y.shape);
  const events = commonEvents("logFaddeeva", [x, y]);
  const [own, height] = [x, y].map((of) => broadcastEvents(broadcast(of, shape), events)) as [Var, Var];
  const size = where(less(own, 0), neg(own), own);
  const isFar = greater(add(greater(size, FAR), greater(height, FAR)), 0);
  // Guard the input, not the output.
  const far = logFar(where(isFar, size, FAR), where(isFar, height, FAR));
  const near = logNear(where(isFar, 0, own), where(isFar, 1, height));
  const isNone = less(height, 0);
  return where(isNone, log(where(isNone, height, 1)), where(isFar, far, near));
}
