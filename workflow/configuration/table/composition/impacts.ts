/** Impacts of the parameters of a composition on some of them. */
import { choice, list, map, section, text } from "../../entries.js";
import { MAXIMA } from "../../limits.js";

const parameterName = text({ doc: "Name of a parameter.", refersTo: "parameters" });

export const impacts = section(
  {
    parameters: list(parameterName, {
      doc: "Parameters of interest: what every other parameter does to them, in every likelihood that has them.",
      default: [],
      maxLength: MAXIMA.parameters,
      unique: true,
    }),
    definitions: list(choice({ doc: "Name of a definition.", choices: ["shift", "covariance", "auxiliary"] }), {
      doc: "shift: each parameter fixed at its estimate +- sigma, the others fitted again. covariance: the same for a Gaussian likelihood, without fits. auxiliary: the outcome of the auxiliary measurement of each constrained parameter moved by one standard deviation and all fitted again; these impacts add up in quadrature.",
      default: ["shift", "auxiliary"],
      minLength: 1,
      unique: true,
    }),
    groups: map(list(parameterName, { doc: "Members.", minLength: 1, maxLength: MAXIMA.parameters, unique: true }), {
      doc: "Parameters whose impacts are also given together, by the name of the group.",
      of: "group names",
      maxLength: MAXIMA.groups,
    }),
  },
  { doc: "Impacts around the fits." },
);
