// A random word as a number of a distribution: what engine/random/random.ts makes of it in f32, normals to 1e-6 relative.

// The upper 23 bits, so that 1 is never reached by rounding. Exact.
fn uniform_of_word(word: u32) -> f32 {
  return (f32(word >> 9u) + 0.5) * 0x1p-23f;
}

// Inverse of the normal cumulative distribution at (word + 1/2) / 2^32: Wichura 1988, Algorithm AS 241 (PPND7), Applied
// Statistics 37, 477, to 1.2e-7 before rounding. Its third piece begins below the smallest probability here.
// `low` mirrors the upper half of the words, so that both tails and both sides of 1/2 keep their digits.
fn normal_of_word(word: u32) -> f32 {
  let is_upper = word >= 0x80000000u;
  let low = select(word, ~word, is_upper);
  let below_half = (f32(0x7fffffffu - low) + 0.5) * 0x1p-32f;
  var magnitude = 0.0;
  if (below_half <= 0.425) {
    let r = 0.180625 - below_half * below_half;
    let numerator = ((59.10937472 * r + 159.29113202) * r + 50.434271938) * r + 3.3871327179;
    let denominator = ((67.1875636 * r + 78.757757664) * r + 17.895169469) * r + 1.0;
    magnitude = below_half * numerator / denominator;
  } else {
    let r = sqrt(-log((f32(low) + 0.5) * 0x1p-32f)) - 1.6;
    let numerator = ((0.17023821103 * r + 1.3067284816) * r + 2.75681539) * r + 1.4234372777;
    let denominator = (0.12021132975 * r + 0.7370016425) * r + 1.0;
    magnitude = numerator / denominator;
  }
  return select(-magnitude, magnitude, is_upper);
}

// How many of the bounds 2^32 e^-1 (1 + 1/1! + ... + 1/k!), rounded, do not exceed the word; beyond k = 11 they are 2^32.
const POISSON_ONE_BOUNDS = array<u32, 12>(
  1580030169u, 3160060337u, 3950075422u, 4213413783u, 4279248374u, 4292415292u,
  4294609778u, 4294923276u, 4294962463u, 4294966817u, 4294967253u, 4294967292u,
);

fn poisson_one_of_word(word: u32) -> f32 {
  var bounds = POISSON_ONE_BOUNDS;
  var count = 0.0;
  for (var k = 0u; k < 12u; k++) {
    count += select(0.0, 1.0, word >= bounds[k]);
  }
  return count;
}
