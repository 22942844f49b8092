// Which events a chunk holds, and how they fall into groups.

struct Tile {
  events: u32,        // in this chunk
  stride: u32,        // events from one row to the next, a multiple of 128
  first: u32,         // the chunk's first event, counted from the first of the run or step
  start: u32,         // the run's first event in the columns
  bound: u32,         // events of a column
  batch: u32,         // events of all chunks together
  sum_events: u32,    // per group of event sums
  sum_group: u32,     // the chunk's first group
  sum_groups: u32,    // of all chunks
  weight_events: u32, // the same for weight gradients
  weight_group: u32,
  weight_groups: u32,
  weights: u32,       // where weight gradients start among the partials
}
