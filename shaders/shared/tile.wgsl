// What every kernel sees of memory: one tile of events with all its rows in one buffer, so that no kernel needs more
// than three storage buffers.
// in : parameters  numbers that no event changes, one array after another
//      tables      rows and offsets that follow no simple rule
// both: values     [rows, events], events contiguous
// One invocation per (event, row), 64 events to a workgroup: id.x counts events, id.y rows or groups of rows.

override WORKGROUP_SIZE: u32 = 64u;

struct Tile {
  events: u32,
}

@group(0) @binding(0) var<uniform> tile: Tile;
@group(0) @binding(1) var<storage, read> parameters: array<f32>;
@group(0) @binding(2) var<storage, read> tables: array<i32>;
@group(0) @binding(3) var<storage, read_write> values: array<f32>;

// Kernels return early outside the tile: rows are known when a kernel is printed, so every index below is in range.

fn load(row: u32, event: u32) -> f32 {
  return values[row * tile.events + event];
}

fn store(row: u32, event: u32, value: f32) {
  values[row * tile.events + event] = value;
}
