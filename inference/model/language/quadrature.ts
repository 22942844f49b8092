/** Integrals over intervals and rectangles on the tape, by Gauss-Legendre nodes, with an estimate of their error. */
import { cos, log as exactLog } from "../../../engine/exact-functions.js";
import { abs, add, log, logSumExp, mul, reshape, sub } from "../../../engine/tape/operations.js";
import type { Tape, Var } from "../../../engine/tape/tape.js";
import { type BoundInterval, isOpen } from "./region.js";

/** Nodes of an axis, and of the coarser rule that the error is estimated by: the difference of both bounds that of the finer one. */
const FINE = 64;
const COARSE = 48;

/** Newton's method doubles the digits at each step: from two of them to all. */
const NEWTON_STEPS = 8;

export interface Rule {
  /** In (-1, 1), ascending. */
  readonly nodes: readonly number[];
  readonly weights: readonly number[];
}

/** Exact for polynomials of degree 2n - 1. Roots of P_n by Newton's method from Tricomi's guess, NIST DLMF 18.16.12 and 3.5.21. */
export function gaussLegendre(n: number): Rule {
  const found = Array.from({ length: n }, (_, i) => {
    let x = -cos((Math.PI * (i + 0.75)) / (n + 0.5));
    let slope = 1;
    for (let step = 0; step < NEWTON_STEPS; step++) {
      let [before, own] = [1, x];
      for (let k = 2; k <= n; k++) [before, own] = [own, ((2 * k - 1) * x * own - (k - 1) * before) / k];
      slope = (n * (x * own - before)) / (x * x - 1);
      x -= own / slope;
    }
    return [x, 2 / ((1 - x * x) * slope * slope)] as const;
  });
  return { nodes: found.map(([x]) => x), weights: found.map(([, weight]) => weight) };
}

/** What is integrated over along one axis, and where on it most of the integrand lies: an axis with an open end is mapped by these. */
export interface Axis {
  readonly interval: BoundInterval;
  readonly centre: number;
  readonly width: number;
}

interface Nodes {
  /** [n] */
  readonly x: Var;
  /** log of the weight of each [n] */
  readonly logWeight: Var;
}

/** t in (-1, 1) onto the axis: linear, or over an open end as t / (1 - t²), which takes normal tails to the ends in full. */
function nodesOn(tape: Tape, { interval: [low, high], centre, width }: Axis, t: Float64Array, w: Float64Array): Nodes {
  const shape = [t.length];
  const logs = (values: Float64Array) => tape.constant(values.map(exactLog), shape);
  if (!isOpen(low) && !isOpen(high)) {
    const half = mul(sub(end(tape, high), end(tape, low)), 0.5);
    const x = add(mul(half, tape.constant(t, shape)), mul(add(end(tape, low), end(tape, high)), 0.5));
    return { x, logWeight: add(logs(w), log(half)) };
  }
  if (isOpen(low) && isOpen(high)) {
    const x = t.map((own) => centre + (width * own) / (1 - own * own));
    const slope = t.map((own, i) => (w[i]! * width * (1 + own * own)) / squared(1 - own * own));
    return { x: tape.constant(x, shape), logWeight: logs(slope) };
  }
  // One end: from it on, (1 + t) / (1 - t) widths.
  const [from, sign] = isOpen(high) ? [low, 1] : [high, -1];
  const distance = tape.constant(
    t.map((own) => (sign * width * (1 + own)) / (1 - own)),
    shape,
  );
  const slope = t.map((own, i) => (w[i]! * 2 * width) / squared(1 - own));
  return { x: add(distance, end(tape, from)), logWeight: logs(slope) };
}

const squared = (x: number) => x * x;

const end = (tape: Tape, value: BoundInterval[0]) => (typeof value === "number" ? tape.constant(value, []) : value);

/** log of the integral by one rule. */
function byRule(tape: Tape, axes: readonly Axis[], { nodes, weights }: Rule, logDensity: Density): Var {
  const n = nodes.length;
  const strides = axes.map((_, d) => axes.slice(0, d).reduce((product) => product * n, 1));
  const count = axes.reduce((product) => product * n, 1);
  const all = axes.map((axis, d) => {
    const of = (values: readonly number[]) =>
      Float64Array.from({ length: count }, (_, i) => values[Math.floor(i / strides[d]!) % n]!);
    return nodesOn(tape, axis, of(nodes), of(weights));
  });
  const terms = add(logDensity(all.map(({ x }) => x)), all.map(({ logWeight }) => logWeight).reduce(add));
  return reshape(logSumExp(terms, -1), []);
}

/** log of a density at nodes, by axis: [n] each to [n]. */
export type Density = (x: readonly Var[]) => Var;

export interface Integral {
  /** [] */
  readonly log: Var;
  /** Estimate of the error of the logarithm [], above that of `log`. */
  readonly error: Var;
}

/** The rule on each of so many equal parts of (-1, 1). */
function onPanels({ nodes, weights }: Rule, panels: number): Rule {
  const parts = Array.from({ length: panels }, (_, i) => (2 * i + 1) / panels - 1);
  return {
    nodes: parts.flatMap((centre) => nodes.map((x) => centre + x / panels)),
    weights: parts.flatMap(() => weights.map((weight) => weight / panels)),
  };
}

/**
 * log of the integral of a density over one axis or two.
 *
 * @param panels  parts of each axis, with nodes of their own
 */
export function logIntegral(tape: Tape, axes: readonly Axis[], logDensity: Density, panels = 1): Integral {
  const by = (nodes: number) => byRule(tape, axes, onPanels(gaussLegendre(nodes), panels), logDensity);
  const [fine, coarse] = [by(FINE), by(COARSE)];
  return { log: fine, error: abs(sub(fine, coarse)) };
}
