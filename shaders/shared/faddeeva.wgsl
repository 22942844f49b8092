// The Faddeeva function w(z) = e^(-z^2) erfc(-iz) of z = x + iy, y >= 0, and its first two derivatives. For |z| < 6 by the trapezoidal
// rule with nodes t at whole or half multiples of 1/2, whichever are further from x, less its residue; from there on by a series in
// u = 1/z^2: the formulas are those of engine/faddeeva.ts. The first node that is left out has e^-25, the first term 3e-9. Angles are
// reduced by hand: built-ins may be off by 2^-11.

#include "shared/sin_cos.wgsl"

// e^(-t^2) / pi, half of it for t = 0.
const WHOLE_WEIGHTS = array<f32, 10>(0.15915494, 0.2479, 0.117099665, 0.033549614, 0.005830049, 0.0006144826, 3.928256e-5, 1.5231502e-6, 3.582106e-8, 5.1095994e-10);
const HALF_WEIGHTS = array<f32, 10>(0.29902446, 0.1813675, 0.06672138, 0.014887552, 0.002014811, 0.00016538576, 8.234072e-6, 2.4864744e-7, 4.5541366e-9, 5.059189e-11);

// Of u^k in sqrt(pi) z w / i and in the same of the derivatives: a_k = (k - 1/2) a_(k-1), -(2k - 1) a_(k-1), (2k - 1) 2k a_(k-1).
const VALUE_TERMS = array<f32, 8>(1.0, 0.5, 0.75, 1.875, 6.5625, 29.53125, 162.421875, 1055.7421875);
const SLOPE_TERMS = array<f32, 9>(0.0, -1.0, -1.5, -3.75, -13.125, -59.0625, -324.84375, -2111.484375, -15836.1328125);
const CURVATURE_TERMS = array<f32, 9>(0.0, 2.0, 6.0, 22.5, 105.0, 590.625, 3898.125, 29560.78125, 253378.125);

struct Faddeeva {
  w: vec2f,
  slope: vec2f,
  curvature: vec2f,
}

fn faddeeva_near(x: f32, y: f32) -> Faddeeva {
  // Of 2 x: to the next whole number, and from there to the next point in the middle of two nodes.
  let rest = 2.0 * x - round(2.0 * x);
  let is_half = abs(rest) < 0.25;
  let beside = select(rest - select(0.5, -0.5, rest < 0.0), rest, is_half);
  let square = x * x + y * y;
  var sum = 0.0;
  var of_squares = 0.0;
  for (var k = 0u; k < 10u; k++) {
    let t = 0.5 * f32(k) + select(0.0, 0.25, is_half);
    let weight = select(WHOLE_WEIGHTS[k], HALF_WEIGHTS[k], is_half);
    let share = weight / (((x - t) * (x - t) + y * y) * ((x + t) * (x + t) + y * y));
    sum += share;
    of_squares += share * t * t;
  }
  // From y = 2 pi on there is no residue.
  let low = min(y, 6.2831855);
  let decay = exp(-12.566371 * low);
  let turn_cos = accurate_cos(6.2831855 * beside);
  let turn_sin = accurate_sin(6.2831855 * beside);
  let phase_cos = accurate_cos(2.0 * x * low);
  let phase_sin = accurate_sin(2.0 * x * low);
  let size = 2.0 * exp(low * low - x * x - 12.566371 * low) / (1.0 + decay * (decay + 2.0 * turn_cos));
  let real = turn_cos + decay;
  let w = vec2f(
    y * (square * sum + of_squares) + size * (phase_cos * real + phase_sin * turn_sin),
    x * (square * sum - of_squares) + size * (phase_cos * turn_sin - phase_sin * real),
  );
  // -2 z w + 2i / sqrt(pi) and -2 w - 2 z w'.
  let slope = vec2f(2.0 * (y * w.y - x * w.x), 1.1283792 - 2.0 * (x * w.y + y * w.x));
  return Faddeeva(w, slope, vec2f(2.0 * (y * slope.y - x * slope.x - w.x), -2.0 * (x * slope.y + y * slope.x + w.y)));
}

// a and b of a sum of c_k u^k = a + b u, from the two last ones that Horner's rule for real coefficients left: b and the one before.
fn faddeeva_far(x: f32, y: f32) -> Faddeeva {
  let inverse = 1.0 / (x * x + y * y);
  let per_z = vec2f(x * inverse, -y * inverse);
  let u = vec2f(per_z.x * per_z.x - per_z.y * per_z.y, 2.0 * per_z.x * per_z.y);
  let twice = 2.0 * u.x;
  let size = inverse * inverse;
  var value = vec2f(0.0, 0.0);
  var slope = vec2f(0.0, 0.0);
  var curvature = vec2f(0.0, 0.0);
  for (var k = 8u; k > 0u; k--) {
    if (k < 8u) {
      value = vec2f(VALUE_TERMS[k] + twice * value.x - size * value.y, value.x);
    }
    slope = vec2f(SLOPE_TERMS[k] + twice * slope.x - size * slope.y, slope.x);
    curvature = vec2f(CURVATURE_TERMS[k] + twice * curvature.x - size * curvature.y, curvature.x);
  }
  let of_value = vec2f(VALUE_TERMS[0] - size * value.y + value.x * u.x, value.x * u.y);
  let of_slope = vec2f(slope.x * u.x - size * slope.y, slope.x * u.y);
  let of_curvature = vec2f(curvature.x * u.x - size * curvature.y, curvature.x * u.y);
  // e^(-x^2) is what there is at y = 0.
  let tail = select(0.0, exp(-x * x), y < 1.0);
  // i / sqrt(pi) times numbers, of which the first and the last are divided by z.
  return Faddeeva(
    0.5641896 * vec2f(-per_z.y * of_value.x - per_z.x * of_value.y, per_z.x * of_value.x - per_z.y * of_value.y) + vec2f(tail, 0.0),
    0.5641896 * vec2f(-of_slope.y, of_slope.x) - vec2f(2.0 * x * tail, 0.0),
    0.5641896 * vec2f(-per_z.y * of_curvature.x - per_z.x * of_curvature.y, per_z.x * of_curvature.x - per_z.y * of_curvature.y) +
      vec2f((4.0 * x * x - 2.0) * tail, 0.0),
  );
}

fn faddeeva(x: f32, y: f32) -> Faddeeva {
  if (x * x + y * y < 36.0) {
    return faddeeva_near(x, y);
  }
  return faddeeva_far(x, y);
}

fn re_faddeeva(x: f32, y: f32) -> f32 {
  return faddeeva(x, y).w.x;
}

fn im_faddeeva(x: f32, y: f32) -> f32 {
  return faddeeva(x, y).w.y;
}

fn re_faddeeva_slope(x: f32, y: f32) -> f32 {
  return faddeeva(x, y).slope.x;
}

fn im_faddeeva_slope(x: f32, y: f32) -> f32 {
  return faddeeva(x, y).slope.y;
}

fn re_faddeeva_curvature(x: f32, y: f32) -> f32 {
  return faddeeva(x, y).curvature.x;
}

fn im_faddeeva_curvature(x: f32, y: f32) -> f32 {
  return faddeeva(x, y).curvature.y;
}
