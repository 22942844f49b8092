// Moves numbers among the parameters: their new values, at the end of a step, to where they belong.
// in : FROM and TO, tables [COUNT] of places among the parameters; none is in both
// both: parameters; step, which the LAST move of a step counts
#include "shared/once.wgsl"

override COUNT: u32;
override FROM: u32;
override TO: u32;
override LAST: bool;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroups: vec3u) {
  let row = row_of(id, workgroups);
  if (row == 0u && LAST) {
    step[0] += 1u;
  }
  if (row >= COUNT) {
    return;
  }
  parameters[tables[TO + row]] = parameters[tables[FROM + row]];
}
