// Brings the events of a chunk from a column to its rows among the values.
// in : column [ROWS, tile.bound]; index [steps, batch] the events of every step where INDEXED, else they follow one another
// out: values, from row TO on
#include "shared/tile_layout.wgsl"

override INDEXED: bool;
override ROWS: u32;
override TO: u32;
override WORKGROUP_SIZE: u32 = 64u;

@group(0) @binding(0) var<uniform> tile: Tile;
@group(0) @binding(1) var<storage, read> column: array<f32>;
@group(0) @binding(2) var<storage, read> index: array<i32>;
@group(0) @binding(3) var<storage, read_write> values: array<f32>;
@group(0) @binding(4) var<storage, read> step: array<u32>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let event = id.x;
  let row = id.y;
  if (event >= tile.events || row >= ROWS) {
    return;
  }
  let position = tile.first + event;
  var source = tile.start + position;
  if (INDEXED) {
    source = u32(index[step[0] * tile.batch + position]);
  }
  values[(TO + row) * tile.stride + event] = column[row * tile.bound + source];
}
