// What kernels over events and those between passes share. Both bring `tile` and `parameters`.

// Views may have rows of zeros; tables mark them by -1.
fn parameter_or_zero(index: i32) -> f32 {
  return select(parameters[u32(max(index, 0))], 0.0, index < 0);
}

// So many turns of a loop. Software drivers take minutes to compile large loops once they have unrolled them: there, the
// number is one that they do not know before they run. No chunk has 2^30 events.
override UNROLLED: bool = true;

fn turns(count: u32) -> u32 {
  return select(count + (tile.events >> 30u), count, UNROLLED);
}
