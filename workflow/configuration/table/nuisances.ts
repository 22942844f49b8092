/** Nuisance parameters, their values and names. */
import { choice, list, map, number, section, text } from "../entries.js";
import { MAXIMA } from "../limits.js";

/** A value of a nuisance. */
export const nu = <const R extends { readonly default?: number }>(doc: string, rules?: R) =>
  number({ doc, unit: "prior standard deviations", min: -MAXIMA.nu, max: MAXIMA.nu, ...(rules as R) });

/** A point in the space of nuisances, by name; a nuisance that is not named has its nominal value. */
export const point = (doc: string) =>
  map(nu("Value of the nuisance."), { doc, of: "nuisance names", maxLength: MAXIMA.nuisances });

export const nuisanceName = text({ doc: "Name of a nuisance." });

export const nuisancePair = list(nuisanceName, { doc: "Two nuisances.", minLength: 2, maxLength: 2, unique: true });

const nuisance = section(
  {
    kind: choice({
      doc: "shape: it changes the densities, which is learnt from samples, and the yields by `acceptance`. rate: it multiplies the yields by (1 + kappa)^nu (log-normal).",
      choices: ["shape", "rate"],
      default: "shape",
    }),
    label: text({ doc: "Name in plots.", optional: true }),
    processes: list(text({ doc: "Name of a process." }), {
      doc: "Processes that it acts on. Empty: all.",
      default: [],
      maxLength: MAXIMA.processes,
      unique: true,
    }),
    kappa: number({
      doc: "Relative change of the yields at nu = 1 (rate only).",
      unit: "dimensionless",
      above: -1,
      max: MAXIMA.kappa,
      optional: true,
    }),
    acceptance: choice({
      doc: "How the yields follow (shape only). sums: the yield of a process changes as the sum of weights of its samples does, between nominal - 1 and nominal + 1 by HistFactory's polynomial interpolation, beyond exponentially; weights have to be normalised, for example to cross sections. none: it stays. Absent: sums for samples with weights, none for others, as their numbers of events need not be yields. Samples that move two nuisances together are not used for yields.",
      choices: ["sums", "none"],
      optional: true,
    }),
    nominal: nu(
      "Nominal value: the mean of the Gaussian constraint, and the value at which the nominal samples were simulated.",
      { default: 0 },
    ),
  },
  { doc: "One nuisance parameter." },
);

export const nuisances = map(nuisance, {
  doc: "Nuisance parameters, by name. Their order is the order of nu.",
  of: "nuisance names",
  maxLength: MAXIMA.nuisances,
  example: { scale: { kind: "shape" }, normalisation: { kind: "rate", processes: ["background"], kappa: 0.05 } },
});
