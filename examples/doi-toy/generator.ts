/**
 * The toy analysis of arXiv:2602.13184: its events, its densities and the distortion that a DoI fit has to find.
 *
 * Two classes, 0 = A with g = -1 and 1 = B with g = +1, half of the events each; kinematics x ∈ R², observables y ∈ R²,
 * all dimensionless; ν = (shift, squeeze) in prior standard deviations.
 */
import { cos, exp, log, log1p, sin, tanh } from "../../engine/exact-functions.js";
import {
  aFlag,
  aList,
  aNumber,
  aText,
  checkArgument,
  checkOptions,
  either,
  numbers,
  type Options,
  oneOf,
} from "../../engine/options.js";
import { fillNormal, fillWords, type RandomKey, randomKey } from "../../engine/random/random.js";

export type ToyClass = 0 | 1;

/** (shift, squeeze), prior standard deviations. */
export type ToyNuisances = readonly [shift: number, squeeze: number];

export interface ToyEventsRequest {
  readonly seed: number;
  /** Names the stream: events of different purposes are independent. */
  readonly purpose: string;
  /** Number of the first event: [start, start + count) gives the same events however the stream is divided. */
  readonly start: number;
  readonly count: number;
  readonly nu: ToyNuisances;
  /** Whether y is distorted, as in data. */
  readonly distorted: boolean;
  readonly classes: "both" | ToyClass;
}

export interface ToyEvents {
  /** [2, count] */
  readonly x: Float32Array;
  /** [2, count] */
  readonly y: Float32Array;
  /** true class [count] */
  readonly c: Int32Array;
}

/** Nominal means of x_1 and widths of x, by class; the mean of x_2 is 0. */
const MEAN_X1 = [-0.5, 0.5] as const;
const WIDTH_X1 = [0.9, 0.6] as const;
const WIDTH_X2 = [0.6, 0.4] as const;

/** Effect of one prior standard deviation: shift of x_1 and μ; logarithm of the squeeze of widths. */
const SHIFT = 0.3;
const SQUEEZE = 0.2;

/** Off-diagonal strength of the linear part of the distortion; its determinant is (1 + κg)² - κ² = 1 + 2κg. */
const SHEAR = 0.1;

const NORMALS_PER_EVENT = 4;

/** Events whose normals are made at once: 32 kB. */
const EVENTS_AT_ONCE = 1024;

const toyOptions: Options<ToyEventsRequest> = {
  seed: aNumber,
  purpose: aText,
  start: aNumber,
  count: aNumber,
  nu: numbers,
  distorted: aFlag,
  classes: either(oneOf("both"), aNumber),
};

/** Events number start … start + count - 1 of a stream. */
export function sampleToy(request: ToyEventsRequest): ToyEvents {
  checkOptions("sampleToy", request, toyOptions);
  const { seed, purpose, start, count, nu, distorted, classes } = request;
  const x = new Float32Array(2 * count);
  const y = new Float32Array(2 * count);
  const c = new Int32Array(count);
  if (classes === "both") fillClasses(randomKey(seed, `${purpose}/class`), start, c);
  else c.fill(classes);

  const key = randomKey(seed, `${purpose}/normals`);
  const normals = new Float64Array(NORMALS_PER_EVENT * Math.min(count, EVENTS_AT_ONCE));
  const laws = [xLaw(0, nu), xLaw(1, nu)] as const;
  const [law, point] = [newYLaw(), newPoint()];
  for (let done = 0; done < count; done += EVENTS_AT_ONCE) {
    const some = Math.min(EVENTS_AT_ONCE, count - done);
    fillNormal(key, NORMALS_PER_EVENT * (start + done), normals.subarray(0, NORMALS_PER_EVENT * some));
    for (let i = 0; i < some; i++) {
      const event = done + i;
      const classOf = c[event] as ToyClass;
      const { mean, width1, width2 } = laws[classOf];
      const z = NORMALS_PER_EVENT * i;
      const x1 = mean + width1 * normals[z]!;
      const x2 = width2 * normals[z + 1]!;
      yLaw(law, x1, x2, classOf, nu);
      point.y1 = law.mean1 + law.width1 * normals[z + 2]!;
      point.y2 = law.mean2 + law.width2 * (law.rho * normals[z + 2]! + law.rest * normals[z + 3]!);
      if (distorted) distort(point, x1, x2, classOf);
      x[event] = x1;
      x[count + event] = x2;
      y[event] = point.y1;
      y[count + event] = point.y2;
    }
  }
  return { x, y, c };
}

/** log p(x | c, ν). */
export function logDensityX(x1: number, x2: number, c: ToyClass, nu: ToyNuisances): number {
  checkArgument("logDensityX", "nu", nu, aList);
  const { mean, width1, width2 } = xLaw(c, nu);
  const [u, v] = [(x1 - mean) / width1, x2 / width2];
  return -0.5 * (u * u + v * v) - log(2 * Math.PI * width1 * width2);
}

/** log p(y | x, c, ν), of simulation or, distorted, of data. */
export function logDensityY(
  y: readonly [number, number],
  x1: number,
  x2: number,
  c: ToyClass,
  nu: ToyNuisances,
  distorted: boolean,
): number {
  checkArgument("logDensityY", "y", y, aList);
  checkArgument("logDensityY", "nu", nu, aList);
  const [y1, y2] = distorted ? undistortedY(y, x1, x2, c) : y;
  const law = yLaw(newYLaw(), x1, x2, c, nu);
  const u = (y1 - law.mean1) / law.width1;
  const v = ((y2 - law.mean2) / law.width2 - law.rho * u) / law.rest;
  const logDet = distorted ? -log(1 + 2 * SHEAR * sign(c)) : 0;
  return -0.5 * (u * u + v * v) - log(2 * Math.PI * law.width1 * law.width2 * law.rest) + logDet;
}

/** What the detector of the toy does to the y of data: rotation by an angle that depends on x and c, then a shear. */
export function distortedY(y: readonly [number, number], x1: number, x2: number, c: ToyClass): [number, number] {
  checkArgument("distortedY", "y", y, aList);
  const point = { y1: y[0], y2: y[1] };
  distort(point, x1, x2, c);
  return [point.y1, point.y2];
}

/** Inverse of `distortedY`: the map T from data to simulation that a DoI fit looks for. */
export function undistortedY(y: readonly [number, number], x1: number, x2: number, c: ToyClass): [number, number] {
  checkArgument("undistortedY", "y", y, aList);
  const shear = SHEAR * sign(c);
  const determinant = 1 + 2 * shear;
  const y1 = ((1 + shear) * y[0] + shear * y[1]) / determinant;
  const y2 = (shear * y[0] + (1 + shear) * y[1]) / determinant;
  const angle = rotationAngle(x1, x2, c);
  const [cosine, sine] = [cos(angle), sin(angle)];
  return [cosine * y1 + sine * y2, -sine * y1 + cosine * y2];
}

function sign(c: ToyClass): number {
  return c === 0 ? -1 : 1;
}

/** One random bit an event. */
function fillClasses(key: RandomKey, start: number, out: Int32Array): void {
  const firstWord = Math.floor(start / 32);
  const words = new Uint32Array(Math.ceil((start + out.length) / 32) - firstWord);
  fillWords(key, firstWord, words);
  const offset = start - 32 * firstWord;
  for (let i = 0; i < out.length; i++) out[i] = (words[(offset + i) >>> 5]! >>> ((offset + i) & 31)) & 1;
}

/** Mean of x_1 and widths of x: squeezed about the nominal mean, then shifted. */
function xLaw(c: ToyClass, nu: ToyNuisances): { mean: number; width1: number; width2: number } {
  const g = sign(c);
  const squeeze = exp(-g * SQUEEZE * nu[1]);
  return { mean: MEAN_X1[c] + SHIFT * g * nu[0], width1: WIDTH_X1[c] * squeeze, width2: WIDTH_X2[c] / squeeze };
}

/** Bivariate normal of y: means, widths, correlation ρ and rest = √(1 - ρ²). */
interface YLaw {
  mean1: number;
  mean2: number;
  width1: number;
  width2: number;
  rho: number;
  rest: number;
}

// Objects are filled in place: one allocation an event would cost as much as the formulas.
function newYLaw(): YLaw {
  return { mean1: 0, mean2: 0, width1: 1, width2: 1, rho: 0, rest: 1 };
}

function newPoint(): { y1: number; y2: number } {
  return { y1: 0, y2: 0 };
}

function yLaw(law: YLaw, x1: number, x2: number, c: ToyClass, nu: ToyNuisances): YLaw {
  const g = sign(c);
  const shift = SHIFT * g * nu[0] * tanh(x1);
  const squeeze = exp(g * SQUEEZE * nu[1]);
  law.mean1 = sin(1.5 * x1) + 0.3 * x2 + shift;
  law.mean2 = 0.3 * x1 * x1 - 1.2 + 0.5 * sin(x2) - shift;
  law.width1 = softplus(0.4 * x1 + 0.1) * squeeze;
  law.width2 = softplus(-0.2 * x1 + 0.4) / squeeze;
  law.rho = 0.8 * tanh(0.5 * (x1 + x2));
  law.rest = Math.sqrt(1 - law.rho * law.rho);
  return law;
}

function softplus(u: number): number {
  return Math.max(u, 0) + log1p(exp(-Math.abs(u)));
}

/** Counter-clockwise, radians. */
function rotationAngle(x1: number, x2: number, c: ToyClass): number {
  return ((sign(c) * 0.4) / (0.7 * Math.sqrt(x1 * x1 + x2 * x2) + 0.5)) * tanh(x1 / 0.5);
}

function distort(point: { y1: number; y2: number }, x1: number, x2: number, c: ToyClass): void {
  const angle = rotationAngle(x1, x2, c);
  const [cosine, sine] = [cos(angle), sin(angle)];
  const y1 = cosine * point.y1 - sine * point.y2;
  const y2 = sine * point.y1 + cosine * point.y2;
  const shear = SHEAR * sign(c);
  point.y1 = y1 + shear * (y1 - y2);
  point.y2 = y2 - shear * (y1 - y2);
}
