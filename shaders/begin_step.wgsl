// Gives parameters the values that this step has for them.
// in : schedule; places, table [scheduled] of places among the parameters
// out: parameters
#include "shared/once.wgsl"

struct Arguments {
  scheduled: u32,
  places: u32,
}

@group(0) @binding(7) var<uniform> arguments: Arguments;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroups: vec3u) {
  let row = row_of(id, workgroups);
  if (row >= arguments.scheduled) {
    return;
  }
  parameters[tables[arguments.places + row]] = schedule[step[0] * arguments.scheduled + row];
}
