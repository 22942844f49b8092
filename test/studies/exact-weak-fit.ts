/** The likelihood of `examples/weak-systematics` by closed forms, in f64. */
import { cholesky, choleskyInverse } from "../../inference/statistics/linear-algebra/symmetric-matrix.js";

/** Columns of the example's files. */
export interface WeakEvents {
  readonly lnMet: Float64Array;
  /** Of logit_cos. */
  readonly cos: Float64Array;
  /** Of asinh_t. */
  readonly t: Float64Array;
}

/** Of one process: ln met normal, cos of density (1 + c cos) / 2, t of a Student t. */
export interface Family {
  readonly mean: number;
  readonly width: number;
  readonly slope: number;
  readonly location: number;
  readonly scale: number;
}

export const TRUE_FAMILIES: readonly Family[] = [
  { mean: 4.1, width: 0.6, slope: -0.4, location: 1.2, scale: 0.9 },
  { mean: 3.5, width: 0.8, slope: 0.35, location: 0, scale: 1.1 },
];
const YIELDS = [9000, 15000] as const;
const KAPPA = 0.08;
const DEGREES_OF_FREEDOM = 5;

const sumOf = (values: Float64Array, of: (value: number, i: number) => number) => {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += of(values[i]!, i);
  return sum;
};

/** The maximum of the likelihood of a process, from its nominal events. */
export function fittedFamily({ lnMet, cos, t }: WeakEvents): Family {
  const n = lnMet.length;
  const mean = sumOf(lnMet, (value) => value) / n;
  const width = Math.sqrt(sumOf(lnMet, (value) => (value - mean) ** 2) / n);
  let slope = 0;
  // Newton: the log-likelihood is concave in the slope.
  for (let step = 0; step < 30; step++) {
    const score = sumOf(cos, (value) => value / (1 + slope * value));
    const information = sumOf(cos, (value) => (value / (1 + slope * value)) ** 2);
    slope += score / information;
  }
  // Expectation and maximisation: a Student t is a normal distribution of which each event has a weight of its own.
  let [location, scale] = [0, 1];
  for (let step = 0; step < 300; step++) {
    const weights = t.map(
      (value) => (DEGREES_OF_FREEDOM + 1) / (DEGREES_OF_FREEDOM + ((value - location) / scale) ** 2),
    );
    location = sumOf(t, (value, i) => weights[i]! * value) / sumOf(weights, (value) => value);
    scale = Math.sqrt(sumOf(t, (value, i) => weights[i]! * (value - location) ** 2) / n);
  }
  return { mean, width, slope, location, scale };
}

export interface WeakFit {
  /** scale, tilt, norm */
  readonly estimate: readonly number[];
  readonly sigma: readonly number[];
}

/** -ln L of scale, tilt and norm, without constants. */
function likelihoodOf(families: readonly Family[], events: WeakEvents, shift: number, tilt: number) {
  const { lnMet, cos, t } = events;
  const ofT = families.map(({ location, scale }) =>
    t.map(
      (value) =>
        -Math.log(scale) -
        ((DEGREES_OF_FREEDOM + 1) / 2) * Math.log1p(((value - location) / scale) ** 2 / DEGREES_OF_FREEDOM),
    ),
  );
  return ([ofScale, ofTilt, ofNorm]: readonly number[]): number => {
    const yields = [YIELDS[0], YIELDS[1] * (1 + KAPPA) ** ofNorm!];
    const moved = Math.log1p(shift * ofScale!);
    const slopes = families.map(({ slope }, p) => slope + (p === 1 ? tilt * ofTilt! : 0));
    const density = (p: number, i: number) => {
      const z = (lnMet[i]! - moved - families[p]!.mean) / families[p]!.width;
      return (yields[p]! / families[p]!.width) * (1 + slopes[p]! * cos[i]!) * Math.exp(ofT[p]![i]! - 0.5 * z * z);
    };
    const constraints = 0.5 * (ofScale! ** 2 + ofTilt! ** 2 + ofNorm! ** 2);
    return yields[0]! + yields[1]! - sumOf(lnMet, (_, i) => Math.log(density(0, i) + density(1, i))) + constraints;
  };
}

/** Of the central differences: their error is of order step², far below the error of a fit. */
const STEP = 1e-2;

function derivatives(f: (at: readonly number[]) => number, at: readonly number[]) {
  const n = at.length;
  const moved = (...moves: readonly (readonly [number, number])[]) =>
    f(at.map((value, k) => value + moves.reduce((sum, [which, by]) => sum + (which === k ? by : 0), 0)));
  const gradient = Float64Array.from(at, (_, k) => (moved([k, STEP]) - moved([k, -STEP])) / (2 * STEP));
  const hessian = new Float64Array(n * n);
  for (let k = 0; k < n; k++) {
    for (let l = 0; l <= k; l++) {
      const second =
        moved([k, STEP], [l, STEP]) -
        moved([k, STEP], [l, -STEP]) -
        moved([k, -STEP], [l, STEP]) +
        moved([k, -STEP], [l, -STEP]);
      hessian[k * n + l] = hessian[l * n + k] = second / (4 * STEP * STEP);
    }
  }
  return { gradient, hessian };
}

/** Newton's method from 0: −ln L is close to a parabola. */
export function exactFit(families: readonly Family[], events: WeakEvents, shift: number, tilt: number): WeakFit {
  const f = likelihoodOf(families, events, shift, tilt);
  let estimate = [0, 0, 0];
  for (let step = 0; ; step++) {
    const { gradient, hessian } = derivatives(f, estimate);
    const covariance = choleskyInverse(cholesky(hessian, 3)!, 3);
    if (step === 6) return { estimate, sigma: [0, 4, 8].map((i) => Math.sqrt(covariance[i]!)) };
    estimate = estimate.map((value, k) => value - gradient.reduce((sum, g, l) => sum + covariance[3 * k + l]! * g, 0));
  }
}
