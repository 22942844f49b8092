// Sums rows of values over groups of events.
// in : values; terms, table [rows summed] of their rows, -1 for a row of zeros
// out: partials [groups, rows], from row first on
// One workgroup per (group, row). Every invocation adds its events one after another, then the workgroup adds pairs:
// Harris 2007, "Optimizing Parallel Reduction in CUDA", reduction #3.
#include "shared/tile.wgsl"

struct Arguments {
  terms: u32,
  rows: u32,
  first: u32,
}

@group(0) @binding(5) var<uniform> arguments: Arguments;

var<workgroup> sums: array<f32, WORKGROUP_SIZE>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(workgroup_id) place: vec3u, @builtin(local_invocation_index) own: u32) {
  let row = tables[arguments.terms + place.y];
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
    partials[(tile.sum_group + place.x) * arguments.rows + arguments.first + place.y] = sums[0];
  }
}
