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
