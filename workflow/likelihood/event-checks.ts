/** Checks of events by the likelihood that looks at them: their log-densities, and what each of them does to ν. */
import { UsageError } from "../errors.js";
import { columnVerdicts } from "../events/column-checks.js";
import type { DataVerdict } from "../events/data-verdicts.js";
import type { OpenLikelihood } from "./bound-likelihood.js";
import { eventInfluence } from "./event-influence.js";
import { nonFiniteAt } from "./non-finite-events.js";

type CheckedLikelihood = Pick<OpenLikelihood, "analysis" | "likelihood" | "events">;

/** `columnVerdicts` for a finished model. */
export const modelVerdicts = ({ analysis, events, model }: Pick<OpenLikelihood, "analysis" | "events" | "model">) =>
  columnVerdicts(analysis, events, model.simulated, model.transport !== undefined);

/** Refuses events whose log-density at ν is not finite: no fit can begin there. */
export async function requireFiniteDensities(
  open: CheckedLikelihood,
  nu: readonly number[],
  signal: AbortSignal,
): Promise<void> {
  const { analysis, events } = open;
  const found = await nonFiniteAt(open, nu, signal);
  if (found.count === 0) return;
  throw new UsageError(events.file, {
    expected: `a finite log p of every event at nu = (${nu.join(", ")})`,
    got: found.text(analysis, events),
    hint: "Remove these events, or look for a sentinel or a wrong unit in them",
  });
}

/** Events that alone decide ν, by their scores at a point. */
export async function influenceVerdicts(
  open: CheckedLikelihood,
  nu: readonly number[],
  signal: AbortSignal,
): Promise<readonly DataVerdict[]> {
  return (await eventInfluence(open, { estimate: nu, covariance: undefined }, new Set(), signal)).verdicts;
}
