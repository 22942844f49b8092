// Arguments of the kernels of linear maps.
// y[o] = sum over i < prefix[o] of W[o, i] x[i], or TRANSPOSED y[i] = sum over o with i < prefix[o] of W[o, i] x[o].

override TRANSPOSED: bool;

struct Arguments {
  batches: u32,
  outputs: u32,
  weight_columns: u32,
  places: u32,            // table: first row of y, or where what `finish` reads and stores begins
  x_rows: u32,            // table: per batch, the first row of x
  weights: u32,           // place of W among the parameters
  weights_per_batch: u32, // elements from one batch's W to the next, 0 where all share one
  prefix: u32,            // table: per row of W, how many of its elements count
  ranges: u32,            // table: per block of rows of y, the first input used and the one after the last
}

@group(0) @binding(5) var<uniform> arguments: Arguments;

fn place(i: u32) -> u32 {
  return u32(tables[arguments.places + i]);
}

fn prefix(row: u32) -> u32 {
  return u32(tables[arguments.prefix + row]);
}
