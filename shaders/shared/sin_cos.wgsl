// sin(x) and cos(x), to about 2^-23 for |x| <= 10^4. The built-ins may be off by 2^-11, and by anything beyond pi.
// x is brought to |r| <= pi/4 by multiples of pi/2 in pieces (Cody and Waite 1980): 201 / 2^7, 2029 / 2^22 and the rest, so
// that products with the first two are exact for up to 2^13 quarter turns. Then the power series; the first terms left out
// are r^11 / 11! and r^12 / 12!, less than 2e-9.

struct Angle {
  rest: f32,
  quarter_turns: i32,
}

fn reduced(x: f32) -> Angle {
  let n = round(x * 0.636619772);
  let rest = ((x - n * 1.5703125) - n * 4.837512969970703e-4) - n * 7.549789948768648e-8;
  return Angle(rest, i32(n));
}

fn sin_of(angle: Angle) -> f32 {
  let r = angle.rest;
  let z = r * r;
  let sine = r + r * z * (-1.0 / 6.0 + z * (1.0 / 120.0 + z * (-1.0 / 5040.0 + z * (1.0 / 362880.0))));
  let rest = 1.0 / 24.0 + z * (-1.0 / 720.0 + z * (1.0 / 40320.0 + z * (-1.0 / 3628800.0)));
  let cosine = 1.0 - 0.5 * z + z * z * rest;
  let value = select(sine, cosine, (angle.quarter_turns & 1) == 1);
  return select(value, -value, (angle.quarter_turns & 2) == 2);
}

fn accurate_sin(x: f32) -> f32 {
  return sin_of(reduced(x));
}

fn accurate_cos(x: f32) -> f32 {
  let angle = reduced(x);
  return sin_of(Angle(angle.rest, angle.quarter_turns + 1));
}
