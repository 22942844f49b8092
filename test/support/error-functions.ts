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
