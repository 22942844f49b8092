/** What a computation and its caller exchange while it runs: warnings, progress, a signal to stop. */

/** Numbers and short texts shown behind the progress, e.g. `{ loss: 2.31, nu: "0.49, -0.51" }`. */
export type Shown = Readonly<Record<string, number | string>>;

/** How far one piece of work is. */
export interface Counter {
  /** Cheap enough to be called at every iteration: most calls print nothing. */
  update(done: number, shown?: Shown): void;
  /** Ends it with a line that stays. */
  done(shown?: Shown): void;
}

/** Progress of work that takes long. */
export interface Progress {
  /**
   * Begins to count; the counter before must be done.
   *
   * @param total number of `unit`s it will take, undefined where it is unknown
   * @param unit  what is counted, plural; the rate is in `unit`s per second
   */
  begin(label: string, total?: number, unit?: string): Counter;
  /** A line that stays. */
  note(text: string): void;
}

/** What is given to every computation that takes long or may have something to warn of. */
export interface Reporter {
  readonly progress: Progress;
  /** The caller aborts it: stop soon, at the next safe point, and return or throw. */
  readonly signal: AbortSignal;
  /** A sentence that the user has to read. */
  warn(text: string): void;
}
