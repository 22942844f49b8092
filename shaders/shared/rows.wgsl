// What kernels over events see of memory: all rows of a chunk of events in one buffer. They bring Value, one event or several
// that follow one another, and their number LANES.
// in : tile        which events these are, and how they fall into groups
//      parameters  numbers that no event changes, one array after another
//      tables      rows and places that follow no simple rule
// both: values     [rows, stride], events contiguous; what lies between `events` and `stride` means nothing
// out: partials    sums of groups of events, [groups, rows of sums], from `weights` on [groups, elements of weight gradients]
#include "shared/common.wgsl"
#include "shared/tile_layout.wgsl"

@group(0) @binding(0) var<uniform> tile: Tile;
@group(0) @binding(1) var<storage, read> parameters: array<f32>;
@group(0) @binding(2) var<storage, read> tables: array<i32>;
@group(0) @binding(3) var<storage, read_write> values: array<Value>;
@group(0) @binding(4) var<storage, read_write> partials: array<f32>;

// Kernels return early outside the tile: rows are known when a kernel is printed, so every index below is in range.

fn load(row: u32, position: u32) -> Value {
  return values[row * (tile.stride / LANES) + position];
}

fn store(row: u32, position: u32, value: Value) {
  values[row * (tile.stride / LANES) + position] = value;
}

// Views may have rows of zeros; tables mark them by -1.

fn load_or_zero(row: i32, position: u32) -> Value {
  return select(load(u32(max(row, 0)), position), Value(), row < 0);
}
