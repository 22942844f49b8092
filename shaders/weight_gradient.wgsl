// Gradient of the weights of a linear map, summed over groups of events.
// in : g [batches, outputs, events], x [batches, inputs, events], the rows of a batch contiguous
// out: partials dW [groups, elements], from element first on: [outputs, inputs], or one for every batch where separate = 1
// dW[o, i] = sum over events, and over batches unless separate = 1, of g[o] x[i], and 0 at or beyond prefix[o].
// Where summed = 1 also the sums of g over events, as for a bias, from element first_sum on: [outputs], or [batches, outputs].
// A workgroup makes 64 x 64 elements, an invocation 4 x 4 of them. Slices of 16 events of both factors are brought to
// workgroup memory, four rows of one event to a vector, so that every number read there serves four products.
#include "shared/tile.wgsl"

struct Arguments {
  batches: u32,
  separate: u32,
  outputs: u32,
  inputs: u32,
  g_rows: u32,   // table: per batch, the first row of g
  x_rows: u32,   // table: per batch, the first row of x
  prefix: u32,   // table: per row of dW, how many of its elements count
  widths: u32,   // table: per 64 rows of dW, the most of these, at least 1
  elements: u32, // of all weight gradients of the pass
  first: u32,    // the first of them
  summed: u32,
  first_sum: u32,
}

@group(0) @binding(5) var<uniform> arguments: Arguments;

// Rows of 17 vectors, for invocations that store one event each to meet different banks.
var<workgroup> g_slice: array<vec4f, 272>;
var<workgroup> x_slice: array<vec4f, 272>;

// Four rows of one event. Rows beyond the last stand for others that are not stored; events beyond `end` count 0.
fn four(first: u32, rows: u32, row: u32, event: u32, end: u32) -> vec4f {
  if (event >= end) {
    return vec4f();
  }
  let at = vec4u(first) + min(vec4u(row, row + 1u, row + 2u, row + 3u), vec4u(rows - 1u));
  return vec4f(load(at.x, event), load(at.y, event), load(at.z, event), load(at.w, event));
}

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) place: vec3u, @builtin(local_invocation_index) own: u32) {
  let blocks = (arguments.inputs + 63u) / 64u;
  let output = 64u * (place.y / blocks);
  let input = 64u * (place.y % blocks);
  let start = place.x * tile.weight_events;
  let is_empty = input >= u32(tables[arguments.widths + place.y / blocks]);
  let end = select(min(start + tile.weight_events, tile.events), start, is_empty);
  let low = select(0u, place.z, arguments.separate == 1u);
  let high = select(arguments.batches, place.z + 1u, arguments.separate == 1u);
  let slice = own % 16u;
  let quad = own / 16u;
  var sums = array<vec4f, 4>();
  var g_sum = vec4f();
  for (var batch = low; batch < high; batch++) {
    let g_row = u32(tables[arguments.g_rows + batch]);
    let x_row = u32(tables[arguments.x_rows + batch]);
    for (var event = start; event < end; event += 16u) {
      let own_g = four(g_row, arguments.outputs, output + 4u * quad, event + slice, end);
      g_sum += own_g;
      g_slice[17u * slice + quad] = own_g;
      x_slice[17u * slice + quad] = four(x_row, arguments.inputs, input + 4u * quad, event + slice, end);
      workgroupBarrier();
      for (var e = 0u; e < 16u; e++) {
        let g = g_slice[17u * e + quad];
        let x = x_slice[17u * e + slice];
        sums[0] += g.x * x;
        sums[1] += g.y * x;
        sums[2] += g.z * x;
        sums[3] += g.w * x;
      }
      workgroupBarrier();
    }
  }
  let group_start = tile.weights + (tile.weight_group + place.x) * arguments.elements;
  let matrix_start = group_start + arguments.first + low * arguments.outputs * arguments.inputs;
  for (var r = 0u; r < 4u; r++) {
    let row = output + 4u * quad + r;
    if (row < arguments.outputs) {
      let prefix = u32(tables[arguments.prefix + row]);
      for (var c = 0u; c < 4u; c++) {
        let column = input + 4u * slice + c;
        if (column < arguments.inputs) {
          partials[matrix_start + row * arguments.inputs + column] = select(0.0, sums[r][c], column < prefix);
        }
      }
    }
  }
  // Of the workgroups that read these rows of g, the first.
  if (arguments.summed == 1u && input == 0u) {
    g_slice[17u * slice + quad] = g_sum;
    workgroupBarrier();
    if (slice == 0u) {
      for (var other = 1u; other < 16u; other++) {
        g_sum += g_slice[17u * other + quad];
      }
      for (var r = 0u; r < 4u; r++) {
        let row = output + 4u * quad + r;
        if (row < arguments.outputs) {
          partials[group_start + arguments.first_sum + low * arguments.outputs + row] = g_sum[r];
        }
      }
    }
  }
}
