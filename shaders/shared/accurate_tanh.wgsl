// tanh(x) = d / (d + 2) with d = e^(2 |x|) - 1, and the sign of x. The built-in may lose all digits near 0.
// Beyond 10, 1 - tanh is less than 5e-9: stopping there keeps e^(2 |x|) finite. The minimum would lose NaN.
#include "shared/expm1.wgsl"
#include "shared/float_bits.wgsl"

fn accurate_tanh(x: f32) -> f32 {
  let d = expm1(2.0 * min(abs(x), 10.0));
  return select(select(d, -d, x < 0.0) / (d + 2.0), x, is_nan(x));
}
