// Brings the events of a chunk from a column to its rows among the values.
// in : column [rows, tile.bound]; index [steps, batch] the events of every step where indexed = 1, else they follow one another
// out: values, from first_row on
#include "shared/tile_layout.wgsl"

struct Arguments {
  indexed: u32,
  rows: u32,
  first_row: u32,
}

override WORKGROUP_SIZE: u32 = 64u;

@group(0) @binding(0) var<uniform> tile: Tile;
@group(0) @binding(1) var<storage, read> column: array<f32>;
@group(0) @binding(2) var<storage, read> index: array<i32>;
@group(0) @binding(3) var<storage, read_write> values: array<f32>;
@group(0) @binding(4) var<storage, read> step: array<u32>;
@group(0) @binding(5) var<uniform> arguments: Arguments;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let event = id.x;
  let row = id.y;
  if (event >= tile.events || row >= arguments.rows) {
    return;
  }
  let position = tile.first + event;
  var source = tile.start + position;
  if (arguments.indexed == 1u) {
    source = u32(index[step[0] * tile.batch + position]);
  }
  values[(arguments.first_row + row) * tile.stride + event] = column[row * tile.bound + source];
}
