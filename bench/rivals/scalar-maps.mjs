/** The monotone maps of one feature, in the operations of whichever JavaScript rival asks. */
import { CLIP } from "./exchange.mjs";

/**
 * `operations`: add, sub, mul, div, neg, exp, log, sqrt, abs; sum over the last axis; where, whose last side may be 0;
 * `last(x, from, to)`, part of the last axis; reshape.
 */
export function scalarMaps({ add, sub, mul, div, neg, exp, log, sqrt, abs, sum, where, last, reshape }) {
  const softClip = (x, limit) => div(x, add(mul(abs(x), 1 / limit), 1));

  /** The rational-quadratic spline where its bins are known: `before` is 1 for bins before that of x, `here` for its own. */
  function splineInBin({ x, safe, isInside, widths, heights, before, here, raw, bins, bound, inverse }) {
    const pick = (which, values) => sum(mul(which, values));
    const inner = last(raw, 2 * bins, 3 * bins - 1);
    const slope = (logit) => exp(softClip(logit, CLIP));
    const d0 = slope(pick(last(here, 1, bins), inner));
    const d1 = slope(pick(last(here, 0, bins - 1), inner));
    const [x0, width] = [sub(pick(before, widths), bound), pick(here, widths)];
    const [y0, height] = [sub(pick(before, heights), bound), pick(here, heights)];
    const mean = div(height, width);
    const q = sub(add(d0, d1), mul(mean, 2));
    let zeta;
    let value;
    if (inverse) {
      const u = sub(safe, y0);
      const a = add(mul(height, sub(mean, d0)), mul(u, q));
      const b = sub(mul(height, d0), mul(u, q));
      const root = sqrt(add(mul(b, b), mul(mul(mul(a, mean), u), 4)));
      zeta = div(mul(mul(mean, u), 2), add(b, root));
      value = add(x0, mul(zeta, width));
    } else {
      zeta = div(sub(safe, x0), width);
      const product = mul(zeta, sub(1, zeta));
      const top = add(mul(mean, mul(zeta, zeta)), mul(d0, product));
      value = add(y0, div(mul(height, top), add(mean, mul(q, product))));
    }
    const rest = sub(1, zeta);
    const product = mul(zeta, rest);
    const ratio = div(mean, add(mean, mul(q, product)));
    const ends = add(mul(d1, mul(zeta, zeta)), mul(d0, mul(rest, rest)));
    const logSlope = log(mul(add(ends, mul(mul(mean, 2), product)), mul(ratio, ratio)));
    return { value: where(isInside, value, x), logSlope: where(isInside, logSlope, 0) };
  }

  function affine(x, raw, inverse) {
    const number = (at) => reshape(last(raw, at, at + 1), x.shape);
    const [s, t] = [softClip(number(0), Math.log(1000)), number(1)];
    if (inverse) return { value: mul(sub(x, t), exp(neg(s))), logSlope: neg(s) };
    return { value: add(mul(x, exp(s)), t), logSlope: s };
  }

  return { softClip, splineInBin, affine };
}
