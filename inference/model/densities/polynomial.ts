/** HS³'s polynomial_dist: a_0 + a_1 x + a_2 x² + …, normalised over the domain of x. */
import { add, mul, type Operand } from "../../../engine/tape/operations.js";
import { type CoefficientsForm, polynomialKind } from "./polynomial-density.js";

export type PolynomialForm = CoefficientsForm<"polynomial">;

export const polynomial = polynomialKind({
  kind: "polynomial",
  doc: "a_0 + a_1 x + a_2 x² + …, normalised over the domain of x",
  degree: (coefficients) => coefficients - 1,
  inRange: false,
  value: (x, coefficients) => coefficients.reduceRight<Operand>((rest, own) => add(mul(rest, x), own), 0),
});
