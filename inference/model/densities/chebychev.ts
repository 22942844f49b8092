/** RooFit's RooChebychev: 1 + Σ a_k T_k(t) from k = 1 on, where t goes from -1 to 1 over the range of x. */
import { add, mul, type Operand, sub } from "../../../engine/tape/operations.js";
import { type CoefficientsForm, polynomialKind } from "./polynomial-density.js";

export type ChebychevForm = CoefficientsForm<"chebychev">;

export const chebychev = polynomialKind({
  kind: "chebychev",
  doc: "1 + a_1 T_1(t) + a_2 T_2(t) + … with Chebychev's polynomials, t from -1 to 1 over the range of x; normalised over the domain of x",
  degree: (coefficients) => coefficients,
  inRange: true,
  value(place, coefficients) {
    const t = sub(mul(place, 2), 1);
    // Clenshaw's recurrence: b_k = a_k + 2 t b_(k+1) - b_(k+2), and t b_1 - b_2 is the sum.
    let [next, afterNext]: [Operand, Operand] = [0, 0];
    for (const own of [...coefficients].reverse()) {
      [next, afterNext] = [sub(add(own, mul(mul(t, 2), next)), afterNext), next];
    }
    return add(1, sub(mul(t, next), afterNext));
  },
});
