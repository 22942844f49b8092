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
// Linear map of every event by weights that no event changes: a dense matrix or a staircase.
// in : x [batches, inputs, events], the rows of a batch contiguous; weights W [rows, weight_columns], one or one per batch
// out: y [batches, outputs, events], or what `finish` makes of it
// For few outputs: one invocation makes four rows of y for one event. What lies beyond the staircase is selected away, never multiplied by
// zero, and mostly not visited: each four rows have a range of inputs that any of them uses.
#include "shared/linear.wgsl"
#include "shared/tile.wgsl"

// Epilogue: add, greater, where

fn finish(row: u32, event: u32, linear_0: Value) {
  let parameter_1 = parameters[place(0u) + row];
  let add_1 = linear_0 + parameter_1;
  let greater_2 = add_1 > 0.0;
  let where_3 = select(0.0, add_1, greater_2);
  store(place(1u) + row, event, where_3);
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

// ---- Kernel 2 of the pass over "events", 1 along y
//   TRANSPOSED = 0
//   batches = 1
//   outputs = 22
//   weight_columns = 8
//   places = 19
//   x_rows = 21
//   weights = 46
//   weights_per_batch = 0
//   prefix = 22
//   ranges = 44
// Linear map of every event by weights that no event changes: a dense matrix or a staircase.
// in : x [batches, inputs, events], the rows of a batch contiguous; weights W [rows, weight_columns], one or one per batch
// out: y [batches, outputs, events], or what `finish` makes of it
// A workgroup makes 64 rows of y for 128 events, an invocation 8 rows for 4 events. Slices of 16 inputs of both factors are
// brought to workgroup memory, so that every number read there serves several products. What lies beyond the staircase counts
// as 0, and is mostly not visited: each 64 rows have a range of inputs that any of them uses.
#include "shared/linear.wgsl"
#include "shared/quads.wgsl"

// Epilogue: add

fn finish(row: u32, quad: u32, linear_0: Value) {
  let parameter_1 = vec4f(parameters[place(0u) + row]);
  let add_1 = linear_0 + parameter_1;
  store(place(1u) + row, quad, add_1);
}

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

// ---- Kernel 3 of the pass over "events", 2 along y
// Kernel 3 of the pass over "events": 2 rows, inner axis of 4.
// fuses greater x 3, greaterEqual, mul x 10, where, abs x 2, add x 3, div x 2, exp x 2, sum x 6, cumulativeSum x 2, sub
// in : column_y [2, events], add_8 [22, events], broadcast_without_events_54 [2, 4]
// out: sum_18 [2, events], sum_24 [2, events], sub_33 [8, events], sum_35 [2, events], sum_37 [2, events],
//      sum_39 [2, events], sum_41 [2, events]

#include "shared/tile.wgsl"

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let event = id.x;
  let row = id.y;
  if (event >= tile.events || row >= 2u) {
    return;
  }
  var kept_cumulative_sum_28: array<f32, 4>;
  var kept_cumulative_sum_31: array<f32, 4>;
  var kept_exp_17: array<f32, 4>;
  var kept_exp_23: array<f32, 4>;
  let column_y = load(row, event);
  let greater_9 = column_y > -4.0;
  let greater_equal_10 = 4.0 >= column_y;
  let mul_11 = greater_9 && greater_equal_10;
  let where_12 = select(0.0, column_y, mul_11);
  let add_25 = where_12 + 4.0;
  let mul_26 = add_25 * 0.125;
  var sum_18 = 0.0;
  var sum_24 = 0.0;
  var running_cumulative_sum_28 = 0.0;
  var running_cumulative_sum_31 = 0.0;
  for (var j = 0u; j < turns(4u); j++) {
    let add_8 = load(13u + 11u * row + j, event);
    let abs_13 = abs(add_8);
    let mul_14 = abs_13 * 0.28952965;
    let add_15 = mul_14 + 1.0;
    let div_16 = add_8 / add_15;
    let exp_17 = exp(div_16);
    kept_exp_17[j] = exp_17;
    sum_18 += exp_17;
    let add_8_view_2 = load(17u + 11u * row + j, event);
    let abs_19 = abs(add_8_view_2);
    let mul_20 = abs_19 * 0.28952965;
    let add_21 = mul_20 + 1.0;
    let div_22 = add_8_view_2 / add_21;
    let exp_23 = exp(div_22);
    kept_exp_23[j] = exp_23;
    sum_24 += exp_23;
    running_cumulative_sum_28 += exp_17;
    let cumulative_sum_28 = running_cumulative_sum_28;
    kept_cumulative_sum_28[j] = cumulative_sum_28;
    let cumulative_sum_31 = running_cumulative_sum_31;
    running_cumulative_sum_31 += exp_17;
    kept_cumulative_sum_31[j] = cumulative_sum_31;
  }
  store(2u + row, event, sum_18);
  store(4u + row, event, sum_24);
  let mul_27 = mul_26 * sum_18;
  var sum_35 = 0.0;
  var sum_37 = 0.0;
  var sum_39 = 0.0;
  var sum_41 = 0.0;
  for (var j = 0u; j < turns(4u); j++) {
    let greater_29 = mul_27 > kept_cumulative_sum_28[j];
    let broadcast_without_events_54 = parameters[222u + 4u * row + j];
    let mul_30 = select(0.0, 1.0, greater_29) * broadcast_without_events_54;
    let greater_32 = mul_27 > kept_cumulative_sum_31[j];
    let sub_33 = select(0.0, 1.0, greater_32) - mul_30;
    store(35u + 4u * row + j, event, sub_33);
    let mul_34 = mul_30 * kept_exp_17[j];
    sum_35 += mul_34;
    let mul_36 = sub_33 * kept_exp_17[j];
    sum_37 += mul_36;
    let mul_38 = mul_30 * kept_exp_23[j];
    sum_39 += mul_38;
    let mul_40 = sub_33 * kept_exp_23[j];
    sum_41 += mul_40;
  }
  store(6u + row, event, sum_35);
  store(8u + row, event, sum_37);
  store(10u + row, event, sum_39);
  store(43u + row, event, sum_41);
}

// ---- Kernel 4 of the pass over "events", 2 along y
// Kernel 4 of the pass over "events": 2 rows, inner axis of 3.
// fuses mul x 2, sum x 2
// in : sub_33 [8, events], add_8 [22, events]
// out: sum_43 [2, events], sum_50 [2, events]

#include "shared/tile.wgsl"

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let event = id.x;
  let row = id.y;
  if (event >= tile.events || row >= 2u) {
    return;
  }
  var sum_43 = 0.0;
  var sum_50 = 0.0;
  for (var j = 0u; j < turns(3u); j++) {
    let sub_33 = load(36u + 4u * row + j, event);
    let add_8 = load(21u + 11u * row + j, event);
    let mul_42 = sub_33 * add_8;
    sum_43 += mul_42;
    let sub_33_view_2 = load(35u + 4u * row + j, event);
    let mul_49 = sub_33_view_2 * add_8;
    sum_50 += mul_49;
  }
  store(45u + row, event, sum_43);
  store(47u + row, event, sum_50);
}

// ---- Kernel 5 of the pass over "events", 1 along y
// Kernel 5 of the pass over "events": 1 row, inner axis of 2.
// fuses greater, greaterEqual, mul x 23, where x 3, add x 10, abs x 2, div x 7, exp x 2, sub x 5, log, sum x 2
// in : column_y [2, events], sum_18 [2, events], sum_43 [2, events], sum_50 [2, events], sum_41 [2, events],
//      sum_37 [2, events], sum_24 [2, events], sum_35 [2, events], sum_39 [2, events]
// out: add_95 [1, events]

#include "shared/accurate_log.wgsl"
#include "shared/tile.wgsl"

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let event = id.x;
  let row = id.y;
  if (event >= tile.events || row >= 1u) {
    return;
  }
  var sum_90 = 0.0;
  var sum_92 = 0.0;
  for (var j = 0u; j < turns(2u); j++) {
    let column_y = load(j, event);
    let greater_9 = column_y > -4.0;
    let greater_equal_10 = 4.0 >= column_y;
    let mul_11 = greater_9 && greater_equal_10;
    let where_12 = select(0.0, column_y, mul_11);
    let add_25 = where_12 + 4.0;
    let mul_26 = add_25 * 0.125;
    let sum_18 = load(2u + j, event);
    let mul_27 = mul_26 * sum_18;
    let sum_43 = load(45u + j, event);
    let abs_44 = abs(sum_43);
    let mul_45 = abs_44 * 0.14476483;
    let add_46 = mul_45 + 1.0;
    let div_47 = sum_43 / add_46;
    let exp_48 = exp(div_47);
    let sum_50 = load(47u + j, event);
    let abs_51 = abs(sum_50);
    let mul_52 = abs_51 * 0.14476483;
    let add_53 = mul_52 + 1.0;
    let div_54 = sum_50 / add_53;
    let exp_55 = exp(div_54);
    let sum_41 = load(43u + j, event);
    let mul_56 = sum_41 * sum_18;
    let sum_37 = load(8u + j, event);
    let sum_24 = load(4u + j, event);
    let mul_57 = sum_37 * sum_24;
    let div_58 = mul_56 / mul_57;
    let add_59 = exp_55 + exp_48;
    let mul_60 = div_58 * 2.0;
    let sub_61 = add_59 - mul_60;
    let sum_35 = load(6u + j, event);
    let sub_62 = mul_27 - sum_35;
    let div_63 = sub_62 / sum_37;
    let sub_64 = 1.0 - div_63;
    let mul_65 = div_63 * sub_64;
    let mul_66 = sub_61 * mul_65;
    let add_67 = div_58 + mul_66;
    let mul_68 = div_63 * div_63;
    let mul_69 = div_58 * mul_68;
    let mul_70 = exp_48 * mul_65;
    let add_71 = mul_69 + mul_70;
    let div_72 = add_71 / add_67;
    let mul_73 = sum_41 * div_72;
    let sum_39 = load(10u + j, event);
    let add_74 = sum_39 + mul_73;
    let div_75 = add_74 / sum_24;
    let mul_76 = div_75 * 8.0;
    let sub_77 = mul_76 - 4.0;
    let mul_78 = exp_55 * mul_68;
    let mul_79 = sub_64 * sub_64;
    let mul_80 = exp_48 * mul_79;
    let add_81 = mul_78 + mul_80;
    let mul_82 = mul_60 * mul_65;
    let add_83 = add_81 + mul_82;
    let div_84 = div_58 / add_67;
    let mul_85 = div_84 * div_84;
    let mul_86 = add_83 * mul_85;
    let log_87 = accurate_log(mul_86);
    let where_88 = select(column_y, sub_77, mul_11);
    let where_89 = select(0.0, log_87, mul_11);
    sum_90 += where_89;
    let mul_91 = where_88 * where_88;
    sum_92 += mul_91;
  }
  let mul_93 = sum_92 * -0.5;
  let sub_94 = mul_93 - 1.837877;
  let add_95 = sub_94 + sum_90;
  store(12u, event, add_95);
}
