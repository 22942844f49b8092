/** Minimisation over nu. */
import { flag, list, number, section } from "../entries.js";
import { MAXIMA } from "../limits.js";
import { nu, point } from "./nuisances.js";

export const fit = section(
  {
    start: point("First starting point. Empty: the nominal values."),
    bounds: list(nu("Bound."), {
      doc: "Smallest and largest value of every nuisance.",
      unit: "prior standard deviations",
      default: [-5, 5],
      minLength: 2,
      maxLength: 2,
    }),
    secondStart: number({
      doc: "Distance of a second starting point from the first, along every nuisance. 0: none.",
      unit: "prior standard deviations",
      default: 1,
      min: 0,
      max: MAXIMA.nu,
    }),
    minos: flag({
      doc: "Asymmetric errors as well (MINOS): where the profile of -2 Delta ln L reaches 1. Takes a few fits for each nuisance.",
      default: false,
    }),
  },
  { doc: "Minimisation over nu, and its errors." },
);
