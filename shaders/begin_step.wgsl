// Gives parameters the values that this step has for them.
// in : schedule; PLACES, table [SCHEDULED] of places among the parameters
// out: parameters
#include "shared/once.wgsl"

override SCHEDULED: u32;
override PLACES: u32;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroups: vec3u) {
  let row = row_of(id, workgroups);
  if (row >= SCHEDULED) {
    return;
  }
  parameters[tables[PLACES + row]] = schedule[step[0] * SCHEDULED + row];
}
