/** Impacts of the nuisances. */
import { choice, flag, list, map, number, section } from "../entries.js";
import { MAXIMA } from "../limits.js";
import { nuisanceName } from "./nuisances.js";

export const impacts = section(
  {
    enabled: flag({
      doc: "Find out what each nuisance, group and mode does to yields and distribution.",
      default: true,
    }),
    definitions: list(choice({ doc: "Name of a definition.", choices: ["shift", "covariance", "auxiliary"] }), {
      doc: "shift: nu at its estimate +- sigma, the others fitted again. covariance: the same for a Gaussian likelihood, without fits. auxiliary: the centre of the constraint moved by its width and all fitted again; these add up in quadrature.",
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
      doc: "Quantiles of each feature: regions of the distribution.",
      integer: true,
      min: 1,
      max: MAXIMA.quantiles,
      default: 3,
    }),
    events: number({
      doc: "Events of the data to look at.",
      unit: "events",
      integer: true,
      min: MAXIMA.leastImpactEvents,
      max: MAXIMA.events,
      default: 20_000,
    }),
  },
  { doc: "Impacts around the fit." },
);
