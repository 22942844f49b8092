/** The backend that the command line asks for. */

import { availableParallelism } from "node:os";
import { cpuBackend } from "../../engine/cpu/backend.js";
import { referenceBackend } from "../../engine/reference/backend.js";
import type { Backend } from "../../engine/runtime/backend.js";
import { webgpuBackend } from "../../engine/webgpu/backend.js";
import { UsageError } from "../../workflow/errors.js";
import { type Adapter, findAdapters } from "../doctor/facts.js";
import type { Options } from "./arguments.js";
import { wantsWide } from "./wide.js";

/** The numbers of backends that have but one kind of them. */
const ONLY = { webgpu: "f32", reference: "f64" } as const;

/** Threads that whole pieces of work may have, one each, where the backend is a CPU. */
export const threadsBeside = (backend: Backend, { threads }: Pick<Options, "threads">): number | undefined =>
  backend.name === "cpu" ? (threads ?? availableParallelism()) : undefined;

/** For work that is divided beside a backend: as many others of one thread as there are threads, where it is a CPU. */
export const lanesBeside = (backend: Backend, options: Options) => ({
  lanes: threadsBeside(backend, options) ?? 1,
  openLane: () => openBackend({ ...options, backend: "cpu", threads: 1 }, backend.precision),
});

/** @param usual  precision where --precision does not say and the backend has both */
export async function openBackend(options: Options, usual: "f32" | "f64"): Promise<Backend> {
  const { precision = usual, threads } = options;
  const adapters = async () => (await findAdapters()).adapters;
  const backend = options.backend === "auto" ? await automatic({ precision, threads }, adapters) : options.backend;
  if (backend === "cpu") return cpuBackend({ precision, wide: wantsWide(), ...(threads !== undefined && { threads }) });
  const expected = ONLY[backend];
  if (options.precision !== undefined && options.precision !== expected) {
    throw new UsageError("--precision", {
      expected: `${expected} with --backend ${backend}`,
      got: options.precision,
      hint: "Use cpu",
    });
  }
  return backend === "webgpu" ? webgpuBackend() : referenceBackend();
}

/**
 * What `auto` is: a hardware GPU where there is one and nothing is asked for that only the cpu has, else the cpu. Adapters in
 * software are slower than the cpu backend.
 */
export async function automatic(
  { precision, threads }: { readonly precision: "f32" | "f64"; readonly threads: number | undefined },
  adapters: () => Promise<readonly Pick<Adapter, "isSoftware">[]>,
): Promise<"cpu" | "webgpu"> {
  if (precision === "f64" || threads !== undefined) return "cpu";
  return (await adapters()).some(({ isSoftware }) => !isSoftware) ? "webgpu" : "cpu";
}
