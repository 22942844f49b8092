// Fills a stretch of a column with a stretch of a stream of random numbers: Philox at the counters (block, replica, 0).
// in : which numbers, as arguments
// out: column [at ... at + count)
// One invocation per block of four words.
#include "shared/philox.wgsl"
#include "shared/random_numbers.wgsl"

struct Arguments {
  key_0: u32,
  key_1: u32,
  block_low: u32, // the block of the first number, 64 bits
  block_high: u32,
  replica: u32,
  skip: u32,      // numbers of that block that come before the first
  at: u32,
  count: u32,
}

// 0: uniform, 1: normal, 2: Poisson of mean 1.
override DISTRIBUTION: u32 = 0u;
override WORKGROUP_SIZE: u32 = 64u;

@group(0) @binding(0) var<storage, read_write> column: array<f32>;
@group(0) @binding(1) var<uniform> arguments: Arguments;

fn number_of_word(word: u32) -> f32 {
  switch (DISTRIBUTION) {
    case 1u: {
      return normal_of_word(word);
    }
    case 2u: {
      return poisson_one_of_word(word);
    }
    default: {
      return uniform_of_word(word);
    }
  }
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) id: vec3u) {
  let block = arguments.block_low + id.x;
  let carry = select(0u, 1u, block < id.x);
  let counter = vec4u(block, arguments.block_high + carry, arguments.replica, 0u);
  let words = philox(counter, vec2u(arguments.key_0, arguments.key_1));
  for (var i = 0u; i < 4u; i++) {
    let place = 4u * id.x + i;
    if (place >= arguments.skip && place - arguments.skip < arguments.count) {
      column[arguments.at + place - arguments.skip] = number_of_word(words[i]);
    }
  }
}
