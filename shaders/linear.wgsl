// Linear map of every event by weights that no event changes: a dense matrix or one with a prefix mask.
// in : x [batches, inputs, events], the rows of a batch contiguous; weights W [rows, weight_columns], one or one per batch
// out: y [batches, outputs, events], or what `finish` makes of it
// A workgroup makes 64 rows of y for 128 events, an invocation 8 rows for 4 events. Slices of 16 inputs of both factors are
// brought to workgroup memory, so that every number read there serves several products. What lies beyond the prefix of a row counts
// as 0, and is mostly not visited: each 64 rows have a range of inputs that any of them uses.
#include "shared/linear.wgsl"
#include "shared/quads.wgsl"
#include "shared/finish.wgsl"

// Rows of 17 vectors, for invocations that store one input each to meet different banks.
var<workgroup> w_slice: array<vec4f, 272>;
var<workgroup> x_slice: array<vec4f, 512>;

// Weights of one input for four outputs; those that do not count are 0.
fn four(start: u32, input: u32, end: u32, outputs: vec4u, lengths: vec4u) -> vec4f {
  if (input >= end) {
    return vec4f();
  }
  var at = vec4u(start) + outputs * arguments.weight_columns + input;
  var counts = vec4u(input) < lengths;
  if (TRANSPOSED) {
    at = vec4u(start) + input * arguments.weight_columns + outputs;
    counts = outputs < vec4u(prefix(input));
  }
  let weights = vec4f(parameters[at.x], parameters[at.y], parameters[at.z], parameters[at.w]);
  return select(vec4f(), weights, counts);
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) own: u32) {
  let quad = 32u * group.x + own % 32u;
  let x_row = u32(tables[arguments.x_rows + group.z]);
  let start = arguments.weights + group.z * arguments.weights_per_batch;
  let end = u32(tables[arguments.ranges + 2u * group.y + 1u]);

  // Neighbours read what lies together: inputs of a row of W, or its columns.
  let slice = select(own % 16u, own / 16u, TRANSPOSED);
  let four_outputs = select(own / 16u, own % 16u, TRANSPOSED);
  // Beyond the last output there are others' weights, for rows that are not stored.
  let outputs = min(64u * group.y + 4u * four_outputs + vec4u(0u, 1u, 2u, 3u), vec4u(arguments.outputs - 1u));
  var lengths = vec4u();
  if (!TRANSPOSED) {
    lengths = vec4u(prefix(outputs.x), prefix(outputs.y), prefix(outputs.z), prefix(outputs.w));
  }

  let row = own / 32u;
  var sums = array<vec4f, 8>();
  for (var input = u32(tables[arguments.ranges + 2u * group.y]); input < end; input += 16u) {
    w_slice[17u * slice + four_outputs] = four(start, input + slice, end, outputs, lengths);
    for (var i = 0u; i < 16u; i += 8u) {
      let own_input = input + i + row;
      var x = vec4f();
      if (own_input < end) {
        x = load(x_row + own_input, quad);
      }
      x_slice[32u * (i + row) + own % 32u] = x;
    }
    workgroupBarrier();
    for (var i = 0u; i < 16u; i++) {
      let x = x_slice[32u * i + own % 32u];
      let low = w_slice[17u * i + 2u * row];
      let high = w_slice[17u * i + 2u * row + 1u];
      sums[0] += low.x * x;
      sums[1] += low.y * x;
      sums[2] += low.z * x;
      sums[3] += low.w * x;
      sums[4] += high.x * x;
      sums[5] += high.y * x;
      sums[6] += high.z * x;
      sums[7] += high.w * x;
    }
    workgroupBarrier();
  }
  let first = 64u * group.y + 8u * row;
  for (var i = 0u; i < 8u; i++) {
    if (first + i < arguments.outputs) {
      finish(group.z * arguments.outputs + first + i, quad, sums[i]);
    }
  }
}
