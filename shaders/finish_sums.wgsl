// Adds the groups of a pass's sums in order.
// in : partials [groups, ROWS], from tile.weights on where WEIGHTS; TO, table [ROWS] of places among the parameters
// out: parameters
#include "shared/once.wgsl"

override WEIGHTS: bool;
override ROWS: u32;
override TO: u32;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroups: vec3u) {
  let row = row_of(id, workgroups);
  if (row >= ROWS) {
    return;
  }
  let start = select(0u, tile.weights, WEIGHTS);
  let groups = select(tile.sum_groups, tile.weight_groups, WEIGHTS);
  var sum = 0.0;
  for (var group = 0u; group < groups; group++) {
    sum += partials[start + group * ROWS + row];
  }
  parameters[tables[TO + row]] = sum;
}
