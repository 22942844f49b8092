/** What goes wrong in an analysis, as errors; those of the engine that users meet are among them. */
import { DeviceLostError, UsageError } from "../engine/errors.js";

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

/** Results that lack a part that was asked for, thrown once they are written: they say the same. */
export class PartMissing extends Error {
  override readonly name = "PartMissing";

  /** @param hint  what to do about it */
  constructor(what: string, { expected, got, hint }: { expected: string; got: string; hint: string }) {
    super(`${what}: expected ${expected}, got ${got}. ${hint}`);
  }
}

/** The message of an error within a sentence: parsers quote what they read, ends of lines included. */
export const quotedMessage = (error: unknown): string => (error as Error).message.replace(/\s+/g, " ");
