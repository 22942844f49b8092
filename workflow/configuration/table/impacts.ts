/** Impacts of the nuisances. */
import { choice, flag, list, map, number, section } from "../entries.js";
import { MAXIMA } from "../limits.js";
import { nuisanceName } from "./nuisances.js";

export const impacts = section(
  {
    enabled: flag({
      doc: "Compute what each nuisance, group and mode does to the yields and the distribution.",
      default: true,
    }),
    definitions: list(choice({ doc: "Name of a definition.", choices: ["shift", "covariance", "auxiliary"] }), {
      doc: "shift: nu at its estimate +- sigma, the others fitted again. covariance: the same for a Gaussian likelihood, without fits. auxiliary: the nominal value moved by one standard deviation of the constraint and all fitted again; these impacts add up in quadrature.",
      default: ["covariance", "auxiliary"],
      minLength: 1,
      unique: true,
    }),
    groups: map(list(nuisanceName, { doc: "Members.", minLength: 1, maxLength: MAXIMA.nuisances, unique: true }), {
      doc: "Nuisances whose impacts are also given together, by the name of the group.",
      of: "group names",
      maxLength: MAXIMA.groups,
    }),
    bins: number({
      doc: "Quantiles of each feature, which divide the distribution into regions.",
      integer: true,
      min: 1,
      max: MAXIMA.quantiles,
      default: 3,
    }),
    events: number({
      doc: "Events of the data that are used.",
      unit: "events",
      integer: true,
      min: MAXIMA.leastImpactEvents,
      max: MAXIMA.events,
      default: 20_000,
    }),
  },
  { doc: "Impacts around the fit." },
);
