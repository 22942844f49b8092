// Keeps what this step gives back.
// in : parameters; places, table [recorded] of places among them
// out: history
#include "shared/once.wgsl"

struct Arguments {
  recorded: u32,
  places: u32,
}

@group(0) @binding(7) var<uniform> arguments: Arguments;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroups: vec3u) {
  let row = row_of(id, workgroups);
  if (row >= arguments.recorded) {
    return;
  }
  history[step[0] * arguments.recorded + row] = parameters[tables[arguments.places + row]];
}
