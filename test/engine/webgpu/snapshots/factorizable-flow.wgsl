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
//   places = 4
//   x_rows = 6
//   weights = 8
//   weights_per_batch = 0
//   prefix = 7
//   ranges = 15
// Linear map of every event by weights that no event changes: a dense matrix or one with a prefix mask.
// in : x [batches, inputs, events], the rows of a batch contiguous; weights W [rows, weight_columns], one or one per batch
// out: y [batches, outputs, events], or what `finish` makes of it
// For few outputs: one invocation makes four rows of y for one event. What lies beyond the prefix of a row is selected away, never multiplied by
// zero, and mostly not visited: each four rows have a range of inputs that any of them uses.
#include "shared/linear.wgsl"
#include "shared/tile.wgsl"
#include "shared/expm1.wgsl"

// Epilogue: add, greater, where x 2, expm1

fn finish(row: u32, event: u32, linear_0: Value) {
  let parameter_1 = parameters[place(0u) + row];
  let add_1 = linear_0 + parameter_1;
  let greater_2 = add_1 > 0.0;
  let where_3 = select(add_1, 0.0, greater_2);
  let expm1_4 = expm1(where_3);
  let where_5 = select(expm1_4, add_1, greater_2);
  store(place(1u) + row, event, where_5);
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

// ---- Kernel 2 of the pass over "events", 2 along y
//   TRANSPOSED = 0
//   batches = 1
//   outputs = 8
//   weight_columns = 2
//   places = 19
//   x_rows = 6
//   weights = 32
//   weights_per_batch = 0
//   prefix = 7
//   ranges = 15
// Linear map of every event by weights that no event changes: a dense matrix or one with a prefix mask.
// in : x [batches, inputs, events], the rows of a batch contiguous; weights W [rows, weight_columns], one or one per batch
// out: y [batches, outputs, events], or what `finish` makes of it
// For few outputs: one invocation makes four rows of y for one event. What lies beyond the prefix of a row is selected away, never multiplied by
// zero, and mostly not visited: each four rows have a range of inputs that any of them uses.
#include "shared/linear.wgsl"
#include "shared/tile.wgsl"
#include "shared/expm1.wgsl"

// Epilogue: add, greater, where x 2, expm1

fn finish(row: u32, event: u32, linear_0: Value) {
  let parameter_1 = parameters[place(0u) + row];
  let add_1 = linear_0 + parameter_1;
  let greater_2 = add_1 > 0.0;
  let where_3 = select(add_1, 0.0, greater_2);
  let expm1_4 = expm1(where_3);
  let where_5 = select(expm1_4, add_1, greater_2);
  store(place(1u) + row, event, where_5);
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

// ---- Kernel 3 of the pass over "events", 2 along y
//   TRANSPOSED = 0
//   batches = 1
//   outputs = 8
//   weight_columns = 8
//   places = 21
//   x_rows = 23
//   weights = 56
//   weights_per_batch = 0
//   prefix = 24
//   ranges = 32
// Linear map of every event by weights that no event changes: a dense matrix or one with a prefix mask.
// in : x [batches, inputs, events], the rows of a batch contiguous; weights W [rows, weight_columns], one or one per batch
// out: y [batches, outputs, events], or what `finish` makes of it
// For few outputs: one invocation makes four rows of y for one event. What lies beyond the prefix of a row is selected away, never multiplied by
// zero, and mostly not visited: each four rows have a range of inputs that any of them uses.
#include "shared/linear.wgsl"
#include "shared/tile.wgsl"

// Epilogue: add

fn finish(row: u32, event: u32, linear_0: Value) {
  let parameter_1 = parameters[place(0u) + row];
  let add_1 = linear_0 + parameter_1;
  store(place(1u) + row, event, add_1);
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

// ---- Kernel 4 of the pass over "events", 2 along y
//   TRANSPOSED = 0
//   batches = 1
//   outputs = 8
//   weight_columns = 8
//   places = 36
//   x_rows = 38
//   weights = 128
//   weights_per_batch = 0
//   prefix = 24
//   ranges = 32
// Linear map of every event by weights that no event changes: a dense matrix or one with a prefix mask.
// in : x [batches, inputs, events], the rows of a batch contiguous; weights W [rows, weight_columns], one or one per batch
// out: y [batches, outputs, events], or what `finish` makes of it
// For few outputs: one invocation makes four rows of y for one event. What lies beyond the prefix of a row is selected away, never multiplied by
// zero, and mostly not visited: each four rows have a range of inputs that any of them uses.
#include "shared/linear.wgsl"
#include "shared/tile.wgsl"

// Epilogue: add

fn finish(row: u32, event: u32, linear_0: Value) {
  let parameter_1 = parameters[place(0u) + row];
  let add_1 = linear_0 + parameter_1;
  store(place(1u) + row, event, add_1);
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

// ---- Kernel 5 of the pass over "events", 2 along y
//   TRANSPOSED = 0
//   batches = 1
//   outputs = 8
//   weight_columns = 2
//   places = 39
//   x_rows = 6
//   weights = 200
//   weights_per_batch = 0
//   prefix = 7
//   ranges = 15
// Linear map of every event by weights that no event changes: a dense matrix or one with a prefix mask.
// in : x [batches, inputs, events], the rows of a batch contiguous; weights W [rows, weight_columns], one or one per batch
// out: y [batches, outputs, events], or what `finish` makes of it
// For few outputs: one invocation makes four rows of y for one event. What lies beyond the prefix of a row is selected away, never multiplied by
// zero, and mostly not visited: each four rows have a range of inputs that any of them uses.
#include "shared/linear.wgsl"
#include "shared/tile.wgsl"
#include "shared/expm1.wgsl"

// Epilogue: add, greater, where x 2, expm1

fn finish(row: u32, event: u32, linear_0: Value) {
  let parameter_1 = parameters[place(0u) + row];
  let add_1 = linear_0 + parameter_1;
  let greater_2 = add_1 > 0.0;
  let where_3 = select(add_1, 0.0, greater_2);
  let expm1_4 = expm1(where_3);
  let where_5 = select(expm1_4, add_1, greater_2);
  store(place(1u) + row, event, where_5);
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

// ---- Kernel 6 of the pass over "events", 1 along y
//   TRANSPOSED = 0
//   batches = 1
//   outputs = 4
//   weight_columns = 8
//   places = 41
//   x_rows = 38
//   weights = 220
//   weights_per_batch = 0
//   prefix = 43
//   ranges = 47
// Linear map of every event by weights that no event changes: a dense matrix or one with a prefix mask.
// in : x [batches, inputs, events], the rows of a batch contiguous; weights W [rows, weight_columns], one or one per batch
// out: y [batches, outputs, events], or what `finish` makes of it
// For few outputs: one invocation makes four rows of y for one event. What lies beyond the prefix of a row is selected away, never multiplied by
// zero, and mostly not visited: each four rows have a range of inputs that any of them uses.
#include "shared/linear.wgsl"
#include "shared/tile.wgsl"

// Epilogue: add

fn finish(row: u32, event: u32, linear_0: Value) {
  let parameter_1 = parameters[place(0u) + row];
  let add_1 = linear_0 + parameter_1;
  store(place(1u) + row, event, add_1);
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

// ---- Kernel 7 of the pass over "events", 2 along y
// Kernel 7 of the pass over "events": 2 rows.
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
  let add_10 = load(21u + 4u * row, event);
  let broadcast_without_events_46 = parameters[252u + row];
  let mul_11 = add_10 * broadcast_without_events_46;
  let add_10_view_2 = load(22u + 4u * row, event);
  let broadcast_without_events_51 = parameters[254u + row];
  let mul_12 = add_10_view_2 * broadcast_without_events_51;
  let add_13 = mul_11 + mul_12;
  let add_10_view_3 = load(23u + 4u * row, event);
  let mul_14 = add_10_view_3 * broadcast_without_events_46;
  let add_10_view_4 = load(24u + 4u * row, event);
  let mul_15 = add_10_view_4 * broadcast_without_events_51;
  let add_16 = mul_14 + mul_15;
  let add_24 = load(5u + 4u * row, event);
  let broadcast_without_events_75 = parameters[256u + row];
  let mul_25 = add_24 * broadcast_without_events_75;
  let add_24_view_2 = load(6u + 4u * row, event);
  let broadcast_without_events_80 = parameters[258u + row];
  let mul_26 = add_24_view_2 * broadcast_without_events_80;
  let add_27 = mul_25 + mul_26;
  let add_24_view_3 = load(7u + 4u * row, event);
  let mul_28 = add_24_view_3 * broadcast_without_events_75;
  let add_24_view_4 = load(8u + 4u * row, event);
  let mul_29 = add_24_view_4 * broadcast_without_events_80;
  let add_30 = mul_28 + mul_29;
  let add_38 = load(29u + 2u * row, event);
  let broadcast_without_events_104 = parameters[260u + row];
  let mul_39 = add_38 * broadcast_without_events_104;
  let add_38_view_2 = load(30u + 2u * row, event);
  let mul_40 = add_38_view_2 * broadcast_without_events_104;
  let add_41 = add_13 + add_27;
  let add_42 = add_16 + add_30;
  let add_43 = add_41 + mul_39;
  let add_44 = add_42 + mul_40;
  let exp_45 = exp(add_43);
  let column_y = load(row, event);
  let mul_46 = column_y * exp_45;
  let add_47 = mul_46 + add_44;
  store(2u + row, event, add_47);
}
