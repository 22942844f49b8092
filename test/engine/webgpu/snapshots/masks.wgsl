// ---- Kernel 0 of the pass over "events", 3 along y
// Kernel 0 of the pass over "events": 3 rows.
// fuses greater, greaterEqual, mul x 2, where x 2, add x 2, log
// in : column_x [3, events], parameter_p [3]
// out: add_9 [3, events]

#include "shared/accurate_log.wgsl"
#include "shared/tile.wgsl"

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let event = id.x;
  let row = id.y;
  if (event >= tile.events || row >= 3u) {
    return;
  }
  let column_x = load(row, event);
  let greater_1 = column_x > -2.0;
  let parameter_p = parameters[row];
  let greater_equal_2 = parameter_p >= column_x;
  let mul_3 = greater_1 && greater_equal_2;
  let where_4 = select(0.5, column_x, mul_3);
  let add_5 = where_4 + 3.0;
  let log_6 = accurate_log(add_5);
  let where_7 = select(0.0, log_6, mul_3);
  let mul_8 = select(0.0, 1.0, mul_3) * 0.1;
  let add_9 = where_7 + mul_8;
  store(3u + row, event, add_9);
}
