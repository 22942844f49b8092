/** Objectives with derivatives by hand, for the tests of this folder. */
import { readFileSync } from "node:fs";
import type { Objective } from "../../../inference/statistics/objective.js";

/** An objective from a formula of value, gradient and Hessian; counts its evaluations. */
export function objectiveOf(
  names: readonly string[],
  formula: (nu: Float64Array) => { nll: number; gradient: number[]; hessian: number[] },
): Objective & { evaluations: number } {
  return {
    names,
    evaluations: 0,
    async evaluate(nu, order) {
      this.evaluations++;
      const { nll, gradient, hessian } = formula(nu);
      return {
        nll,
        ...(order >= 1 && { gradient: Float64Array.from(gradient) }),
        ...(order >= 2 && { hessian: Float64Array.from(hessian) }),
      };
    },
  };
}

export function namesOf(n: number): string[] {
  return Array.from({ length: n }, (_, i) => `nu${i}`);
}

/** ½ (ν - centre)ᵀ A (ν - centre) + offset, A row-major. */
export function quadratic(matrix: ArrayLike<number>, centre: readonly number[], offset = 0) {
  const n = centre.length;
  return objectiveOf(namesOf(n), (nu) => {
    const d = centre.map((c, i) => nu[i]! - c);
    const gradient = d.map((_, i) => d.reduce((sum, x, j) => sum + matrix[i * n + j]! * x, 0));
    const nll = offset + 0.5 * d.reduce((sum, x, i) => sum + x * gradient[i]!, 0);
    return { nll, gradient, hessian: Array.from({ length: n * n }, (_, k) => matrix[k]!) };
  });
}

/** A positive definite n x n matrix from n² numbers: BᵀB + n·floor. */
export function gram(b: readonly number[], n: number, floor = 0.1): number[] {
  return Array.from({ length: n * n }, (_, k) => {
    const [i, j] = [Math.floor(k / n), k % n];
    let sum = i === j ? floor * n : 0;
    for (let row = 0; row < n; row++) sum += b[row * n + i]! * b[row * n + j]!;
    return sum;
  });
}

/** Reads an answer of another program from test/references. */
// biome-ignore lint/suspicious/noExplicitAny: the test that reads an answer knows its shape
export function answers(name: string): any {
  return JSON.parse(readFileSync(new URL(`../../../../test/references/${name}`, import.meta.url), "utf8"));
}

/** The likelihood of iminuit-mixture.py, written again with its derivatives. */
export function peakOnExponential(events: readonly number[]) {
  return objectiveOf(["fraction", "mean", "width", "rate"], (nu) => {
    const [f, mean, width, rate] = nu as unknown as [number, number, number, number];
    if (!(f > 0 && f < 1 && width > 0 && rate > 0)) return { nll: NaN, gradient: [], hessian: [] };
    let nll = 0.5 * ((rate - 0.5) / 0.05) ** 2;
    const gradient = [0, 0, 0, (rate - 0.5) / 0.05 ** 2];
    const hessian = new Array<number>(16).fill(0);
    hessian[15] = 1 / 0.05 ** 2;
    for (const x of events) {
      const z = (x - mean) / width;
      const peak = Math.exp(-0.5 * z * z) / (width * Math.sqrt(2 * Math.PI));
      const tail = Math.exp(-rate * x);
      const p = f * peak + (1 - f) * rate * tail;
      const peakByMean = (peak * z) / width;
      const peakByWidth = (peak * (z * z - 1)) / width;
      const tailByRate = (1 - rate * x) * tail;
      const first = [peak - rate * tail, f * peakByMean, f * peakByWidth, (1 - f) * tailByRate];
      const second = [
        [0, peakByMean, peakByWidth, -tailByRate],
        [0, (f * peak * (z * z - 1)) / width ** 2, (f * peak * (z ** 3 - 3 * z)) / width ** 2, 0],
        [0, 0, (f * peak * (z ** 4 - 5 * z * z + 2)) / width ** 2, 0],
        [0, 0, 0, (1 - f) * (rate * x * x - 2 * x) * tail],
      ];
      nll -= Math.log(p);
      for (let i = 0; i < 4; i++) {
        gradient[i]! -= first[i]! / p;
        for (let j = 0; j < 4; j++) {
          const [a, b] = [Math.min(i, j), Math.max(i, j)];
          hessian[i * 4 + j]! -= second[a]![b]! / p - (first[i]! * first[j]!) / (p * p);
        }
      }
    }
    return { nll, gradient, hessian };
  });
}

/** |got - want| <= absolute + relative |want|, with both in the message. */
export function close(got: number | undefined, want: number, { absolute = 0, relative = 0 }, what = "value"): void {
  if (!(got !== undefined && Math.abs(got - want) <= absolute + relative * Math.abs(want))) {
    throw new Error(`${what}: got ${got}, want ${want} within ${absolute} + ${relative} relative`);
  }
}
