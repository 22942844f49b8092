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

/** ierfc(x) / erfc(x) for x >= 1/2: the continued fraction of Laplace (Abramowitz and Stegun 7.1.14), from its 2000th term. */
export function meanExcess(x: number): number {
  let rest = 0;
  for (let n = 2000; n > 0; n--) rest = n / 2 / (x + rest);
  return rest;
}

export function erfc(x: number): number {
  return x < 0.5 ? 1 - erf(x) : Math.exp(-x * x) / (Math.sqrt(Math.PI) * (x + meanExcess(x)));
}
