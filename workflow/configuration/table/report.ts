/** Plots of the report, of either kind of file. */
import { number, section } from "../entries.js";
import { MAXIMA } from "../limits.js";

export const report = section(
  {
    bins: number({ doc: "Bins of each projection.", integer: true, min: 2, max: MAXIMA.bins, default: 40 }),
  },
  { doc: "Plots of the report." },
);
