/** Small pieces of work beside each other. */
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

/** Each item on one of the lanes, as soon as that is done with the one before. */
export async function sharedOut<T, L>(
  items: readonly T[],
  lanes: readonly L[],
  signal: AbortSignal,
  work: (item: T, lane: L) => Promise<void>,
): Promise<void> {
  const queue = items.map((item) => ({ item }));
  const each = async (lane: L) => {
    for (let next = queue.shift(); next !== undefined && !signal.aborted; next = queue.shift()) {
      await work(next.item, lane);
    }
  };
  await Promise.all(lanes.map(each));
  signal.throwIfAborted();
}

/** Work beside other work, a number of pieces at once: what fails ends what comes next. */
export class Beside {
  private readonly open = new Set<Promise<void>>();
  private failure: { readonly reason: unknown } | undefined;

  constructor(private readonly most: number) {}

  /** Begins it, as soon as there is room. */
  async begin(work: () => Promise<void>): Promise<void> {
    while (this.open.size >= this.most) await Promise.race(this.open);
    if (this.failure) throw this.failure.reason;
    const own: Promise<void> = work()
      .catch((reason) => {
        this.failure ??= { reason };
      })
      .finally(() => this.open.delete(own));
    this.open.add(own);
  }

  /** Waits for all of it. */
  async end(): Promise<void> {
    await Promise.all(this.open);
    if (this.failure) throw this.failure.reason;
  }
}

/** Each item on a backend of one thread. */
export async function inLanes<T>(
  items: readonly T[],
  { lanes, backend, openLane, signal }: Lanes,
  work: (item: T, backend: Backend) => Promise<void>,
): Promise<void> {
  const number = Math.min(items.length, lanes);
  if (number <= 1) return sharedOut(items, [backend], signal, work);
  const backends = await Promise.all(Array.from({ length: number }, openLane));
  try {
    await sharedOut(items, backends, signal, work);
  } finally {
    for (const own of backends) await own.close();
  }
}
