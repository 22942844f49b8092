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
// Linear map of every event by weights that no event changes: a dense matrix or one with a prefix mask.
// in : x [batches, inputs, events], the rows of a batch contiguous; weights W [rows, weight_columns], one or one per batch
// out: y [batches, outputs, events], or what `finish` makes of it
// A workgroup makes 64 rows of y for 128 events, an invocation 8 rows for 4 events. Slices of 16 inputs of both factors are
// brought to workgroup memory, so that every number read there serves several products. What lies beyond the prefix of a row counts
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
// fuses greater x 3, greaterEqual, mul x 10, where, abs x 2, add x 3, div x 2, exp x 2, sub x 3, sum x 9,
//       cumulativeSum, equal
// in : column_y [2, events], add_8 [22, events], broadcast_without_events_58 [2, 4], broadcast_without_events_66 [2, 4]
// out: sum_20 [2, events], sum_27 [2, events], sum_28 [2, events], add_32 [2, events], sum_36 [2, events],
//      equal_37 [8, events], sum_41 [2, events], sum_43 [2, events], sum_46 [2, events], sum_48 [2, events]

#include "shared/tile.wgsl"

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let event = id.x;
  let row = id.y;
  if (event >= tile.events || row >= 2u) {
    return;
  }
  var kept_cumulative_sum_34: array<f32, 4>;
  var kept_sub_18: array<f32, 4>;
  var kept_sub_26: array<f32, 4>;
  let column_y = load(row, event);
  let greater_9 = column_y > -4.0;
  let greater_equal_10 = 4.0 >= column_y;
  let mul_11 = greater_9 && greater_equal_10;
  let where_12 = select(0.0, column_y, mul_11);
  var sum_19 = 0.0;
  var sum_20 = 0.0;
  var sum_27 = 0.0;
  var sum_28 = 0.0;
  var running_cumulative_sum_34 = 0.0;
  for (var j = 0u; j < turns(4u); j++) {
    let add_8 = load(13u + 11u * row + j, event);
    let abs_13 = abs(add_8);
    let mul_14 = abs_13 * 0.28952965;
    let add_15 = mul_14 + 1.0;
    let div_16 = add_8 / add_15;
    let exp_17 = exp(div_16);
    let sub_18 = exp_17 - 1.0;
    kept_sub_18[j] = sub_18;
    sum_19 += sub_18;
    sum_20 += exp_17;
    let add_8_view_2 = load(17u + 11u * row + j, event);
    let abs_21 = abs(add_8_view_2);
    let mul_22 = abs_21 * 0.28952965;
    let add_23 = mul_22 + 1.0;
    let div_24 = add_8_view_2 / add_23;
    let exp_25 = exp(div_24);
    let sub_26 = exp_25 - 1.0;
    kept_sub_26[j] = sub_26;
    sum_27 += sub_26;
    sum_28 += exp_25;
    running_cumulative_sum_34 += sub_18;
    let cumulative_sum_34 = running_cumulative_sum_34;
    kept_cumulative_sum_34[j] = cumulative_sum_34;
  }
  store(2u + row, event, sum_20);
  store(4u + row, event, sum_27);
  store(6u + row, event, sum_28);
  let mul_29 = sum_20 * 0.125;
  let mul_30 = where_12 * mul_29;
  let mul_31 = sum_19 * 0.5;
  let add_32 = mul_30 + mul_31;
  store(8u + row, event, add_32);
  var sum_36 = 0.0;
  for (var j = 0u; j < turns(4u); j++) {
    let broadcast_without_events_58 = parameters[222u + 4u * row + j];
    let sub_33 = add_32 - broadcast_without_events_58;
    let greater_35 = sub_33 > kept_cumulative_sum_34[j];
    sum_36 += select(0.0, 1.0, greater_35);
  }
  store(10u + row, event, sum_36);
  var sum_41 = 0.0;
  var sum_43 = 0.0;
  var sum_46 = 0.0;
  var sum_48 = 0.0;
  for (var j = 0u; j < turns(4u); j++) {
    let broadcast_without_events_66 = parameters[230u + 4u * row + j];
    let equal_37 = sum_36 == broadcast_without_events_66;
    store(35u + 4u * row + j, event, select(0.0, 1.0, equal_37));
    let greater_39 = sum_36 > broadcast_without_events_66;
    let mul_40 = select(0.0, 1.0, greater_39) * kept_sub_18[j];
    sum_41 += mul_40;
    let mul_42 = select(0.0, 1.0, equal_37) * kept_sub_18[j];
    sum_43 += mul_42;
    let mul_45 = select(0.0, 1.0, greater_39) * kept_sub_26[j];
    sum_46 += mul_45;
    let mul_47 = select(0.0, 1.0, equal_37) * kept_sub_26[j];
    sum_48 += mul_47;
  }
  store(43u + row, event, sum_41);
  store(45u + row, event, sum_43);
  store(47u + row, event, sum_46);
  store(49u + row, event, sum_48);
}

// ---- Kernel 4 of the pass over "events", 2 along y
// Kernel 4 of the pass over "events": 2 rows, inner axis of 3.
// fuses mul x 2, sum x 2
// in : equal_37 [8, events], add_8 [22, events]
// out: sum_51 [2, events], sum_58 [2, events]

#include "shared/tile.wgsl"

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let event = id.x;
  let row = id.y;
  if (event >= tile.events || row >= 2u) {
    return;
  }
  var sum_51 = 0.0;
  var sum_58 = 0.0;
  for (var j = 0u; j < turns(3u); j++) {
    let equal_37 = load(36u + 4u * row + j, event);
    let add_8 = load(21u + 11u * row + j, event);
    let mul_50 = equal_37 * add_8;
    sum_51 += mul_50;
    let equal_37_view_2 = load(35u + 4u * row + j, event);
    let mul_57 = equal_37_view_2 * add_8;
    sum_58 += mul_57;
  }
  store(51u + row, event, sum_51);
  store(53u + row, event, sum_58);
}

// ---- Kernel 5 of the pass over "events", 1 along y
// Kernel 5 of the pass over "events": 1 row, inner axis of 2.
// fuses greater, greaterEqual, mul x 24, sub x 8, add x 13, abs x 2, div x 7, exp x 2, maximum, minimum, log,
//       where x 2, sum x 2
// in : column_y [2, events], sum_36 [2, events], sum_43 [2, events], sum_48 [2, events], sum_51 [2, events],
//      sum_58 [2, events], sum_20 [2, events], sum_28 [2, events], add_32 [2, events], sum_41 [2, events],
//      sum_46 [2, events], sum_27 [2, events]
// out: add_112 [1, events]

#include "shared/accurate_log.wgsl"
#include "shared/tile.wgsl"

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let event = id.x;
  let row = id.y;
  if (event >= tile.events || row >= 1u) {
    return;
  }
  var sum_107 = 0.0;
  var sum_109 = 0.0;
  for (var j = 0u; j < turns(2u); j++) {
    let column_y = load(j, event);
    let greater_9 = column_y > -4.0;
    let greater_equal_10 = 4.0 >= column_y;
    let mul_11 = greater_9 && greater_equal_10;
    let sum_36 = load(10u + j, event);
    let sub_38 = sum_36 - 2.0;
    let sum_43 = load(45u + j, event);
    let add_44 = sum_43 + 1.0;
    let sum_48 = load(49u + j, event);
    let add_49 = sum_48 + 1.0;
    let sum_51 = load(51u + j, event);
    let abs_52 = abs(sum_51);
    let mul_53 = abs_52 * 0.14476483;
    let add_54 = mul_53 + 1.0;
    let div_55 = sum_51 / add_54;
    let exp_56 = exp(div_55);
    let sum_58 = load(53u + j, event);
    let abs_59 = abs(sum_58);
    let mul_60 = abs_59 * 0.14476483;
    let add_61 = mul_60 + 1.0;
    let div_62 = sum_58 / add_61;
    let exp_63 = exp(div_62);
    let sum_20 = load(2u + j, event);
    let mul_64 = add_49 * sum_20;
    let sum_28 = load(6u + j, event);
    let mul_65 = add_44 * sum_28;
    let div_66 = mul_64 / mul_65;
    let add_67 = exp_63 + exp_56;
    let mul_68 = div_66 * 2.0;
    let sub_69 = add_67 - mul_68;
    let add_32 = load(8u + j, event);
    let sub_70 = add_32 - sub_38;
    let sum_41 = load(43u + j, event);
    let sub_71 = sub_70 - sum_41;
    let div_72 = sub_71 / add_44;
    let maximum_73 = max(div_72, 0.0);
    let minimum_74 = min(maximum_73, 1.0);
    let sub_75 = minimum_74 - div_72;
    let add_76 = div_72 + sub_75;
    let sub_77 = 1.0 - add_76;
    let mul_78 = add_76 * sub_77;
    let mul_79 = sub_69 * mul_78;
    let add_80 = div_66 + mul_79;
    let mul_81 = add_76 * add_76;
    let mul_82 = div_66 * mul_81;
    let mul_83 = exp_56 * mul_78;
    let add_84 = mul_82 + mul_83;
    let div_85 = add_84 / add_80;
    let mul_86 = div_85 * 2.0;
    let mul_87 = add_49 * mul_86;
    let sum_46 = load(47u + j, event);
    let mul_88 = sum_46 * 2.0;
    let sum_27 = load(4u + j, event);
    let sub_89 = mul_88 - sum_27;
    let add_90 = mul_87 + sub_89;
    let mul_91 = sub_38 * 2.0;
    let add_92 = mul_91 + add_90;
    let mul_93 = add_92 * 4.0;
    let div_94 = mul_93 / sum_28;
    let mul_95 = exp_63 * mul_81;
    let mul_96 = sub_77 * sub_77;
    let mul_97 = exp_56 * mul_96;
    let add_98 = mul_95 + mul_97;
    let mul_99 = mul_68 * mul_78;
    let add_100 = add_98 + mul_99;
    let div_101 = div_66 / add_80;
    let mul_102 = div_101 * div_101;
    let mul_103 = add_100 * mul_102;
    let log_104 = accurate_log(mul_103);
    let where_105 = select(column_y, div_94, mul_11);
    let where_106 = select(0.0, log_104, mul_11);
    sum_107 += where_106;
    let mul_108 = where_105 * where_105;
    sum_109 += mul_108;
  }
  let mul_110 = sum_109 * -0.5;
  let sub_111 = mul_110 - 1.837877;
  let add_112 = sub_111 + sum_107;
  store(12u, event, add_112);
}
