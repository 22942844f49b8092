// Moves numbers among the parameters: views to where others read them, new values at the end of a step to where they belong.
// in : old_places and new_places, tables [count] of places among the parameters; none is in both; old ones may be -1, for 0
// both: parameters; step, which the last move of a step (last = 1) counts
#include "shared/once.wgsl"

struct Arguments {
  count: u32,
  old_places: u32,
  new_places: u32,
  last: u32,
}

@group(0) @binding(7) var<uniform> arguments: Arguments;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroups: vec3u) {
  let row = row_of(id, workgroups);
  if (row == 0u && arguments.last == 1u) {
    step[0] += 1u;
  }
  if (row >= arguments.count) {
    return;
  }
  parameters[tables[arguments.new_places + row]] = parameter_or_zero(tables[arguments.old_places + row]);
}
