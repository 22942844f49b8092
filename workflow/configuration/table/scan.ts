/** Scans of the likelihood. */
import { choice, list, number, section } from "../entries.js";
import { MAXIMA } from "../limits.js";
import { nuisanceName, nuisancePair } from "./nuisances.js";

export const scan = section(
  {
    nuisances: list(nuisanceName, {
      doc: "Nuisances that are scanned alone. Empty: all.",
      default: [],
      maxLength: MAXIMA.nuisances,
      unique: true,
    }),
    pairs: list(nuisancePair, {
      doc: "Pairs that are scanned together. Empty: all pairs, where there are at most four nuisances.",
      default: [],
      maxLength: MAXIMA.pairs,
    }),
    fits: list(choice({ doc: "Name of a fit.", choices: ["fixed", "averaged"] }), {
      doc: "Fits that are scanned besides the one that gives the result, at the same points. fixed: with T fixed. averaged: the average of the ensemble.",
      default: ["fixed", "averaged"],
      unique: true,
    }),
    points: number({
      doc: "Points of a scan in one dimension.",
      integer: true,
      min: 3,
      max: MAXIMA.scanPoints,
      default: 15,
    }),
    grid: number({
      doc: "Points per axis of a scan in two dimensions.",
      integer: true,
      min: 3,
      max: MAXIMA.gridPoints,
      default: 15,
    }),
    range: number({
      doc: "Half-width of the scan.",
      unit: "standard deviations of the fit",
      default: 4,
      min: MAXIMA.leastScanRange,
      max: MAXIMA.scanRange,
    }),
  },
  { doc: "Scans of -2 Delta ln L." },
);
