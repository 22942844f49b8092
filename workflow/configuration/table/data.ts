/** Where the data come from. */
import { choice, list, number, section, text } from "../entries.js";
import { MAXIMA } from "../limits.js";
import { condition, derivedColumns } from "./made-of.js";
import { source } from "./source.js";

export const data = section(
  {
    file: text({
      doc: "npz or csv file of the data, relative to this file.",
      optional: true,
      example: "data.npz",
    }),
    columns: derivedColumns(
      "Columns of the data, by name: other names in this file, and expressions, in place of those of observables.columns.",
    ),
    where: condition("Condition on events of the data, beside observables.where: others are left out."),
    weight: text({
      doc: "Column of event weights, or an expression. Absent: every event counts 1.",
      optional: true,
    }),
    source,
    generator: choice({
      doc: "Built-in generator of the data, in place of data.file. It simulates at the nuisances of `truth`.",
      choices: ["doi-toy"],
      optional: true,
    }),
    events: number({
      doc: "Events that the generator draws as data.",
      unit: "events",
      integer: true,
      min: 1,
      max: MAXIMA.events,
      default: 50_000,
    }),
    spikes: choice({
      doc: "Values that no density has, in data or simulation: one that many events share, such as -999 or an exact 0, and those of a coarse grid, such as whole numbers. refuse: nothing is trained. keep: they are fitted all the same, and the run fails at its end.",
      choices: ["refuse", "keep"],
      default: "refuse",
    }),
    without: list(
      section(
        {
          feature: text({ doc: "Name of the feature: that of its column." }),
          values: list(number({ doc: "The value, exactly.", min: -Number.MAX_VALUE, max: Number.MAX_VALUE }), {
            doc: "Values of the feature.",
            minLength: 1,
            maxLength: MAXIMA.features,
            unique: true,
          }),
        },
        { doc: "A feature and its values." },
      ),
      {
        doc: "Values that stand for no measurement, for example `{ feature: pt, values: [-999] }`. Events that have one are left out, of data and simulation alike, and yields shrink to the part that is left of the nominal samples.",
        default: [],
        maxLength: MAXIMA.features,
      },
    ),
    outside: choice({
      doc: "Events of the data beyond the range of a feature that simulated events have. warn: they are fitted, and the run fails at its end where they are too many for chance. refuse: then nothing is trained. drop: all of them are left out.",
      choices: ["warn", "refuse", "drop"],
      default: "warn",
    }),
  },
  { doc: "The data, from a file or from a generator." },
);
