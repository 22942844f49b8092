/** The Faddeeva function by other methods than the engine's, for |z| < 2 and |z| > 8. */

type Complex = readonly [re: number, im: number];

const add = (a: Complex, b: Complex): Complex => [a[0] + b[0], a[1] + b[1]];
const mul = (a: Complex, b: Complex): Complex => [a[0] * b[0] - a[1] * b[1], a[0] * b[1] + a[1] * b[0]];
const scaled = (a: Complex, by: number): Complex => [a[0] * by, a[1] * by];
const inverse = ([re, im]: Complex): Complex => {
  const size = Math.hypot(re, im);
  return [re / size / size, -im / size / size];
};

/** Γ(n/2) for n = 1, 2, …, by Γ(a + 1) = a Γ(a). */
const halfGammas = [0, Math.sqrt(Math.PI), 1];
for (let n = 3; n < 200; n++) halfGammas.push((n / 2 - 1) * halfGammas[n - 2]!);

/** w and its first two derivatives: Σ (iz)^n / Γ(n/2 + 1), Abramowitz and Stegun 7.1.8. */
function near(z: Complex): readonly Complex[] {
  const iz: Complex = [-z[1], z[0]];
  const powers: Complex[] = [[1, 0]];
  for (let n = 1; n < 90; n++) powers.push(mul(powers[n - 1]!, iz));
  /** d/dz of (iz)^n is i n (iz)^(n-1). */
  return [0, 1, 2].map((order) => {
    let total: Complex = [0, 0];
    for (let n = order; n < 90; n++) {
      const factor = [1, n, n * (n - 1)][order]! / halfGammas[n + 2]!;
      total = add(total, scaled(powers[n - order]!, factor));
    }
    return [total, [-total[1], total[0]], scaled(total, -1)][order] as Complex;
  });
}

/** The same for |z| > 8: i/√π Σ (2k - 1)!! / 2^k z^(-2k-1), Abramowitz and Stegun 7.1.23, up to its least term. */
function far(z: Complex): readonly Complex[] {
  const u = inverse(z);
  return [0, 1, 2].map((order) => {
    let total: Complex = [0, 0];
    let factor = 1;
    let power = mul(u, [[1, 0] as const, u, mul(u, u)][order]!);
    for (let k = 0; k < 40; k++) {
      const n = 2 * k + 1;
      total = add(total, scaled(power, factor * [1, -n, n * (n + 1)][order]!));
      factor *= n / 2;
      power = mul(power, mul(u, u));
    }
    return scaled([-total[1], total[0]], 1 / Math.sqrt(Math.PI));
  });
}

/** log Re w(x + iy) with its derivatives. */
export function logFaddeeva(x: number, y: number) {
  const size = Math.hypot(x, y);
  if (size > 2 && size < 8) throw new Error(`|z| below 2 or above 8 expected, got ${size}`);
  const [w, first, second] = (size > 8 ? far([x, y]) : near([x, y])) as [Complex, Complex, Complex];
  // d/dy is i d/dz.
  const [ofX, ofY] = [first[0] / w[0], -first[1] / w[0]];
  const mixed = -second[1] / w[0] - ofX * ofY;
  return {
    value: Math.log(w[0]),
    slopes: [ofX, ofY],
    curvatures: [
      [second[0] / w[0] - ofX * ofX, mixed],
      [mixed, -second[0] / w[0] - ofY * ofY],
    ],
  };
}
