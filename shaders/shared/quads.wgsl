// For kernels that take four events at a time: rows are a multiple of 128 events apart.
#include "shared/rows.wgsl"

alias Value = vec4f;
const LANES = 4u;
