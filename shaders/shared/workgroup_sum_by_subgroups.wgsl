// Sum of one number of every invocation of a workgroup, for the first of them; the others get no meaning.
// Every subgroup adds its numbers without workgroup memory, in an order that the device fixes; then the first invocation adds
// the subgroups in theirs. The plain twin is workgroup_sum.wgsl.
enable subgroups;
requires subgroup_id;

struct Invocation {
  @builtin(local_invocation_index) own: u32,
  @builtin(subgroup_id) subgroup: u32,
  @builtin(num_subgroups) subgroups: u32,
}

var<workgroup> sums: array<f32, WORKGROUP_SIZE>;

fn workgroup_sum(invocation: Invocation, number: f32) -> f32 {
  let sum = subgroupAdd(number);
  if (subgroupElect()) {
    sums[invocation.subgroup] = sum;
  }
  workgroupBarrier();
  var total = 0.0;
  if (invocation.own == 0u) {
    for (var subgroup = 0u; subgroup < invocation.subgroups; subgroup++) {
      total += sums[subgroup];
    }
  }
  return total;
}
