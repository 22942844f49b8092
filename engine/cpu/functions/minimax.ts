/**
 * Minimax polynomials, lowest power first. Written by test/references/minimax.py (which holds the derivation):
 * Python 3.11.2, mpmath 1.2.1, 2026-11-22. Do not edit.
 */
import type { Precision } from "../assembly/lanes.js";

export interface Minimax {
  readonly coefficients: readonly number[];
  /** Largest error, weighted as the entry says. */
  readonly error: number;
}

/** For v = slope / (x + offset) + shift. */
export interface MinimaxOfReciprocal extends Minimax {
  readonly slope: number;
  readonly shift: number;
  readonly offset: number;
}

/** (e^r - 1 - r) / r^2 for |r| <= ln(2)/2; error relative to e^r - 1, which is the harder use (expm1). */
export const expPolynomial: Readonly<Record<Precision, Minimax>> = {
  f32: {
    error: 1.7e-8,
    coefficients: [
      0.4999999701976776, 0.1666654348373413, 0.04166720062494278, 0.008366520516574383, 0.0013882523635402322,
    ],
  },
  f64: {
    error: 9.2e-19,
    coefficients: [
      0.5, 0.16666666666666677, 0.04166666666666651, 0.008333333333321691, 0.0013888888888962283, 0.0001984126988596713,
      2.4801587172695033e-5, 2.7557244373044814e-6, 2.75574025189211e-7, 2.510897925271887e-8, 2.087536615228627e-9,
    ],
  },
};

/** (2 atanh(s) - 2s) / s^3 in z = s^2, s = f / (2 + f), 1 + f in [sqrt(1/2), sqrt(2)]; error relative to 2 atanh(s). */
export const logPolynomial: Readonly<Record<Precision, Minimax>> = {
  f32: { error: 8.8e-10, coefficients: [0.6666677594184875, 0.39977535605430603, 0.2987186312675476] },
  f64: {
    error: 1.8e-18,
    coefficients: [
      0.6666666666666734, 0.39999999999414326, 0.28571428742474053, 0.2222219856355417, 0.18183564863458426,
      0.1531403591353869, 0.1479610467732157,
    ],
  },
};

/** (sin(r) - r) / r^3 in z = r^2, |r| <= pi/4; error relative to sin(r). */
export const sinPolynomial: Readonly<Record<Precision, Minimax>> = {
  f32: { error: 8.2e-9, coefficients: [-0.16666655242443085, 0.00833216030150652, -0.00019515250460244715] },
  f64: {
    error: 1.1e-17,
    coefficients: [
      -0.1666666666666663, 0.008333333333322113, -0.00019841269829584852, 2.7557313619704294e-6, -2.5050747491220908e-8,
      1.5896213943696714e-10,
    ],
  },
};

/** (cos(r) - 1 + r^2/2) / r^4 in z = r^2, |r| <= pi/4; error relative to cos(r). */
export const cosPolynomial: Readonly<Record<Precision, Minimax>> = {
  f32: { error: 1.7e-10, coefficients: [0.04166664555668831, -0.0013887316454201937, 2.4433147700619884e-5] },
  f64: {
    error: 1.1e-18,
    coefficients: [
      0.041666666666666595, -0.001388888888887305, 2.4801587288846618e-5, -2.7557314177783844e-7, 2.0875700630715093e-9,
      -1.1358525305512802e-11,
    ],
  },
};

/** erf(x)/x - 1 in z = x^2, |x| <= 1/2; error relative to erf(x). */
export const erfPolynomial: Readonly<Record<Precision, Minimax>> = {
  f32: {
    error: 3.0e-9,
    coefficients: [
      0.12837916612625122, -0.37612608075141907, 0.11282821744680405, -0.026757100597023964, 0.00471779890358448,
    ],
  },
  f64: {
    error: 1.3e-17,
    coefficients: [
      0.12837916709551256, -0.37612638903183465, 0.1128379167092473, -0.026866170632686398, 0.005223977369824024,
      -0.0008548297478107839, 0.00012053321964539622, -1.4845521959975309e-5, 1.4722558065991177e-6,
    ],
  },
};

/** e^(x^2) erfc(x) / w in v = slope w + shift, w = 1 / (x + offset), 1/2 <= x <= 10.1 (f32), 27 (f64); error relative. */
export const erfcPolynomial: Readonly<Record<Precision, MinimaxOfReciprocal>> = {
  f32: {
    shift: -1.520807074926303,
    slope: 6.301765606608265,
    offset: 2,
    error: 2.6e-8,
    coefficients: [
      0.9980874061584473, 0.42395249009132385, 0.1110096275806427, 0.010061468929052353, -0.003298684023320675,
      -0.0007289762143045664, 0.0001830159017117694, 3.882340752170421e-5, -1.2663988854910713e-5,
    ],
  },
  f64: {
    shift: -1.339613812778065,
    slope: 10.528028196120015,
    offset: 4,
    error: 1.4e-16,
    coefficients: [
      1.1137678597121008, 0.7635411516041634, 0.4636434801167189, 0.24797324861103823, 0.11563654086437453,
      0.0462137483048475, 0.015352528136673144, 0.003986308149810476, 0.0006836998036525124, 1.65710901487281e-5,
      -3.145003910923023e-5, -8.638039079326041e-6, 3.368347925468185e-8, 5.627430743177829e-7, 9.093970467303225e-8,
      -2.6870706773846318e-8, -9.540182112619778e-9, 9.924520871925151e-10, 5.982981452807763e-10,
      -1.3087234743975516e-11,
    ],
  },
};

/** ln 2 in two pieces, the first short enough for its product with any binary exponent to be exact. */
export const LN2: Readonly<Record<Precision, readonly [number, number]>> = {
  f32: [0.693145751953125, 1.428606765330187e-6],
  f64: [0.6931471805598903, 5.497923018708371e-14],
};

/** pi/2 in pieces, all but the last of 33 bits: their products with integers below 2^20 are exact in f64. */
export const HALF_PI: readonly number[] = [
  1.5707963267341256, 6.077100506303966e-11, 2.0222662487111665e-21, 8.4784276603689e-32,
];
