/** Checks of events by the likelihood that looks at them: their log-densities, and what each of them does to ν. */
import { UsageError } from "../errors.js";
import { columnVerdicts } from "../events/column-checks.js";
import type { DataVerdict } from "../events/data-verdicts.js";
import type { Reporter } from "../reporter.js";
import { type Verdict, Verdicts } from "../verdicts.js";
import type { OpenLikelihood } from "./bound-likelihood.js";
import { eventInfluence } from "./event-influence.js";
import { nonFiniteAt } from "./non-finite-events.js";

type CheckedLikelihood = Pick<OpenLikelihood, "analysis" | "likelihood" | "events">;

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
async function influenceVerdicts(
  open: CheckedLikelihood,
  nu: readonly number[],
  signal: AbortSignal,
): Promise<readonly DataVerdict[]> {
  return (await eventInfluence(open, { estimate: nu, covariance: undefined }, new Set(), signal)).verdicts;
}

/** A likelihood, and what failed in the run that made its model. */
interface JudgedLikelihood extends CheckedLikelihood, Pick<OpenLikelihood, "model"> {
  readonly ofModel: readonly Verdict[];
}

/**
 * What there is to say of a result at ν: of the model, of the columns, and of single events.
 *
 * @param nonFinite  what is to be said of events without a finite log-density, where there are some and they are no error
 */
export async function verdictsAt(
  open: JudgedLikelihood,
  nu: readonly number[],
  { warn, signal }: Pick<Reporter, "warn" | "signal">,
  nonFinite?: DataVerdict,
): Promise<Verdicts> {
  const verdicts = new Verdicts(warn);
  verdicts.add(open.ofModel);
  verdicts.add(columnVerdicts(open.analysis, open.events, open.model.simulated, open.model.transport !== undefined));
  verdicts.add(nonFinite === undefined ? await influenceVerdicts(open, nu, signal) : [nonFinite]);
  return verdicts;
}
