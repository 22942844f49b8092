/** Runs pieces of work one after the other, in the order of the calls. A failure does not stop those that follow. */
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
