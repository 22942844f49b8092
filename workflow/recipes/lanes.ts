/** Small pieces of work beside each other, each on a backend of one thread. */
import type { Backend } from "../../engine/runtime/backend.js";

export interface Lanes {
  /** Pieces at once, at most: small ones gain nothing from several threads each. */
  readonly lanes: number;
  /** Of a single lane. */
  readonly backend: Backend;
  /** Opens a backend with one thread. */
  readonly openLane: () => Promise<Backend>;
  readonly signal: AbortSignal;
}

export async function inLanes<T>(
  items: readonly T[],
  { lanes, backend, openLane, signal }: Lanes,
  work: (item: T, backend: Backend) => Promise<void>,
): Promise<void> {
  const queue = items.map((item) => ({ item }));
  const lane = async (own: Backend) => {
    for (let next = queue.shift(); next !== undefined && !signal.aborted; next = queue.shift()) {
      await work(next.item, own);
    }
  };
  const number = Math.min(items.length, lanes);
  if (number <= 1) await lane(backend);
  else {
    const backends = await Promise.all(Array.from({ length: number }, openLane));
    try {
      await Promise.all(backends.map(lane));
    } finally {
      for (const own of backends) await own.close();
    }
  }
  signal.throwIfAborted();
}
