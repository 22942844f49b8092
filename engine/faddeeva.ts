/**
 * The Faddeeva function w(z) = e^(-z²) erfc(-iz) of z = x + iy, y >= 0, with its first two derivatives in f64: what the operations `reFaddeeva`,
 * `imFaddeeva` and those of its derivatives mean.
 *
 * Near 0, w(z) = (i/π) ∫ e^(-t²) / (z - t) dt by the trapezoidal rule, less the residue 2 e^(-z²) E / (1 - E), E = e^(2πi (z/h - s)), that the rule adds
 * for y < π/h (Matta and Reichel 1971, Math. Comp. 25, 339). Of the grids with nodes at whole (s = 0) and half (s = 1/2) multiples of h that one
 * is taken whose nodes are further from x, where sum and residue do not cancel (Hunter and Regan 1972). Two nodes ±t together give, with A = x² + y²,
 * 2 e^(-t²) (y (A + t²) + ix (A - t²)) / (((x - t)² + y²) ((x + t)² + y²)): the real part is a sum of terms of one sign. The derivatives are
 * w' = -2 z w + 2i/√π and w'' = -2 w - 2 z w', whose relative errors are those of w times |z|² and |z|⁴.
 *
 * From |z| = FAR on, w(z) = i / (√π z) Σ (2k - 1)!! / (2 z²)^k, Abramowitz and Stegun 7.1.23, and its derivatives, term by term. Real parts are y
 * times a number, at y = 0 but for e^(-x²), and as exact as the others.
 */
import { cos, exp, sin } from "./exact-functions.js";

/** Spacing h of the nodes; the error of the rule is e^(-π²/h²) = 7e-18 of the result. */
export const STEP = 0.5;
/** From this y on the rule has no residue. */
export const RESIDUE_END = Math.PI / STEP;
/** |z| from which the series stands. */
const FAR = 7;

export interface FaddeevaNode {
  readonly t: number;
  /** (2h/π) e^(-t²), half of it where t = 0. */
  readonly weight: number;
}

/** Nodes t >= 0 on both grids. The first that is left out counts, for x near it, as e^(-t²). */
export function faddeevaNodes(count: number): readonly { readonly whole: FaddeevaNode; readonly half: FaddeevaNode }[] {
  const node = (t: number) => ({ t, weight: ((t === 0 ? 1 : 2) * STEP * exp(-t * t)) / Math.PI });
  return Array.from({ length: count }, (_, k) => ({ whole: node(k * STEP), half: node((k + 0.5) * STEP) }));
}

/**
 * Coefficients of u = 1/z² in √π z w / i, and in the same of its derivatives, √π w' / i and √π z w'' / i, of which that of u^0 is 0.
 */
export function faddeevaSeries(count: number): readonly [readonly number[], readonly number[], readonly number[]] {
  const value = [1];
  for (let k = 1; k < count; k++) value.push(value[k - 1]! * (k - 0.5));
  return [
    value,
    [0, ...value.map((a, k) => -(2 * k + 1) * a)],
    [0, ...value.map((a, k) => (2 * k + 1) * (2 * k + 2) * a)],
  ];
}

const NODES = faddeevaNodes(13);
/** The first term that is left out is 2e-17. */
const SERIES = faddeevaSeries(22);

/** w, w' and w'', each [re, im]. */
type Parts = readonly [re: number, im: number, re1: number, im1: number, re2: number, im2: number];

const TWO_OVER_SQRT_PI = 2 / Math.sqrt(Math.PI);

function near(x: number, y: number): Parts {
  // Of x / h: to the next whole number, and from there to the next point in the middle of two nodes.
  const rest = x / STEP - Math.round(x / STEP);
  const isHalf = Math.abs(rest) < 0.25;
  const beside = isHalf ? rest : rest - 0.5 * Math.sign(rest);
  const square = x * x + y * y;
  let [sum, ofSquares] = [0, 0];
  for (const { whole, half } of NODES) {
    const { t, weight } = isHalf ? half : whole;
    const share = weight / (((x - t) * (x - t) + y * y) * ((x + t) * (x + t) + y * y));
    sum += share;
    ofSquares += share * t * t;
  }
  // E = decay (c + i s), both with the other sign; c is not below 0.
  const low = Math.min(y, RESIDUE_END);
  const decay = exp(-2 * RESIDUE_END * low);
  const [c, s] = [cos(2 * Math.PI * beside), sin(2 * Math.PI * beside)];
  const size = (2 * exp(low * low - x * x - 2 * RESIDUE_END * low)) / (1 + decay * (decay + 2 * c));
  const [phaseCos, phaseSin] = [cos(2 * x * low), sin(2 * x * low)];
  const re = y * (square * sum + ofSquares) + size * (phaseCos * (c + decay) + phaseSin * s);
  const im = x * (square * sum - ofSquares) + size * (phaseCos * s - phaseSin * (c + decay));
  const [re1, im1] = [2 * (y * im - x * re), TWO_OVER_SQRT_PI - 2 * (x * im + y * re)];
  return [re, im, re1, im1, 2 * (y * im1 - x * re1 - re), -2 * (x * im1 + y * re1 + im)];
}

/** a and b of Σ c_k u^k = a + b u for real c_k, from 2 Re u and |u|². */
function reduced(coefficients: readonly number[], twice: number, size: number): readonly [number, number] {
  let [b, next] = [0, 0];
  for (let k = coefficients.length - 1; k > 0; k--) [b, next] = [coefficients[k]! + twice * b - size * next, b];
  return [coefficients[0]! - size * next, b];
}

function far(x: number, y: number): Parts {
  const inverse = 1 / (x * x + y * y);
  const [ofX, ofY] = [x * inverse, y * inverse];
  // u = 1/z² and 1/z = ofX - i ofY.
  const [u, v] = [ofX * ofX - ofY * ofY, -2 * ofX * ofY];
  const [value, slope, curvature] = SERIES.map((own) => reduced(own, 2 * u, inverse * inverse)) as [
    readonly [number, number],
    readonly [number, number],
    readonly [number, number],
  ];
  const perZ = ([a, b]: readonly [number, number]) => [
    0.5 * TWO_OVER_SQRT_PI * (ofY * (a + b * u) - ofX * b * v),
    0.5 * TWO_OVER_SQRT_PI * (ofX * (a + b * u) + ofY * b * v),
  ];
  // e^(-x²) is what there is at y = 0.
  const tail = y < 1 ? exp(-x * x) : 0;
  const [re, im] = perZ(value) as [number, number];
  const [re2, im2] = perZ(curvature) as [number, number];
  return [
    re + tail,
    im,
    -0.5 * TWO_OVER_SQRT_PI * slope[1] * v - 2 * x * tail,
    0.5 * TWO_OVER_SQRT_PI * (slope[0] + slope[1] * u),
    re2 + (4 * x * x - 2) * tail,
    im2,
  ];
}

const part = (index: number) => (x: number, y: number) => (x * x + y * y < FAR * FAR ? near(x, y) : far(x, y))[index]!;

export const [reFaddeeva, imFaddeeva, reFaddeevaSlope, imFaddeevaSlope, reFaddeevaCurvature, imFaddeevaCurvature] =
  Array.from({ length: 6 }, (_, index) => part(index)) as [Part, Part, Part, Part, Part, Part];

type Part = (x: number, y: number) => number;
