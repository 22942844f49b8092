// log(1 + x), accurate near 0 where log(1.0 + x) is not.
// For |x| < 1/2: 2 artanh(s) with s = x / (2 + x), |s| <= 1/3, as a power series (Abramowitz and Stegun 4.1.27); the first
// term left out is s^16 / 17 < 2e-9 of the result.

fn log1p_near_zero(x: f32) -> f32 {
  let s = x / (2.0 + x);
  let t = s * s;
  let rest = 1.0 / 3.0 + t * (1.0 / 5.0 + t * (1.0 / 7.0 + t * (1.0 / 9.0 + t * (1.0 / 11.0 + t * (1.0 / 13.0 + t * (1.0 / 15.0))))));
  return 2.0 * s * (1.0 + t * rest);
}

fn log1p(x: f32) -> f32 {
  let is_near = abs(x) < 0.5;
  return select(log(1.0 + x), log1p_near_zero(select(0.0, x, is_near)), is_near);
}
