/** Parameters and their constraints. */
import type { Constraint } from "../../../../inference/model/parameters/constraints.js";
import { flag, map, number, section, variant } from "../../entries.js";
import { MAXIMA } from "../../limits.js";
import { entriesOf, type Rows, row } from "./row.js";
import { END, interval } from "./values.js";

export const constraintRows = {
  normal: row(
    section(
      {
        observed: number({ doc: "Outcome of the auxiliary measurement, in units of the parameter.", ...END }),
        sigma: number({ doc: "Its standard deviation, in units of the parameter.", above: 0, max: MAXIMA.value }),
      },
      { doc: "A normal measurement of the parameter." },
    ),
    "gaussian_dist",
    (written) => ({ kind: "normal", ...written }) as const,
  ),
  "log-normal": row(
    section(
      {
        observed: number({ doc: "Outcome of the auxiliary measurement.", above: 0, max: MAXIMA.value }),
        kappa: number({ doc: "Factor of one standard deviation: 1.05 for 5%.", above: 1, max: MAXIMA.value }),
      },
      { doc: "A measurement whose logarithm is normal." },
    ),
    "lognormal_dist",
    (written) => ({ kind: "log-normal", ...written }) as const,
  ),
  poisson: row(
    section(
      {
        observed: number({ doc: "Number of events of the auxiliary measurement.", min: 0, max: MAXIMA.value }),
        scale: number({ doc: "Expected events per unit of the parameter.", above: 0, max: MAXIMA.value, default: 1 }),
      },
      { doc: "An auxiliary count." },
    ),
    "poisson_dist",
    (written) => ({ kind: "poisson", ...written }) as const,
  ),
} satisfies Rows<Constraint>;

export const parameters = map(
  section(
    {
      start: number({
        doc: "Where a fit begins, and its value where it is fixed. Absent: where its constraint is likeliest.",
        optional: true,
        ...END,
      }),
      range: { ...interval("A fit does not leave it. Absent: any number that its constraint allows."), optional: true },
      constraint: variant(entriesOf(constraintRows), {
        doc: "What an auxiliary measurement says of it.",
        optional: true,
      }),
      fixed: flag({ doc: "A fit does not move it.", default: false }),
    },
    { doc: "One parameter; a number alone is its start.", short: "start" },
  ),
  {
    doc: "Parameters, by name: their order is that of covariances.",
    of: "parameter names",
    maxLength: MAXIMA.parameters,
  },
);
