/**
 * A monotone curve through knots with given slopes: on every interval a quotient of quadratic polynomials, once differentiable everywhere.
 * Gregory and Delbourgo 1982, IMA Journal of Numerical Analysis 2, 123.
 */

export interface Knots {
  /** Increasing. [knots] */
  readonly x: ArrayLike<number>;
  /** Increasing. [knots] */
  readonly z: ArrayLike<number>;
  /** dz/dx, positive. [knots] */
  readonly slope: ArrayLike<number>;
}

/** Position of the interval that holds `value`; the first or the last one beyond them. */
export function intervalOf(knots: ArrayLike<number>, value: number): number {
  let [low, high] = [0, knots.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (knots[middle]! <= value) low = middle;
    else high = middle;
  }
  return low;
}

/** z at x, between the first and the last knot. */
export function curveForward({ x, z, slope }: Knots, at: number): number {
  const i = intervalOf(x, at);
  const [width, height] = [x[i + 1]! - x[i]!, z[i + 1]! - z[i]!];
  const secant = height / width;
  const t = (at - x[i]!) / width;
  const between = t * (1 - t);
  const [left, right] = [slope[i]!, slope[i + 1]!];
  return z[i]! + (height * (secant * t * t + left * between)) / (secant + (left + right - 2 * secant) * between);
}

/** log dz/dx at x, between the first and the last knot. */
export function curveLogSlope({ x, z, slope }: Knots, at: number): number {
  const i = intervalOf(x, at);
  const width = x[i + 1]! - x[i]!;
  const secant = (z[i + 1]! - z[i]!) / width;
  const t = (at - x[i]!) / width;
  const between = t * (1 - t);
  const [left, right] = [slope[i]! / secant, slope[i + 1]! / secant];
  const numerator = right * t * t + 2 * between + left * (1 - t) * (1 - t);
  return Math.log(secant) + Math.log(numerator) - 2 * Math.log(1 + (left + right - 2) * between);
}

/** x at z, between the first and the last knot: the root of a quadratic equation that does not lose digits. */
export function curveInverse({ x, z, slope }: Knots, at: number): number {
  const i = intervalOf(z, at);
  const [width, height] = [x[i + 1]! - x[i]!, z[i + 1]! - z[i]!];
  const secant = height / width;
  const [left, right] = [slope[i]! / secant, slope[i + 1]! / secant];
  const part = (at - z[i]!) / height;
  const bend = (left + right - 2) * part;
  const a = 1 - left + bend;
  const b = left - bend;
  const t = (2 * part) / (b + Math.sqrt(b * b + 4 * a * part));
  return x[i]! + width * t;
}

/**
 * Slopes at the knots from the points alone: between two intervals the weighted geometric mean of their secants, the nearer of which counts more.
 *
 * @param ends  slopes at the first and the last knot; that of the outer interval where undefined
 */
export function slopesOf(
  x: readonly number[],
  z: readonly number[],
  ends: readonly [number | undefined, number | undefined],
): number[] {
  const logSecant = x.slice(1).map((right, i) => Math.log((z[i + 1]! - z[i]!) / (right - x[i]!)));
  const last = x.length - 1;
  return x.map((_, i) => {
    if (i === 0) return ends[0] ?? Math.exp(logSecant[0]!);
    if (i === last) return ends[1] ?? Math.exp(logSecant[last - 1]!);
    // Widths in z: those in x differ by orders of magnitude near a spike.
    const [before, after] = [z[i]! - z[i - 1]!, z[i + 1]! - z[i]!];
    return Math.exp((after * logSecant[i - 1]! + before * logSecant[i]!) / (before + after));
  });
}
