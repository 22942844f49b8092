/** Columns of a composition, and the files that have them. */
import { list, map, number, section, text } from "../../entries.js";
import { MAXIMA } from "../../limits.js";
import { condition, derivedColumns, missingElements } from "../made-of.js";
import { END, interval } from "./values.js";

export const columns = map(
  section(
    {
      range: {
        ...interval("Where events can be: those outside are left out of every sample. Absent: everywhere."),
        optional: true,
      },
      values: list(number({ doc: "Value.", ...END }), {
        doc: "Of a categorical column, the values that it takes: events with others are left out.",
        minLength: 1,
        maxLength: MAXIMA.processes,
        unique: true,
        optional: true,
      }),
      expression: text({
        doc: "What it is made of, an expression of columns of the files, in every sample that does not say otherwise: log(pt).",
        optional: true,
      }),
    },
    { doc: "One column of the events, one number each." },
  ),
  {
    doc: "Columns that densities are of, or are conditional on, by name.",
    of: "column names",
    maxLength: MAXIMA.features,
  },
);

export const samples = map(
  section(
    {
      file: text({ doc: "npz, safetensors or csv file, relative to this file." }),
      columns: derivedColumns(
        "Columns of this sample, by name: other names in its file, { m: mass }, and expressions, { logpt: log(pt) }. Expressions may name each other.",
      ),
      missing: missingElements("Of this sample."),
      where: condition("Condition on events: others are left out. Conditions joined by && are rows of the cut flow."),
      weight: text({
        doc: "Column of event weights in the file, or an expression. Absent: every event counts 1.",
        optional: true,
      }),
    },
    { doc: "Events of one file; a text alone is its name.", short: "file" },
  ),
  { doc: "Samples of events, by name.", of: "sample names", maxLength: MAXIMA.samples },
);
