// Sums rows of values over groups of events.
// in : values; terms, table [count] of their rows, -1 for a row of zeros
// out: partials [groups, rows], from row first on
// One workgroup per (group, row). Every invocation adds its events one after another, then the workgroup adds pairs:
// Harris 2007, "Optimizing Parallel Reduction in CUDA", reduction #3.
#include "shared/tile.wgsl"

struct Arguments {
  terms: u32,
  count: u32,
  rows: u32,
  first: u32,
}

@group(0) @binding(5) var<uniform> arguments: Arguments;

var<workgroup> sums: array<f32, WORKGROUP_SIZE>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(workgroup_id) place: vec3u, @builtin(local_invocation_index) own: u32) {
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
    for (var event = start + own; event < end; event += WORKGROUP_SIZE) {
      sum += load(u32(row), event);
    }
  }
  sums[own] = sum;
  for (var width = WORKGROUP_SIZE / 2u; width > 0u; width /= 2u) {
    workgroupBarrier();
    if (own < width) {
      sums[own] += sums[own + width];
    }
  }
  if (own == 0u) {
    partials[(tile.sum_group + place.x) * arguments.rows + arguments.first + term] = sums[0];
  }
}
