/** Functions of a few numbers for p-values, in f64. */

import { UsageError } from "../../../engine/errors.js";
import { valueText } from "../../../engine/options.js";

/** B_2k / (2k (2k - 1)) for k = 1…8: the coefficients of Stirling's series, DLMF 5.11.1. */
const STIRLING = [1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360, 1 / 156, -3617 / 122400] as const;

/** From here on the first term left out of Stirling's series, 43867/244188 x⁻¹⁷, is below 1e-17. */
const STIRLING_FROM = 12;

/** log Γ(x) for x > 0; absolute error below 1e-14 up to x = 10, relative error below 1e-14 beyond. */
export function logGamma(x: number): number {
  if (!(x > 0)) throw new UsageError("logGamma", { expected: "x > 0", got: valueText(x) });
  // Γ(x) = Γ(x + m) / (x (x + 1) … (x + m - 1))
  let shift = 1;
  let z = x;
  while (z < STIRLING_FROM) shift *= z++;
  const series = STIRLING.reduceRight((sum, c) => sum / (z * z) + c, 0) / z;
  return (z - 0.5) * Math.log(z) - z + 0.5 * Math.log(2 * Math.PI) + series - Math.log(shift);
}

/** x^a e^-x / Γ(a), which both expansions below have in front. */
function gammaPrefactor(a: number, x: number): number {
  return Math.exp(a * Math.log(x) - x - logGamma(a));
}

/** P(a, x) by its power series, DLMF 8.7.1; converges fast for x < a + 1. */
function lowerSeries(a: number, x: number): number {
  let term = 1 / a;
  let sum = term;
  for (let n = 1; term > sum * Number.EPSILON * 0.1; n++) {
    term *= x / (a + n);
    sum += term;
  }
  return sum * gammaPrefactor(a, x);
}

/** Q(a, x) by its continued fraction, DLMF 8.9.2 in its contracted form, evaluated by Lentz's method; for x >= a + 1. */
function upperFraction(a: number, x: number): number {
  // 1/(x+1-a- 1(1-a)/(x+3-a- 2(2-a)/(x+5-a- …
  let b = x + 1 - a;
  let c = Infinity;
  let d = 1 / b;
  let fraction = d;
  for (let n = 1; ; n++) {
    const numerator = -n * (n - a);
    b += 2;
    d = 1 / (numerator * d + b);
    c = b + numerator / c;
    const factor = c * d;
    fraction *= factor;
    if (Math.abs(factor - 1) < 2 * Number.EPSILON) return fraction * gammaPrefactor(a, x);
  }
}

/** Regularised upper incomplete gamma function Q(a, x) = 1 - P(a, x), accurate where it is small. */
export function gammaQ(a: number, x: number): number {
  if (!(a > 0 && Number.isFinite(a) && x >= 0)) {
    throw new UsageError("gammaQ", { expected: "a > 0 and x >= 0", got: `a = ${a}, x = ${x}` });
  }
  if (x === 0) return 1;
  if (x === Infinity) return 0;
  return x < a + 1 ? 1 - lowerSeries(a, x) : upperFraction(a, x);
}

/** Probability of a χ² at least this large with `ndf` degrees of freedom. */
export function chiSquarePValue(chiSquare: number, ndf: number): number {
  return gammaQ(ndf / 2, chiSquare / 2);
}

/** Probability that the least p-value of so many tests, taken as independent, is as small by chance: 1 - (1 - p)^n, Šidák 1967. */
export function amongTests(pValue: number, tests: number): number {
  if (!(pValue >= 0 && pValue <= 1 && tests >= 1)) {
    throw new UsageError("amongTests", {
      expected: "a probability and at least one test",
      got: `p = ${pValue}, n = ${tests}`,
    });
  }
  return -Math.expm1(tests * Math.log1p(-pValue));
}
