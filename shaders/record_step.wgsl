// Keeps what this step gives back.
// in : parameters; PLACES, table [RECORDED] of places among them
// out: history
#include "shared/once.wgsl"

override RECORDED: u32;
override PLACES: u32;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroups: vec3u) {
  let row = row_of(id, workgroups);
  if (row >= RECORDED) {
    return;
  }
  history[step[0] * RECORDED + row] = parameters[tables[PLACES + row]];
}
