/** What a verb of the command line is, and what it is given. */

import type { Reporter } from "../../workflow/reporter.js";
import type { Options } from "./arguments.js";

/** `signal` is aborted by Ctrl-C, SIGTERM or SIGHUP, and the exit code follows; `warn` writes a line on stderr, always. */
export interface VerbContext extends Reporter {
  /** Words behind the verb, as many as the verb's table entry allows. */
  readonly operands: readonly string[];
  readonly options: Options;
  /** The result for people: lines on stdout, silent under --json. */
  print(text: string): void;
  /** The result for programs: one JSON document on stdout, silent without --json. */
  printJson(value: unknown): void;
}

/** Resolves when the verb is finished. A thrown UsageError exits with 2, NotConverged with 3, VerdictFailed with 4, any other error with 1. */
export type VerbFunction = (context: VerbContext) => Promise<void>;
