/** The part of an error that comes from the simulation, and the sum of all parts. */
import { UsageError } from "../../../engine/errors.js";
import { aList, checkArgument } from "../../../engine/options.js";
import { type Matrix, matrixOf } from "../../statistics/objective.js";

/** C G C: what a Newton step with the inverse Hessian C makes of a covariance G of the gradient, row-major [K, K]. */
export function ofNewtonStep(inverse: Matrix, gradient: ArrayLike<number>): Matrix {
  checkArgument("ofNewtonStep", "the inverse Hessian", inverse, aList);
  const size = inverse.length;
  const half = inverse.map((row) =>
    row.map((_, j) => row.reduce((sum, value, k) => sum + value * gradient[k * size + j]!, 0)),
  );
  const whole = half.map((row) => inverse.map((column) => row.reduce((sum, value, k) => sum + value * column[k]!, 0)));
  return matrixOf(whole.flat(), size);
}

/** Covariance of estimates, of B - 1 degrees of freedom [K, K]. @param estimates  at least two [B][K] */
export function scatterOf(estimates: readonly (readonly number[])[]): Matrix {
  checkArgument("scatterOf", "estimates", estimates, aList);
  const degrees = estimates.length - 1;
  if (degrees < 1)
    throw new UsageError("scatterOf", { expected: "at least two estimates", got: `${estimates.length}` });
  const mean = estimates[0]!.map((_, k) => estimates.reduce((sum, own) => sum + own[k]!, 0) / estimates.length);
  const product = (k: number, l: number) =>
    estimates.reduce((sum, own) => sum + (own[k]! - mean[k]!) * (own[l]! - mean[l]!), 0);
  return matrixOf(
    mean.flatMap((_, k) => mean.map((__, l) => product(k, l) / degrees)),
    mean.length,
  );
}

/** a + b */
export function plus(a: Matrix, b: Matrix): Matrix {
  return matrixOf(
    a.flatMap((row, i) => row.map((value, j) => value + b[i]![j]!)),
    a.length,
  );
}

/** Square roots of the diagonal. */
export const sigmaOf = (matrix: Matrix): number[] => matrix.map((row, k) => Math.sqrt(row[k]!));
