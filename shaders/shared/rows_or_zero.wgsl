// Views may have rows of zeros; tables mark them by -1.
#include "shared/tile.wgsl"

fn load_or_zero(row: i32, event: u32) -> f32 {
  return select(load(u32(max(row, 0)), event), 0.0, row < 0);
}

fn parameter_or_zero(index: i32) -> f32 {
  return select(parameters[u32(max(index, 0))], 0.0, index < 0);
}
