/** The error functions by other methods than the engine's, for laws and edges. */

/** Abramowitz and Stegun 7.1.6, whose terms are all of one sign. From 6 on, 1 - erf x is below 3e-17. */
export function erf(x: number): number {
  if (!(Math.abs(x) < 6)) return Math.sign(x);
  let [term, total] = [x, x];
  for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(total); n++) {
    term *= (2 * x * x) / (2 * n + 1);
    total += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * total;
}

/**
 * The continued fraction of Laplace for x >= 1/2 (Abramowitz and Stegun 7.1.14), (n/2) / (x + ((n+1)/2) / (x + …)), from its 2000th
 * term back to the nth.
 */
function laplace(x: number, first: number): number {
  let rest = 0;
  for (let n = 2000; n >= first; n--) rest = n / 2 / (x + rest);
  return rest;
}

const SQRT_PI = Math.sqrt(Math.PI);

/** x + ierfc(x) / erfc(x) */
const sum = (x: number) => (x < 0.5 ? Math.exp(-x * x) / (SQRT_PI * (1 - erf(x))) : x + laplace(x, 1));

/** 1 - 2 x erfcMeanExcess(x), with all digits for x >= 1/2. */
export function besideOne(x: number): number {
  const second = laplace(x, 2);
  return x < 0.5 ? 1 - 2 * x * erfcMeanExcess(x) : second / (x + second);
}

/** ierfc(x) / erfc(x) */
export const erfcMeanExcess = (x: number) => (x < 0.5 ? sum(x) - x : laplace(x, 1));

/** With all digits for x >= 1/2, else those of 1. */
export const erfcMeanExcessSlope = (x: number) =>
  x < 0.5 ? 2 * erfcMeanExcess(x) * sum(x) - 1 : 2 * erfcMeanExcess(x) ** 2 - besideOne(x);

export const erfc = (x: number) => (x < 0.5 ? 1 - erf(x) : Math.exp(-x * x) / (SQRT_PI * sum(x)));

/** e^(x²) erfc x */
export const erfcx = (x: number) => (x < 0.5 ? Math.exp(x * x) * (1 - erf(x)) : 1 / (SQRT_PI * sum(x)));

export const logErfc = (x: number) => (x < 0.5 ? Math.log1p(-erf(x)) : -x * x - Math.log(SQRT_PI * sum(x)));
export const logErfcSlope = (x: number) => -2 * sum(x);
export const logErfcCurvature = (x: number) => -4 * erfcMeanExcess(x) * sum(x);
