/** A kernel as text, and how it is dispatched. */

/** Workgroups along one axis of a dispatch, a fact of WebGPU. */
export const LARGEST_AXIS = 65535;

/** What a dispatch counts along x: events of the chunk, by the 64 or by the 128, its groups, or rows of what is computed once. */
export type Along = "events" | "blocks" | "sumGroups" | "weightGroups" | "once";

export interface PrintedKernel {
  readonly title: string;
  /** WGSL save `#include`, which `resolveIncludes` resolves. */
  readonly code: string;
  /** Values of the code's `override` constants. */
  readonly constants: Readonly<Record<string, number>>;
  /** What a kernel of `shaders/` reads as `arguments`: one text serves many kernels, and is compiled once. */
  readonly arguments: Readonly<Record<string, number>>;
  readonly along: Along;
  /** Workgroups along y, and along z where there are too many; of what is computed once, rows along x. */
  readonly groups: number;
  /** Workgroups along z; 1 where `groups` may be too many. */
  readonly batches: number;
  /** Arithmetic per event, roughly. */
  readonly work: number;
}
