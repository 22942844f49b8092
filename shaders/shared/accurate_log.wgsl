// log(x). The built-in may be off by 2^-21 between 1/2 and 2, which near 1 is more than the result.
// There x - 1 is exact (Sterbenz 1974), and log(1 + (x - 1)) is accurate.
#include "shared/log1p.wgsl"

fn accurate_log(x: f32) -> f32 {
  let is_near = abs(x - 1.0) < 0.5;
  return select(log(x), log1p_near_zero(select(0.0, x - 1.0, is_near)), is_near);
}
