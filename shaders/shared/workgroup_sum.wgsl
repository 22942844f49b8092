// Sum of one number of every invocation of a workgroup, for the first of them; the others get no meaning.
// Pairs are added in a tree: Harris 2007, "Optimizing Parallel Reduction in CUDA", reduction #3.
// Devices with subgroups take workgroup_sum_by_subgroups.wgsl in its place.

struct Invocation {
  @builtin(local_invocation_index) own: u32,
}

var<workgroup> sums: array<f32, WORKGROUP_SIZE>;

fn workgroup_sum(invocation: Invocation, number: f32) -> f32 {
  let own = invocation.own;
  sums[own] = number;
  for (var width = WORKGROUP_SIZE / 2u; width > 0u; width /= 2u) {
    workgroupBarrier();
    if (own < width) {
      sums[own] += sums[own + width];
    }
  }
  return sums[0];
}
