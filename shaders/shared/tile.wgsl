// For kernels that take one event at a time.
#include "shared/rows.wgsl"

override WORKGROUP_SIZE: u32 = 64u;

alias Value = f32;
const LANES = 1u;
