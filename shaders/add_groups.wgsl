// Adds the groups of a pass's sums in order.
// in : partials [groups, rows], from tile.weights on where weights = 1; places, table [rows] of places among the parameters
// out: parameters
#include "shared/once.wgsl"

struct Arguments {
  weights: u32,
  rows: u32,
  places: u32,
}

@group(0) @binding(7) var<uniform> arguments: Arguments;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) workgroups: vec3u) {
  let row = row_of(id, workgroups);
  if (row >= arguments.rows) {
    return;
  }
  let start = select(0u, tile.weights, arguments.weights == 1u);
  let groups = select(tile.sum_groups, tile.weight_groups, arguments.weights == 1u);
  var sum = 0.0;
  for (var group = 0u; group < groups; group++) {
    sum += partials[start + group * arguments.rows + row];
  }
  parameters[tables[arguments.places + row]] = sum;
}
