// Linear map of every event by weights that no event changes: a dense matrix or a staircase.
// in : x [BATCHES, inputs, events], the rows of a batch contiguous; weights W [rows, WEIGHT_COLUMNS], one or one per batch
// out: y [BATCHES, OUTPUTS, events]
// y[o] = sum over i < prefix[o] of W[o, i] x[i], or TRANSPOSED y[i] = sum over o with i < prefix[o] of W[o, i] x[o].
// One invocation makes four rows of y for one event. What lies beyond the staircase is selected away, never multiplied by
// zero, and mostly not visited: each four rows have a range of inputs that any of them uses.
#include "shared/tile.wgsl"

override TRANSPOSED: bool;
override BATCHES: u32;
override OUTPUTS: u32;
override WEIGHT_COLUMNS: u32;
override Y_ROW: u32;             // first row of y
override X_ROWS: u32;            // table: per batch, the first row of x
override WEIGHTS: u32;           // place of W among the parameters
override WEIGHTS_PER_BATCH: u32; // elements from one batch's W to the next, 0 where all share one
override PREFIX: u32;            // table: per row of W, how many of its elements count
override RANGES: u32;            // table: per four rows of y, the first input used and the one after the last

fn prefix(row: u32) -> u32 {
  return u32(tables[PREFIX + row]);
}

fn counts(input: u32, outputs: vec4u) -> vec4<bool> {
  if (TRANSPOSED) {
    return outputs < vec4u(prefix(input));
  }
  return vec4u(input) < vec4u(prefix(outputs.x), prefix(outputs.y), prefix(outputs.z), prefix(outputs.w));
}

fn weights_of(start: u32, input: u32, outputs: vec4u) -> vec4f {
  let forward = outputs * WEIGHT_COLUMNS + input;
  let transposed = input * WEIGHT_COLUMNS + outputs;
  let at = start + select(forward, transposed, TRANSPOSED);
  return vec4f(parameters[at.x], parameters[at.y], parameters[at.z], parameters[at.w]);
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let event = id.x;
  let blocks = (OUTPUTS + 3u) / 4u;
  let batch = id.y / blocks;
  let block = id.y % blocks;
  if (event >= tile.events || batch >= BATCHES) {
    return;
  }
  let first = 4u * block;
  // The last block may be short: what stands in for its missing rows is not stored.
  let outputs = min(first + vec4u(0u, 1u, 2u, 3u), vec4u(OUTPUTS - 1u));
  let x_row = u32(tables[X_ROWS + batch]);
  let start = WEIGHTS + batch * WEIGHTS_PER_BATCH;
  let end = u32(tables[RANGES + 2u * block + 1u]);
  var sums = vec4f();
  for (var input = u32(tables[RANGES + 2u * block]); input < end; input++) {
    let x = load(x_row + input, event);
    sums = select(sums, sums + weights_of(start, input, outputs) * x, counts(input, outputs));
  }
  for (var i = 0u; i < 4u && first + i < OUTPUTS; i++) {
    store(Y_ROW + batch * OUTPUTS + first + i, event, sums[i]);
  }
}
