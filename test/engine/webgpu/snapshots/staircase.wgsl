// ---- Kernel 0 of the pass over "events", 2 along y
//   TRANSPOSED = 0
//   batches = 1
//   outputs = 6
//   weight_columns = 3
//   y_row = 3
//   x_rows = 0
//   weights = 0
//   weights_per_batch = 0
//   prefix = 1
//   ranges = 7
// Linear map of every event by weights that no event changes: a dense matrix or a staircase.
// in : x [batches, inputs, events], the rows of a batch contiguous; weights W [rows, weight_columns], one or one per batch
// out: y [batches, outputs, events]
// y[o] = sum over i < prefix[o] of W[o, i] x[i], or TRANSPOSED y[i] = sum over o with i < prefix[o] of W[o, i] x[o].
// For few outputs: one invocation makes four rows of y for one event. What lies beyond the staircase is selected away, never multiplied by
// zero, and mostly not visited: each four rows have a range of inputs that any of them uses.
#include "shared/tile.wgsl"

override TRANSPOSED: bool;

struct Arguments {
  batches: u32,
  outputs: u32,
  weight_columns: u32,
  y_row: u32,             // first row of y
  x_rows: u32,            // table: per batch, the first row of x
  weights: u32,           // place of W among the parameters
  weights_per_batch: u32, // elements from one batch's W to the next, 0 where all share one
  prefix: u32,            // table: per row of W, how many of its elements count
  ranges: u32,            // table: per four rows of y, the first input used and the one after the last
}

@group(0) @binding(5) var<uniform> arguments: Arguments;

fn prefix(row: u32) -> u32 {
  return u32(tables[arguments.prefix + row]);
}

fn counts(input: u32, outputs: vec4u) -> vec4<bool> {
  if (TRANSPOSED) {
    return outputs < vec4u(prefix(input));
  }
  return vec4u(input) < vec4u(prefix(outputs.x), prefix(outputs.y), prefix(outputs.z), prefix(outputs.w));
}

fn weights_of(start: u32, input: u32, outputs: vec4u) -> vec4f {
  let forward = outputs * arguments.weight_columns + input;
  let transposed = input * arguments.weight_columns + outputs;
  let at = start + select(forward, transposed, TRANSPOSED);
  return vec4f(parameters[at.x], parameters[at.y], parameters[at.z], parameters[at.w]);
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let event = id.x;
  let blocks = (arguments.outputs + 3u) / 4u;
  let batch = id.y / blocks;
  let block = id.y % blocks;
  if (event >= tile.events || batch >= arguments.batches) {
    return;
  }
  let first = 4u * block;
  // The last block may be short: what stands in for its missing rows is not stored.
  let outputs = min(first + vec4u(0u, 1u, 2u, 3u), vec4u(arguments.outputs - 1u));
  let x_row = u32(tables[arguments.x_rows + batch]);
  let start = arguments.weights + batch * arguments.weights_per_batch;
  let end = u32(tables[arguments.ranges + 2u * block + 1u]);
  var sums = vec4f();
  for (var input = u32(tables[arguments.ranges + 2u * block]); input < end; input++) {
    let x = load(x_row + input, event);
    sums = select(sums, sums + weights_of(start, input, outputs) * x, counts(input, outputs));
  }
  for (var i = 0u; i < 4u && first + i < arguments.outputs; i++) {
    store(arguments.y_row + batch * arguments.outputs + first + i, event, sums[i]);
  }
}
