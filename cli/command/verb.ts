/** What a verb of the command line is, and what it is given. */

import type { Progress } from "../../workflow/progress.js";
import type { Options } from "./arguments.js";

export interface VerbContext {
  /** Words behind the verb, as many as the verb's table entry allows. */
  readonly operands: readonly string[];
  readonly options: Options;
  readonly progress: Progress;
  /** Aborted by Ctrl-C, SIGTERM or SIGHUP: stop at the next safe point, soon, and return or throw; the exit code follows. */
  readonly signal: AbortSignal;
  /** The result for people: lines on stdout, silent under --json. */
  print(text: string): void;
  /** The result for programs: one JSON document on stdout, silent without --json. */
  printJson(value: unknown): void;
  /** A line on stderr, always. */
  warn(text: string): void;
}

/** Resolves when the verb is finished. A thrown UsageError exits with 2, NotConverged with 3, VerdictFailed with 4, any other error with 1. */
export type VerbFunction = (context: VerbContext) => Promise<void>;
