/** log Γ and its derivatives for x > 0 by another method than the engine's: from an argument of 40 or more by sums. */

const SHIFT = 40;

/** Bernoulli numbers B_2, B_4, …: of the asymptotic series of Abramowitz and Stegun 6.1.40, 6.3.18 and 6.4.12, to their seventh term. */
const BERNOULLI = [1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6];

const shifts = (x: number) => (x < SHIFT ? Array.from({ length: SHIFT }, (_, k) => x + k) : []);
const sum = (numbers: readonly number[]) => numbers.reduceRight((a, b) => a + b, 0);

export function lgamma(x: number): number {
  const own = shifts(x);
  const far = x + own.length;
  const series = sum(BERNOULLI.map((b, i) => b / ((2 * i + 2) * (2 * i + 1)) / far ** (2 * i + 1)));
  return (far - 0.5) * Math.log(far) - far + 0.5 * Math.log(2 * Math.PI) + series - sum(own.map(Math.log));
}

export function polygamma(order: 0 | 1, x: number): number {
  const own = shifts(x);
  const far = x + own.length;
  if (order === 0) {
    const series = sum(BERNOULLI.map((b, i) => b / (2 * i + 2) / far ** (2 * i + 2)));
    return Math.log(far) - 0.5 / far - series - sum(own.map((at) => 1 / at));
  }
  const series = sum(BERNOULLI.map((b, i) => b / far ** (2 * i + 3)));
  return 1 / far + 0.5 / far / far + series + sum(own.map((at) => 1 / at / at));
}
