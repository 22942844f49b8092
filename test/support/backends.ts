/** The backends this machine has, for tests that hold on every one of them. */
import { wantsWide } from "../../cli/command/wide.js";
import { cpuBackend } from "../../engine/cpu/backend.js";
import { referenceBackend } from "../../engine/reference/backend.js";
import type { Backend } from "../../engine/runtime/backend.js";
import { webgpuBackend } from "../../engine/webgpu/backend.js";
import { isSoftwareGpu, missingWebgpu } from "./webgpu.js";

export interface TestBackend {
  readonly name: string;
  readonly precision: "f32" | "f64";
  /** Does a processor play a GPU? It computes a hundredth of what the backend `cpu` does: give it few events. */
  readonly isSlow?: boolean;
  create(): Promise<Backend>;
}

const table: readonly TestBackend[] = [
  { name: "reference", precision: "f64", create: async () => referenceBackend() },
  { name: "cpu f64", precision: "f64", create: () => cpuBackend({ precision: "f64", threads: 2, wide: wantsWide() }) },
  { name: "cpu f32", precision: "f32", create: () => cpuBackend({ precision: "f32", threads: 2, wide: wantsWide() }) },
  ...(missingWebgpu === undefined
    ? [{ name: "webgpu", precision: "f32", isSlow: isSoftwareGpu, create: () => webgpuBackend() } as const]
    : []),
];

export function testBackends(): readonly TestBackend[] {
  return table;
}
