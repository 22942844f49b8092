/** Names and numbers of a composition. */
import { list, map, number, text, value } from "../../entries.js";
import { MAXIMA } from "../../limits.js";

/** A number, or the name of a parameter, a function or a column. */
export const namedValue = (doc: string) =>
  value({ doc: `${doc} A number, or the name of a parameter, a function or a column.`, refersTo: "values" });

export const column = (doc: string) => text({ doc, refersTo: "columns" });
export const density = (doc: string) => text({ doc, refersTo: "densities" });

/** Any number that a file may give. */
export const END = { min: -MAXIMA.value, max: MAXIMA.value } as const;

export const interval = (doc: string) =>
  list(number({ doc: "End of the interval.", ...END }), { doc, minLength: 2, maxLength: 2 });

export const region = (doc: string) =>
  map(
    list(
      { ...interval("From low to high; the ends belong to it."), alone: "one value of a column with `values`" },
      {
        doc: "Intervals in ascending order; of a column with `values`, those of them that are kept: [0, 2].",
        minLength: 1,
        maxLength: MAXIMA.intervals,
      },
    ),
    { doc, of: "columns", namesReferTo: "columns", maxLength: MAXIMA.features },
  );
