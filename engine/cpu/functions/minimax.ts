/**
 * Minimax polynomials, lowest power first. Written by test/references/minimax.py (which holds the derivation):
 * Python 3.11.2, mpmath 1.2.1, 2026-11-30. Do not edit.
 */
import type { Precision } from "../assembly/lanes.js";

export interface Minimax {
  readonly coefficients: readonly number[];
  /** Largest error, weighted as the entry says. */
  readonly error: number;
}

/** In v = 2 offset w - 1 with w = 1 / (x + offset). */
export interface MinimaxOfReciprocal extends Minimax {
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

/** ierfc(x) / (w erfc(x)) in v = 2 offset w - 1, w = 1 / (x + offset), x >= 0; error relative. */
export const meanExcessPolynomial: Readonly<Record<Precision, MinimaxOfReciprocal>> = {
  f32: {
    offset: 2,
    error: 5.5e-8,
    coefficients: [
      0.8363215923309326, 0.3836647868156433, -0.022998126223683357, -0.09008411318063736, 0.00228876038454473,
      0.02729823626577854, -0.0027796789072453976, -0.00864728819578886, 0.00203399988822639, 0.0023141950368881226,
      -0.0008277390734292567, -0.0003562410129234195, 0.0001507693959865719,
    ],
  },
  f64: {
    offset: 2.5,
    error: 8.1e-17,
    coefficients: [
      0.8817018774659776, 0.5209547844305246, 0.11227719214753103, -0.07455168346130507, -0.05244179761270716,
      0.009297102106677422, 0.018214304210161045, -0.00014047621044036774, -0.005970234614897159,
      -0.0005057790406737176, 0.0019177334874676058, 0.00024723686276593613, -0.0006047244901387702,
      -8.137478433661731e-5, 0.00018435050020201288, 2.0658112622662702e-5, -5.287330665491527e-5,
      -3.9982392813943165e-6, 1.3743090697032684e-5, 5.710037367050277e-7, -3.077314961360305e-6, -7.396566627221666e-8,
      5.501687861884982e-7, 1.4995987430423332e-8, -6.867612837567707e-8, -2.375915941372632e-9, 4.3793605640112325e-9,
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
