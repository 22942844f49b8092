/** How far counts are from what was expected. */

/** Test statistics that are sums of many terms, as standard normal deviates: |z| < 5 has false-alarm probability 6e-7. */
export const DEVIATION = 5;

export function chiSquareDeviate(
  counts: ArrayLike<number>,
  expected: (cell: number) => number,
  degrees: number,
): number {
  let chiSquare = 0;
  for (let i = 0; i < counts.length; i++) chiSquare += (counts[i]! - expected(i)) ** 2 / expected(i);
  // Wilson and Hilferty 1931: (χ²/n)^(1/3) is nearly normal with mean 1 - 2/(9n) and variance 2/(9n).
  return (Math.cbrt(chiSquare / degrees) - 1 + 2 / (9 * degrees)) / Math.sqrt(2 / (9 * degrees));
}
