/** The gamma function in f64, of additions, multiplications, divisions and comparisons alone as in exact-functions.ts: what `lgamma` and `tgamma` of expressions mean. */
import { exp, log, polynomial, sin } from "./exact-functions.js";

/** From here on Stirling's series stands: its first term that is left out is below 1e-18 of the result. */
export const GAMMA_FAR = 8;
/** B_2k / (2k (2k - 1)), Abramowitz and Stegun 6.1.40, of 1 / x^(2k - 1). */
export const STIRLING: readonly number[] = [
  1 / 12,
  -1 / 360,
  1 / 1260,
  -1 / 1680,
  1 / 1188,
  -691 / 360360,
  1 / 156,
  -3617 / 122400,
  43867 / 244188,
  -174611 / 125400,
];

/**
 * Taylor coefficients q_k about s = 0 of log Γ(3/2 + s) / (s² - 1/4), whose radius of convergence is 3/2: those of log Γ, polygamma(k - 1, 3/2) / k!,
 * are q_(k-2) - q_k / 4. mpmath 1.2, mp.dps = 60. In |s| <= 1/2 the first term that is left out is below 1e-18.
 */
export const GAMMA_CENTRE: readonly number[] = [
  0.4831289505409809, -0.14595989591430608, 0.06291140107456494, -0.031308487501011, 0.01679709863118688,
  -0.009425622448469822, 0.005446457844550326, -0.003212074077194137, 0.0019229161402980364, -0.0011644144741047397,
  0.0007115222580316257, -0.00043799512094843095, 0.0002712770999739084, -0.0001688943252076928, 0.00010562363796385701,
  -6.631354825996798e-5, 4.1776965355324556e-5, -2.63996995905211e-5, 1.6728224342849443e-5, -1.062605648524703e-5,
  6.764963737960895e-6, -4.315621172395368e-6, 2.75822905390482e-6, -1.7658773695423894e-6, 1.1323372779009059e-6,
  -7.271509729816384e-7, 4.675854595934381e-7, -3.0105369740055603e-7, 1.9406025683828697e-7, -1.2522920908629922e-7,
  8.089486684438361e-8, -5.230644988327076e-8, 3.385194149380904e-8, -2.1927202904347372e-8,
];

/** log |Γ(x)|, infinite at 0, -1, -2, …: to 4 units in the last place for x > 0, to 8 of 1 and of itself below. */
export function lgamma(x: number): number {
  if (x < 0) {
    const beside = x - Math.floor(x + 0.5);
    return Math.log(Math.PI) - (log(Math.abs(sin(Math.PI * beside))) + lgamma(1 - x));
  }
  if (x >= GAMMA_FAR) {
    const inverse = 1 / x;
    const series = inverse * polynomial(inverse * inverse, STIRLING);
    return (x - 0.5) * (log(x) - 1) + (series + 0.5 * (Math.log(2 * Math.PI) - 1));
  }
  let [rest, factor] = [x, 1];
  for (; rest >= 2; rest -= 1) factor *= rest - 1;
  const isBelow = x < 1;
  const s = isBelow ? x - 0.5 : rest - 1.5;
  return (isBelow ? -log(x) : log(factor)) + (s - 0.5) * (s + 0.5) * polynomial(s, GAMMA_CENTRE);
}

/** Γ(x), to |lgamma(x)| units in the last place. */
export function gamma(x: number): number {
  const isTurned = x < 0 && Math.abs(Math.floor(x) % 2) === 1;
  return (isTurned ? -1 : 1) * exp(lgamma(x));
}
