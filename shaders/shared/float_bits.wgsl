// What only the bits tell: compilers may take for granted that a number equals itself.

fn is_nan(x: f32) -> bool {
  return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u;
}
