/** One owner of a folder of results at a time. */
import { join } from "node:path";
import type { Reporter } from "../reporter.js";
import { asOwnerOf } from "./lock.js";

/** Name of the lock in the folder. */
export const LOCK = ".unbinned-owner";

/**
 * Does something as the owner of a folder; waits, with a word about whom for, while another process is.
 *
 * @param use  what no two may do at once
 */
export const asOwner = <T>(
  folder: string,
  { warn, signal }: Pick<Reporter, "warn" | "signal">,
  use: () => Promise<T>,
): Promise<T> => asOwnerOf({ lock: join(folder, LOCK), what: folder, signal, say: warn }, use);
