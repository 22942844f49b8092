/** How a computation and whoever asked for it speak to each other while it goes on: warnings, progress, a signal to stop. */

/** Numbers and short texts shown behind the progress, e.g. `{ loss: 2.31, nu: "0.49, -0.51" }`. */
export type Shown = Readonly<Record<string, number | string>>;

export interface Step {
  /** Cheap enough to be called at every iteration: most calls print nothing. */
  update(done: number, shown?: Shown): void;
  /** Ends the step with a line that stays. */
  done(shown?: Shown): void;
}

/** Progress of long steps. */
export interface Progress {
  /**
   * Begins a step; the one before must be done.
   *
   * @param total number of `unit`s it will take, undefined where nobody knows
   * @param unit  what is counted, plural; the rate is in `unit`s per second
   */
  step(label: string, total?: number, unit?: string): Step;
  /** A line that stays. */
  note(text: string): void;
}

/** What is given to every computation that takes long or may have something to warn of. */
export interface Reporter {
  readonly progress: Progress;
  /** Aborted by whoever waits: stop at the next safe point, soon, and return or throw. */
  readonly signal: AbortSignal;
  /** A sentence that the user has to read. */
  warn(text: string): void;
}
