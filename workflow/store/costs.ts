/** What steps and toys took, for batch systems that want to know before. Results do not follow from it, and it is no part of them. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { readTextFile } from "../../io/file-kinds.js";
import { fileName } from "./file-names.js";

export interface Cost {
  readonly seconds: number;
  /** Most memory that the process had until then. */
  readonly bytes: number;
}

export const COST_EXTENSION = ".cost.json";

/** Beside the result of a step. */
export const costFile = (folder: string, name: string) => join(folder, `${fileName(name)}${COST_EXTENSION}`);

const MAX_BYTES = 2 ** 12;

/** Does something, and what it took. */
export async function measured<T>(work: () => Promise<T>): Promise<{ readonly value: T; readonly cost: Cost }> {
  const from = performance.now();
  const value = await work();
  const seconds = (performance.now() - from) / 1000;
  // Kilobytes, on every platform.
  return { value, cost: { seconds, bytes: 1024 * process.resourceUsage().maxRSS } };
}

/** Undefined where nothing was measured, or what was cannot be read: it is a hint and no more. */
export function readCost(folder: string, name: string): Cost | undefined {
  const file = costFile(folder, name);
  if (!existsSync(file)) return undefined;
  try {
    const { seconds, bytes } = JSON.parse(readTextFile(file, MAX_BYTES)) as Partial<Record<string, unknown>>;
    const isKnown = [seconds, bytes].every((own) => typeof own === "number" && Number.isFinite(own) && own >= 0);
    return isKnown ? ({ seconds, bytes } as Cost) : undefined;
  } catch {
    return undefined;
  }
}
