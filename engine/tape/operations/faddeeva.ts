/** The logarithm of the real part of the Faddeeva function, composed of others: no kernel and no derivative of its own. */
import { checkNode } from "../nodes.js";
import type { Shape, Var } from "../tape.js";
import { square } from "./composed.js";
import { add, div, greater, less, log, mul, neg, reFaddeeva, sub, where } from "./elementwise.js";
import { broadcastShapes, commonEvents } from "./operands.js";
import { broadcast, broadcastEvents } from "./shapes.js";

/** |x| or y beyond which w(z) is i / (√π z) to 1 / (2 z²) = 5e-19 of itself, and beyond which squares may overflow. */
const FAR = 1e9;

/** Of |x| or y from `FAR` on, two numbers whose quotient is Re w(x + iy) = y / (√π (x² + y²)), which may be below all numbers. */
function far(x: Var, y: Var): readonly [scaled: Var, large: Var] {
  const isWide = greater(x, y);
  const large = where(isWide, x, y);
  const ratio = div(where(isWide, y, x), large);
  return [div(mul(div(y, large), 1 / Math.sqrt(Math.PI)), add(1, square(ratio))), large];
}

/**
 * log of the real part of the Faddeeva function w(x + iy) = e^(-z²) erfc(-iz) for y >= 0, NaN below: of Voigt's profile, the convolution of a
 * normal and a Cauchy distribution. Even in x.
 *
 * To 4 units in the last place of 1 and of itself, from y = 0, where it is -x², to x and y of the largest numbers. First derivatives are off by 200 units
 * of 1 and of themselves, second ones by 4000, in WGSL 8 times as much: those in y alone grow as 1 / y and 1 / y² where y is small and x is not, and the mixed one is then off by units of 1 / y. At
 * y = 0 it ends with e^(-x²), at x = 26 in f64, and 9 in f32.
 */
export function logFaddeeva(x: Var, y: Var): Var {
  checkNode("logFaddeeva", x);
  checkNode("logFaddeeva", y);
  const shape: Shape = broadcastShapes("logFaddeeva", x.shape, y.shape);
  const events = commonEvents("logFaddeeva", [x, y]);
  const [own, height] = [x, y].map((of) => broadcastEvents(broadcast(of, shape), events)) as [Var, Var];
  const size = where(less(own, 0), neg(own), own);
  const isFar = greater(add(greater(size, FAR), greater(height, FAR)), 0);
  // Guard the input, not the output.
  const [scaled, large] = far(where(isFar, size, FAR), where(isFar, height, FAR));
  const near = reFaddeeva(where(isFar, 0, own), where(isFar, 1, height));
  const isNone = less(height, 0);
  return sub(log(where(isNone, height, where(isFar, scaled, near))), log(where(isFar, large, 1)));
}
