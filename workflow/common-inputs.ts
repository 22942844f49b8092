/** What every step of an analysis follows from. */
import type { Backend } from "../engine/runtime/backend.js";
import { readVersion } from "./version.js";

export type CommonInputs = ReturnType<typeof commonOf>;

export const commonOf = (
  { configuration: { seed } }: { readonly configuration: { readonly seed: number } },
  { name, precision }: Backend,
) => ({ version: readVersion(), seed, backend: name, precision });
