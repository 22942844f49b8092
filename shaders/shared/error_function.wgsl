// erf(x), erfc(x), e^(x^2) erfc(x) and ierfc(x) / erfc(x). For |x| < 1/2 erf is x times a polynomial of x^2; all else is made of
// erfcx |x| = 1 / (sqrt(pi) (|x| + K)) with the mean excess K = ierfc |x| / erfc |x|, which is w P(w), w = 1 / (|x| + 2). Polynomials
// and their errors are those of engine/cpu/functions/minimax.ts.

// e^(x^2) for sign = 1, e^(-x^2) for sign = -1, with 9.4 in place of a larger |x|: 2 e^(x^2) overflows there, e^(-x^2) has ended. The
// built-in may be off by 2 x^2 units in the last place, and so may a square that is rounded: here x^2 is in two parts, the first
// exact, and n ln 2 is taken away in two pieces.
fn exp_of_square(x: f32, sign: f32) -> f32 {
  // The minimum would lose NaN.
  let a = select(abs(x), 9.4, abs(x) > 9.4);
  let leading = bitcast<f32>(bitcast<u32>(a) & 0xfffff000u);
  let high = sign * leading * leading;
  let low = sign * (a - leading) * (a + leading);
  let n = round((high + low) * 1.442695);
  let r = ((high - n * 0.69314575) - n * 0.0000014286068) + low;
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

// erfcx(a) for a >= 0.
fn scaled_tail(a: f32) -> f32 {
  return 0.5641896 / (a + mean_excess(a));
}

// erfc |x| for |x| >= 1/2; 0 where it is below the least normal number.
fn erfc_far(x: f32) -> f32 {
  return select(exp_of_square(x, -1.0) * scaled_tail(abs(x)), 0.0, abs(x) > 9.3);
}

fn erf(x: f32) -> f32 {
  let far = 1.0 - erfc_far(x);
  return select(select(far, -far, x < 0.0), erf_near_zero(x), abs(x) < 0.5);
}

fn erfc(x: f32) -> f32 {
  let far = erfc_far(x);
  return select(select(far, 2.0 - far, x < 0.0), 1.0 - erf_near_zero(x), abs(x) < 0.5);
}

fn erfcx(x: f32) -> f32 {
  let tail = scaled_tail(abs(x));
  return select(tail, 2.0 * exp_of_square(x, 1.0) - tail, x < 0.0);
}

// Of -a it is a + e^(-a^2) / (sqrt(pi) erfc(-a)) with erfc(-a) = 2 - erfc a.
fn erfc_mean_excess(x: f32) -> f32 {
  let a = abs(x);
  let excess = mean_excess(a);
  let decay = 0.5641896 * exp_of_square(x, -1.0);
  return select(excess, a + decay / (2.0 - decay / (a + excess)), x < 0.0);
}
