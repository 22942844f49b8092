/** What results and report say of the part of the errors that comes from the simulation. */
import { significant } from "../../inference/plots/index.js";
import type { RunContext } from "../context.js";
import type { FitErrors } from "../likelihood/fit-errors.js";
import type { Outcome } from "../recipes/outcome.js";
import type { SimulationErrors } from "../steps/simulation-errors/simulation-errors.js";
import { nuisanceLabels } from "./labels.js";

/** Of a fit by its name; a fit without a covariance, and the average of an ensemble, have none. */
export const errorsOfFit = (errors: SimulationErrors, name: string): FitErrors | undefined =>
  Object.entries(errors).find(([own]) => own === name)?.[1];

/** The entries `simulation` and `total` of a fit in results.json. */
export const errorParts = (errors: SimulationErrors, name: string) =>
  errorsOfFit(errors, name) ?? { simulation: null, total: null };

/** What they are said of. */
type Fits = Pick<Outcome, "fitted" | "best" | "simulationErrors">;

/** Of the fit whose numbers are the result. */
export function errorsOfBest({ fitted, best, simulationErrors }: Fits): FitErrors | undefined {
  const name = Object.entries(fitted.fits).find(([, fit]) => fit === best)?.[0];
  return name === undefined ? undefined : errorsOfFit(simulationErrors, name);
}

/** Columns of the table of nuisances. */
export function partsOfBest(outcome: Fits): { readonly label: string; readonly sigma: readonly number[] }[] {
  const errors = errorsOfBest(outcome);
  if (errors === undefined) return [];
  return [
    { label: "simulation", sigma: errors.simulation.sigma },
    { label: "total", sigma: errors.total.sigma },
  ];
}

/** Sentences of the report, with a space before them; nothing where there is no such part. */
export function simulationText(context: RunContext, outcome: Fits): string {
  const simulation = errorsOfBest(outcome)?.simulation;
  if (simulation === undefined) return "";
  const { estimator, replicas, precision, sigma } = simulation;
  const ratios = sigma.map((own, k) => own / outcome.best.summary.sigma![k]!);
  const largest = Math.max(...ratios);
  const source =
    estimator === "first order"
      ? "It is estimated to first order, from the fluctuation of the scores of the simulated events"
      : `It comes from ${replicas} replicas, in which the densities are trained again with Poisson weights of the simulated events, T ` +
        `kept, and is known to ${Math.round(100 * precision!)}%`;
  return (
    ` The error of the simulation is what other simulated events, as many as there are, would do to the estimates. ${source}. The total ` +
    `error contains the statistical error and that of the simulation. The latter is at most ${significant(largest, 2)} of the former, for ` +
    `${nuisanceLabels(context)[ratios.indexOf(largest)]}; it falls as one over the root of the number of simulated events.`
  );
}
