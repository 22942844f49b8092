// e^x - 1, accurate near 0 where exp(x) - 1.0 is not.
// For |x| < 1/2: the power series; the first term left out is x^9 / 10! < 6e-10 of the result.

fn expm1_near_zero(x: f32) -> f32 {
  let rest = 1.0 / 6.0 + x * (1.0 / 24.0 + x * (1.0 / 120.0 + x * (1.0 / 720.0 + x * (1.0 / 5040.0 + x * (1.0 / 40320.0 + x * (1.0 / 362880.0))))));
  return x + x * x * (0.5 + x * rest);
}

fn expm1(x: f32) -> f32 {
  let is_near = abs(x) < 0.5;
  return select(exp(x) - 1.0, expm1_near_zero(select(0.0, x, is_near)), is_near);
}
