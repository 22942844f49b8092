/** log x of a positive feature: a scale of it is a shift of its logarithm. */

export interface LogTransform {
  readonly kind: "log";
}

export function logMap() {
  return {
    forward: (x: number) => Math.log(Math.max(Number.MIN_VALUE, x)),
    inverse: (z: number) => Math.exp(z),
    // There is no density at 0 and below.
    logSlope: (x: number) => (x > 0 ? -Math.log(x) : Number.NEGATIVE_INFINITY),
  };
}
