/** Where the data come from. */
import { choice, number, section, text } from "../entries.js";
import { MAXIMA } from "../limits.js";
import { source } from "./source.js";

export const data = section(
  {
    file: text({
      doc: "npz or csv file of the data, relative to this file.",
      optional: true,
      example: "data.npz",
    }),
    weight: text({ doc: "Column of event weights. Absent: every event counts 1.", optional: true }),
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
  },
  { doc: "The data, from a file or from a generator." },
);
