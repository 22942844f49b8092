// 1 / (1 + e^-x) by e = e^-|x|, which cannot overflow: 1 / (1 + e) for positive x, else e / (1 + e).

fn sigmoid(x: f32) -> f32 {
  let e = exp(-abs(x));
  return select(e, 1.0, x > 0.0) / (1.0 + e);
}
