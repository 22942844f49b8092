/** RooFit's RooBernstein: Σ c_i B_(i,n)(t) with B_(i,n) = (n over i) t^i (1 - t)^(n-i), where t goes from 0 to 1 over the range of x. */
import { add, mul, type Operand, sub } from "../../../engine/tape/operations.js";
import { type CoefficientsForm, polynomialKind } from "./polynomial-density.js";

/** n over 0, 1, …, n. */
function binomials(n: number): number[] {
  const row = [1];
  for (let i = 0; i < n; i++) row.push((row[i]! * (n - i)) / (i + 1));
  return row;
}

/** 1, x, …, x^n. */
function powers(x: Operand, n: number): Operand[] {
  const all: Operand[] = [1];
  for (let i = 0; i < n; i++) all.push(i === 0 ? x : mul(all[i]!, x));
  return all;
}

export type BernsteinForm = CoefficientsForm<"bernstein">;

export const bernstein = polynomialKind({
  kind: "bernstein",
  doc: "Σ c_i (n over i) t^i (1 - t)^(n-i), Bernstein's polynomials, t from 0 to 1 over the range of x; normalised over the domain of x",
  degree: (coefficients) => coefficients - 1,
  inRange: true,
  value(t, coefficients) {
    const n = coefficients.length - 1;
    const [up, down] = [powers(t, n), powers(sub(1, t), n)];
    const terms = binomials(n).map((count, i) => mul(mul(coefficients[i]!, count), product(up[i]!, down[n - i]!)));
    return terms.reduce(add);
  },
});

/** 1 times 1 has no tape. */
const product = (a: Operand, b: Operand): Operand => (a === 1 ? b : b === 1 ? a : mul(a, b));
