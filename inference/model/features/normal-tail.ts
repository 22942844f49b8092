/** The upper tail of the standard normal distribution by its logarithm: no number is too small for it. */

const LOG_ROOT_TWO_PI = 0.5 * Math.log(2 * Math.PI);

/**
 * P(Z > z) / φ(z), Mills' ratio, for z ≥ 1: the continued fraction 1/(z + 1/(z + 2/(z + 3/(z + …)))), from inside out. Abramowitz and
 * Stegun, 26.2.14. With so many terms it is right to 1e-15 from z = 1 on.
 */
export function millsRatio(z: number): number {
  const terms = Math.ceil(16 + 280 / (z * z));
  let inner = z;
  for (let k = terms; k >= 1; k--) inner = z + k / inner;
  return 1 / inner;
}

/** log φ(z) */
export const logNormalDensity = (z: number) => -0.5 * z * z - LOG_ROOT_TWO_PI;

/** log P(Z > z) for z ≥ 1. */
export const logNormalTail = (z: number) => logNormalDensity(z) + Math.log(millsRatio(z));

/** Enough for Newton's method on a concave function from a start within a tenth. */
const MOST_STEPS = 12;

/** The z ≥ 1 with log P(Z > z) = `logTail`, for logTail ≤ log P(Z > 1) = -1.841. */
export function normalTailPoint(logTail: number): number {
  if (logTail === Number.NEGATIVE_INFINITY) return Number.POSITIVE_INFINITY;
  const square = -2 * logTail;
  // φ(z) / z is the tail to leading order.
  let z = Math.max(1, Math.sqrt(Math.max(1, square - Math.log(2 * Math.PI) - Math.log(square))));
  for (let step = 0; step < MOST_STEPS; step++) {
    const ratio = millsRatio(z);
    const change = (logNormalDensity(z) + Math.log(ratio) - logTail) * ratio;
    z = Math.max(1, z + change);
    if (Math.abs(change) <= 2e-16 * z) break;
  }
  return z;
}

/** P(Z ≤ z), to 1e-15 of the smaller of it and 1 less it. */
export function normalCumulative(z: number): number {
  if (z <= -1) return Math.exp(logNormalTail(-z));
  if (z >= 1) return 1 - Math.exp(logNormalTail(z));
  // ½ + φ(z) (z + z³/3 + z⁵/(3·5) + …), Abramowitz and Stegun, 26.2.11.
  let [term, sum] = [z, z];
  for (let odd = 3; Math.abs(term) > 1e-17 * Math.abs(sum); odd += 2) {
    term *= (z * z) / odd;
    sum += term;
  }
  return 0.5 + Math.exp(logNormalDensity(z)) * sum;
}
