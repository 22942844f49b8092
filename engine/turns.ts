/** Work on one thing that several may ask for at once. */

/** One piece of work after the other, in the order in which they were asked for, whatever became of those before. */
export class Turns {
  private last: Promise<unknown> = Promise.resolve();

  take<T>(work: () => Promise<T>): Promise<T> {
    const own = this.last.then(work);
    this.last = own.catch(() => {});
    return own;
  }

  /** Resolves when all that was asked for so far is done or failed. */
  async settled(): Promise<void> {
    await this.last;
  }
}

/** Milliseconds that a thread works before it looks up. */
const AT_A_STRETCH = 50;

/** Pauses in long work, in which signals, timers and messages of the thread are served. */
export class Pauses {
  private since = performance.now();

  /** To be called often: mostly does nothing. */
  async take(): Promise<void> {
    if (performance.now() - this.since < AT_A_STRETCH) return;
    await new Promise((resolve) => setTimeout(resolve, 0));
    this.since = performance.now();
  }
}
