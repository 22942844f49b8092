// Linear map of every event by weights that no event changes: a dense matrix or one with a prefix mask.
// in : x [batches, inputs, events], the rows of a batch contiguous; weights W [rows, weight_columns], one or one per batch
// out: y [batches, outputs, events], or what `finish` makes of it
// For few outputs: one invocation makes four rows of y for one event. What lies beyond the prefix of a row is selected away, never multiplied by
// zero, and mostly not visited: each four rows have a range of inputs that any of them uses.
#include "shared/linear.wgsl"
#include "shared/tile.wgsl"
#include "shared/finish.wgsl"

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
  // Blocks beyond what one axis of a dispatch can hold go along the other.
  let pair = id.y + 65535u * id.z;
  let batch = pair / blocks;
  let block = pair % blocks;
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
    finish(batch * arguments.outputs + first + i, event, sums[i]);
  }
}
