// ---- Kernel 0 of the pass over "events", 2 along y
// Kernel 0 of the pass over "events": 2 rows.
// fuses add
// in : column_x [1, events], column_y [2, events]
// out: add_2 [2, events]

#include "shared/tile.wgsl"

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let event = id.x;
  let row = id.y;
  if (event >= tile.events || row >= 2u) {
    return;
  }
  let column_x = load_or_zero(tables[row], event);
  let column_y = load_or_zero(tables[2u + row], event);
  let add_2 = column_x + column_y;
  store(3u + row, event, add_2);
}

// ---- Kernel 1 of the pass over "events", 2 along y
//   TRANSPOSED = 0
//   batches = 1
//   outputs = 8
//   weight_columns = 2
//   y_row = 5
//   x_rows = 4
//   weights = 0
//   weights_per_batch = 0
//   prefix = 5
//   ranges = 13
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

// ---- Kernel 2 of the pass over "events", 8 along y
// Kernel 2 of the pass over "events": 8 rows.
// fuses add, greater, where x 2, expm1
// in : linear_3 [8, events], parameter_systematics_transforms_0_nuisances_0_0_bias [8]
// out: where_8 [8, events]

#include "shared/expm1.wgsl"
#include "shared/tile.wgsl"

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let event = id.x;
  let row = id.y;
  if (event >= tile.events || row >= 8u) {
    return;
  }
  let linear_3 = load(5u + row, event);
  let parameter_systematics_transforms_0_nuisances_0_0_bias = parameters[16u + row];
  let add_4 = linear_3 + parameter_systematics_transforms_0_nuisances_0_0_bias;
  let greater_5 = add_4 > 0.0;
  let where_6 = select(add_4, 0.0, greater_5);
  let expm1_7 = expm1(where_6);
  let where_8 = select(expm1_7, add_4, greater_5);
  store(13u + row, event, where_8);
}

// ---- Kernel 3 of the pass over "events", 2 along y
//   TRANSPOSED = 0
//   batches = 1
//   outputs = 8
//   weight_columns = 8
//   y_row = 5
//   x_rows = 17
//   weights = 24
//   weights_per_batch = 0
//   prefix = 18
//   ranges = 26
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

// ---- Kernel 4 of the pass over "events", 2 along y
//   TRANSPOSED = 0
//   batches = 1
//   outputs = 8
//   weight_columns = 2
//   y_row = 13
//   x_rows = 4
//   weights = 88
//   weights_per_batch = 0
//   prefix = 5
//   ranges = 13
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

// ---- Kernel 5 of the pass over "events", 8 along y
// Kernel 5 of the pass over "events": 8 rows.
// fuses add, greater, where x 2, expm1
// in : linear_17 [8, events], parameter_systematics_transforms_0_nuisances_1_0_bias [8]
// out: where_22 [8, events]

#include "shared/expm1.wgsl"
#include "shared/tile.wgsl"

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let event = id.x;
  let row = id.y;
  if (event >= tile.events || row >= 8u) {
    return;
  }
  let linear_17 = load(13u + row, event);
  let parameter_systematics_transforms_0_nuisances_1_0_bias = parameters[104u + row];
  let add_18 = linear_17 + parameter_systematics_transforms_0_nuisances_1_0_bias;
  let greater_19 = add_18 > 0.0;
  let where_20 = select(add_18, 0.0, greater_19);
  let expm1_21 = expm1(where_20);
  let where_22 = select(expm1_21, add_18, greater_19);
  store(21u + row, event, where_22);
}

// ---- Kernel 6 of the pass over "events", 2 along y
//   TRANSPOSED = 0
//   batches = 1
//   outputs = 8
//   weight_columns = 8
//   y_row = 13
//   x_rows = 30
//   weights = 112
//   weights_per_batch = 0
//   prefix = 18
//   ranges = 26
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

// ---- Kernel 7 of the pass over "events", 2 along y
//   TRANSPOSED = 0
//   batches = 1
//   outputs = 8
//   weight_columns = 2
//   y_row = 21
//   x_rows = 4
//   weights = 176
//   weights_per_batch = 0
//   prefix = 5
//   ranges = 13
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

// ---- Kernel 8 of the pass over "events", 8 along y
// Kernel 8 of the pass over "events": 8 rows.
// fuses add x 3, greater, where x 2, expm1
// in : linear_9 [8, events], parameter_systematics_transforms_0_nuisances_0_1_bias [8], linear_23 [8, events],
//      parameter_systematics_transforms_0_nuisances_1_1_bias [8], linear_31 [8, events],
//      parameter_systematics_transforms_0_pairs_0_1_0_bias [8]
// out: add_10 [8, events], add_24 [8, events], where_36 [8, events]

#include "shared/expm1.wgsl"
#include "shared/tile.wgsl"

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let event = id.x;
  let row = id.y;
  if (event >= tile.events || row >= 8u) {
    return;
  }
  let linear_9 = load(5u + row, event);
  let parameter_systematics_transforms_0_nuisances_0_1_bias = parameters[192u + row];
  let add_10 = linear_9 + parameter_systematics_transforms_0_nuisances_0_1_bias;
  store(29u + row, event, add_10);
  let linear_23 = load(13u + row, event);
  let parameter_systematics_transforms_0_nuisances_1_1_bias = parameters[200u + row];
  let add_24 = linear_23 + parameter_systematics_transforms_0_nuisances_1_1_bias;
  store(37u + row, event, add_24);
  let linear_31 = load(21u + row, event);
  let parameter_systematics_transforms_0_pairs_0_1_0_bias = parameters[208u + row];
  let add_32 = linear_31 + parameter_systematics_transforms_0_pairs_0_1_0_bias;
  let greater_33 = add_32 > 0.0;
  let where_34 = select(add_32, 0.0, greater_33);
  let expm1_35 = expm1(where_34);
  let where_36 = select(expm1_35, add_32, greater_33);
  store(45u + row, event, where_36);
}

// ---- Kernel 9 of the pass over "events", 1 along y
//   TRANSPOSED = 0
//   batches = 1
//   outputs = 4
//   weight_columns = 8
//   y_row = 2
//   x_rows = 31
//   weights = 216
//   weights_per_batch = 0
//   prefix = 32
//   ranges = 36
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

// ---- Kernel 10 of the pass over "events", 4 along y
// Kernel 10 of the pass over "events": 4 rows.
// fuses add
// in : linear_37 [4, events], parameter_systematics_transforms_0_pairs_0_1_1_bias [4]
// out: add_38 [4, events]

#include "shared/tile.wgsl"

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let event = id.x;
  let row = id.y;
  if (event >= tile.events || row >= 4u) {
    return;
  }
  let linear_37 = load(2u + row, event);
  let parameter_systematics_transforms_0_pairs_0_1_1_bias = parameters[248u + row];
  let add_38 = linear_37 + parameter_systematics_transforms_0_pairs_0_1_1_bias;
  store(45u + row, event, add_38);
}

// ---- Kernel 11 of the pass over "events", 2 along y
// Kernel 11 of the pass over "events": 2 rows.
// fuses mul x 11, add x 9, exp
// in : add_10 [8, events], broadcast_without_events_46 [2], broadcast_without_events_51 [2], add_24 [8, events],
//      broadcast_without_events_75 [2], broadcast_without_events_80 [2], add_38 [4, events],
//      broadcast_without_events_104 [2], column_y [2, events]
// out: add_47 [2, events]

#include "shared/tile.wgsl"

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let event = id.x;
  let row = id.y;
  if (event >= tile.events || row >= 2u) {
    return;
  }
  let add_10 = load(29u + 4u * row, event);
  let broadcast_without_events_46 = parameters[252u + row];
  let mul_11 = add_10 * broadcast_without_events_46;
  let add_10_view_2 = load(30u + 4u * row, event);
  let broadcast_without_events_51 = parameters[254u + row];
  let mul_12 = add_10_view_2 * broadcast_without_events_51;
  let add_13 = mul_11 + mul_12;
  let add_10_view_3 = load(31u + 4u * row, event);
  let mul_14 = add_10_view_3 * broadcast_without_events_46;
  let add_10_view_4 = load(32u + 4u * row, event);
  let mul_15 = add_10_view_4 * broadcast_without_events_51;
  let add_16 = mul_14 + mul_15;
  let add_24 = load(37u + 4u * row, event);
  let broadcast_without_events_75 = parameters[256u + row];
  let mul_25 = add_24 * broadcast_without_events_75;
  let add_24_view_2 = load(38u + 4u * row, event);
  let broadcast_without_events_80 = parameters[258u + row];
  let mul_26 = add_24_view_2 * broadcast_without_events_80;
  let add_27 = mul_25 + mul_26;
  let add_24_view_3 = load(39u + 4u * row, event);
  let mul_28 = add_24_view_3 * broadcast_without_events_75;
  let add_24_view_4 = load(40u + 4u * row, event);
  let mul_29 = add_24_view_4 * broadcast_without_events_80;
  let add_30 = mul_28 + mul_29;
  let add_38 = load(45u + 2u * row, event);
  let broadcast_without_events_104 = parameters[260u + row];
  let mul_39 = add_38 * broadcast_without_events_104;
  let add_38_view_2 = load(46u + 2u * row, event);
  let mul_40 = add_38_view_2 * broadcast_without_events_104;
  let add_41 = add_13 + add_27;
  let add_42 = add_16 + add_30;
  let add_43 = add_41 + mul_39;
  let add_44 = add_42 + mul_40;
  let exp_45 = exp(add_43);
  let column_y = load(row, event);
  let mul_46 = column_y * exp_45;
  let add_47 = mul_46 + add_44;
  store(49u + row, event, add_47);
}
