/** Parts that a result can do without: checks and predictions around a fit. Where one of them fails, only that part is missing. */
import { systemCode } from "../../io/errors.js";
import { FileError } from "../../io/index.js";
import { DeviceLostError } from "../errors.js";
import type { Reporter } from "../reporter.js";
import { StepNotDone } from "../store/chosen-steps.js";
import { reasonOf } from "../store/drawings.js";

/** The parts, by the headings under which the report has them. */
export type OptionalPart =
  | "Closure"
  | "Closure by scores"
  | "Data before and after the fit"
  | "Distribution of interest"
  | "Likelihood scans"
  | "Impacts"
  | "Bands of the projections"
  | "Expected errors"
  | "Errors from the simulation"
  | "Yields"
  | "Asymmetric errors"
  | "Projections";

/** Why parts are missing. */
export type Missing = Map<OptionalPart, string>;

/** Whether more than a part is at stake: nothing else will work, or the user has to act. */
const isFatal = (error: unknown, { signal }: Pick<Reporter, "signal">) =>
  signal.aborted || error instanceof DeviceLostError || error instanceof FileError || systemCode(error) !== undefined;

/**
 * Makes a part of the results; where it cannot be made, that is a warning.
 *
 * @param missing  gets the reason
 * @param instead  what stands for a part that is missing
 */
export async function attempt<T, U>(
  context: Pick<Reporter, "signal" | "warn">,
  missing: Missing,
  part: OptionalPart,
  make: () => Promise<T>,
  instead: U,
): Promise<T | U> {
  try {
    return await make();
  } catch (error) {
    if (isFatal(error, context)) throw error;
    const reason = reasonOf(error);
    missing.set(part, reason);
    // Which steps are left out is said once, of all together.
    if (!(error instanceof StepNotDone)) context.warn(`"${part}" is left out, as it cannot be made: ${reason}`);
    return instead;
  }
}
