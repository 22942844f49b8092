// Sums rows of values over groups of events.
// in : values; terms, table [count] of their rows, -1 for a row of zeros
// out: partials [groups, rows], from row first on
// One workgroup per (group, row). Every invocation adds its events one after another, then the workgroup adds its invocations.
#include "shared/tile.wgsl"
#include "shared/workgroup_sum.wgsl"

struct Arguments {
  terms: u32,
  count: u32,
  rows: u32,
  first: u32,
}

@group(0) @binding(5) var<uniform> arguments: Arguments;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(workgroup_id) place: vec3u, invocation: Invocation) {
  // Rows beyond what one axis of a dispatch can hold go along the other.
  let term = place.y + 65535u * place.z;
  if (term >= arguments.count) {
    return;
  }
  let row = tables[arguments.terms + term];
  let start = place.x * tile.sum_events;
  let end = min(start + tile.sum_events, tile.events);
  var sum = 0.0;
  if (row >= 0) {
    for (var event = start + invocation.own; event < end; event += WORKGROUP_SIZE) {
      sum += load(u32(row), event);
    }
  }
  let total = workgroup_sum(invocation, sum);
  if (invocation.own == 0u) {
    partials[(tile.sum_group + place.x) * arguments.rows + arguments.first + term] = total;
  }
}
