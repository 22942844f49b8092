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

const ORDERS = [0, 1, 2, 3, 4];
/** factor · i^order */
const turned = ([re, im]: Complex, order: number): Complex =>
  [[re, im] as const, [-im, re] as const, [-re, -im] as const, [im, -re] as const][order % 4]!;
/** n (n - 1) … of so many factors, or n (n + 1) … */
const falling = (n: number, count: number) => Array.from({ length: count }, (_, i) => n - i).reduce((a, b) => a * b, 1);
const rising = (n: number, count: number) => falling(n + count - 1, count);

/** w and its first four derivatives: Σ (iz)^n / Γ(n/2 + 1), Abramowitz and Stegun 7.1.8. */
function near(z: Complex): readonly Complex[] {
  const iz: Complex = [-z[1], z[0]];
  const powers: Complex[] = [[1, 0]];
  for (let n = 1; n < 90; n++) powers.push(mul(powers[n - 1]!, iz));
  return ORDERS.map((order) => {
    let total: Complex = [0, 0];
    for (let n = order; n < 90; n++) {
      total = add(total, scaled(powers[n - order]!, falling(n, order) / halfGammas[n + 2]!));
    }
    return turned(total, order);
  });
}

/** The same for |z| > 8: i/√π Σ (2k - 1)!! / 2^k z^(-2k-1), Abramowitz and Stegun 7.1.23, up to its least term. */
function far(z: Complex): readonly Complex[] {
  const u = inverse(z);
  return ORDERS.map((order) => {
    let total: Complex = [0, 0];
    let factor = (-1) ** order;
    let power = u;
    for (let i = 0; i < order; i++) power = mul(power, u);
    for (let k = 0; k < 40; k++) {
      total = add(total, scaled(power, factor * rising(2 * k + 1, order)));
      factor *= k + 0.5;
      power = mul(power, mul(u, u));
    }
    return scaled([-total[1], total[0]], 1 / Math.sqrt(Math.PI));
  });
}

/** w(x + iy) and its first four derivatives in z: d/dy is i d/dz. */
export function faddeeva(x: number, y: number): readonly Complex[] {
  const size = Math.hypot(x, y);
  if (size > 2 && size < 8) throw new Error(`|z| below 2 or above 8 expected, got ${size}`);
  return size > 8 ? far([x, y]) : near([x, y]);
}

/** log Re w(x + iy) with its derivatives. */
export function logFaddeeva(x: number, y: number) {
  const [w, first, second] = faddeeva(x, y) as [Complex, Complex, Complex];
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
