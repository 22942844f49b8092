/** The backend that the command line asks for. */
import type { Backend } from "../engine/backend.js";
import { cpuBackend } from "../engine/cpu/backend.js";
import { referenceBackend } from "../engine/reference.js";
import type { Options } from "./arguments.js";
import { UsageError } from "./messages.js";

/**
 * `auto` is the cpu backend. The reference backend has one thread and f64 only.
 *
 * @param usual  precision where --precision does not say
 */
export async function openBackend(options: Options, usual: "f32" | "f64"): Promise<Backend> {
  const { backend, precision, threads } = options;
  if (backend !== "reference") {
    return cpuBackend({ precision: precision ?? usual, ...(threads !== undefined && { threads }) });
  }
  if (precision === "f32") {
    throw new UsageError("--precision", { expected: "f64 with --backend reference", got: "f32", hint: "Use cpu" });
  }
  return referenceBackend();
}
