/** What the command line says when something is wrong, and the exit code that goes with it. */
import { DeviceLostError, UsageError } from "../engine/errors.js";
import { FileError } from "../io/errors.js";

export { DeviceLostError, UsageError };

/** A configuration file that cannot be used: every problem found, one sentence each. */
export class ConfigurationError extends Error {
  override readonly name = "ConfigurationError";
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join("\n"));
    this.problems = problems;
  }
}

/** A fit that did not converge, thrown once its results are written: they say the same. */
export class NotConverged extends Error {
  override readonly name = "NotConverged";

  constructor(what: string, { status, reason }: { readonly status: string; readonly reason: string }) {
    super(
      `${what}: expected a minimum, got the verdict ${status}. ${reason} The results are written, with this verdict`,
    );
  }
}

/**
 * A check that the results did not pass, thrown once they are written: the numbers are there, but are not for use as they stand.
 * Where a fit did not converge either, throw NotConverged: it says more.
 */
export class VerdictFailed extends Error {
  override readonly name = "VerdictFailed";

  /** @param hint  what to do about it */
  constructor(what: string, { expected, got, hint }: { expected: string; got: string; hint: string }) {
    super(`${what}: expected ${expected}, got ${got}. ${hint}. The results are written, with this verdict`);
  }
}

export const EXIT = {
  ok: 0,
  analysisFailure: 1,
  usageError: 2,
  notConverged: 3,
  verdictFailed: 4,
  hungUp: 129,
  interrupted: 130,
  terminated: 143,
} as const;

/** 2 where the user can mend the command or a file, 3 where a fit did not converge, 4 where a verdict failed, else 1. */
export function exitCode(error: unknown): number {
  if (error instanceof NotConverged) return EXIT.notConverged;
  if (error instanceof VerdictFailed) return EXIT.verdictFailed;
  const isMendable = [UsageError, ConfigurationError, FileError].some((kind) => error instanceof kind);
  return isMendable ? EXIT.usageError : EXIT.analysisFailure;
}

/** Text for a terminal: what it would obey rather than show (escape sequences, writing direction turned round) as escapes. */
export function shown(text: string): string {
  return text.replace(
    /(?![\n\t])\p{Cc}|[\u202a-\u202e\u2066-\u2069]/gu,
    (control) => `\\u${control.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** What stderr gets: the message, and the stack only where UNBINNED_DEBUG=1 asks for it. */
export function errorText(error: unknown, isDebug: boolean): string {
  if (!(error instanceof Error)) return `unbinned: ${shown(String(error))}`;
  if (isDebug) return error.stack ?? error.message;
  if (error instanceof RangeError && error.message === "Array buffer allocation failed") {
    return "unbinned: expected memory for an array of numbers, got a refusal. Take fewer events (--head), or raise the limit on memory";
  }
  return shown(error.message)
    .split("\n")
    .map((line) => (line.startsWith("unbinned") ? line : `unbinned: ${line}`))
    .join("\n");
}
