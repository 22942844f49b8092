// erf(x), erfc(x): for |x| < 1/2 a polynomial of x^2, beyond erfc |x| = e^(-x^2) / (sqrt(pi) (|x| + K)) with the mean excess
// K = ierfc |x| / erfc |x|, which is w P(w), w = 1 / (|x| + 2). Polynomials, their errors and the way of the exponential are those of engine/cpu/functions/minimax.ts.

// e^(-a^2) for 0 <= a <= 9.3. The built-in may be off by 2 a^2 units in the last place, and so may a square that is rounded: here
// a^2 is in two parts, the first exact, and n ln 2 is taken away in two pieces.
fn exp_minus_square(a: f32) -> f32 {
  let high = bitcast<f32>(bitcast<u32>(a) & 0xfffff000u);
  let low = (high - a) * (high + a);
  let n = round((low - high * high) * 1.442695);
  let r = low - ((high * high + n * 0.69314575) + n * 0.0000014286068);
  let rest = 0.49999997 + r * (0.16666543 + r * (0.0416672 + r * (0.0083665205 + r * 0.0013882524)));
  return ldexp(1.0 + (r + r * r * rest), i32(n));
}

// K for a >= 0.
fn mean_excess(a: f32) -> f32 {
  let w = 1.0 / (a + 2.0);
  let v = 4.0 * w - 1.0;
  let rest = -0.002779679 + v * (-0.008647288 + v * (0.002034 + v * (0.002314195 + v * (-0.0008277391 + v * (-0.000356241 + v * 0.0001507694)))));
  return w * (0.8363216 + v * (0.3836648 + v * (-0.022998126 + v * (-0.09008411 + v * (0.0022887604 + v * (0.027298236 + v * rest))))));
}

// erf(x) for |x| < 1/2.
fn erf_near_zero(x: f32) -> f32 {
  let z = x * x;
  return x + x * (0.12837917 + z * (-0.37612608 + z * (0.11282822 + z * (-0.0267571 + z * 0.004717799))));
}

// erfc |x| for |x| >= 1/2; 0 where it is below the least normal number.
fn erfc_far(x: f32) -> f32 {
  // The minimum would lose NaN.
  let is_beyond = abs(x) > 9.3;
  let a = select(abs(x), 9.3, is_beyond);
  return select(0.5641896 * exp_minus_square(a) / (a + mean_excess(a)), 0.0, is_beyond);
}

fn erf(x: f32) -> f32 {
  let far = 1.0 - erfc_far(x);
  return select(select(far, -far, x < 0.0), erf_near_zero(x), abs(x) < 0.5);
}

fn erfc(x: f32) -> f32 {
  let far = erfc_far(x);
  return select(select(far, 2.0 - far, x < 0.0), 1.0 - erf_near_zero(x), abs(x) < 0.5);
}
