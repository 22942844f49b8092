// What kernels between passes over the events see of memory: arrays that no event changes, one after another.
// in : tile        of the pass before, for the number of its groups
//      tables      rows and places that follow no simple rule
//      partials    sums of groups of events
//      schedule    [steps, SCHEDULED] parameters given for every step
// both: parameters
//      step        how many steps are done
// out: history     [steps, RECORDED] what steps give back
// One invocation per row; rows beyond what one axis of a dispatch can hold go along the other.
#include "shared/common.wgsl"
#include "shared/tile_layout.wgsl"

override WORKGROUP_SIZE: u32 = 64u;

@group(0) @binding(0) var<uniform> tile: Tile;
@group(0) @binding(1) var<storage, read_write> parameters: array<f32>;
@group(0) @binding(2) var<storage, read> tables: array<i32>;
@group(0) @binding(3) var<storage, read> partials: array<f32>;
@group(0) @binding(4) var<storage, read_write> step: array<u32>;
@group(0) @binding(5) var<storage, read> schedule: array<f32>;
@group(0) @binding(6) var<storage, read_write> history: array<f32>;

fn row_of(id: vec3u, workgroups: vec3u) -> u32 {
  return id.x + id.y * workgroups.x * WORKGROUP_SIZE;
}
