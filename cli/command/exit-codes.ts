/** The exit code that goes with the end of a command. */
import { FileError } from "../../io/errors.js";
import { ConfigurationError, NotConverged, UsageError, VerdictFailed } from "../../workflow/errors.js";

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
