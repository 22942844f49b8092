/** What is measured of every event. */
import { list, number, section, text } from "../entries.js";
import { MAXIMA } from "../limits.js";

const columns = { doc: "Name of a column of the files, [events] or [events, width]." };

const observable = (name: "x" | "y", doc: string) => ({
  keys: {
    features: number({
      doc: "Number of features: the widths of the columns added up.",
      integer: true,
      min: 1,
      max: MAXIMA.features,
      example: 2,
    }),
    columns: list(text(columns), {
      doc: "Columns of the files that hold the features, in this order.",
      default: [name],
      minLength: 1,
      maxLength: MAXIMA.features,
      unique: true,
    }),
    labels: list(text({ doc: "Axis label, with its unit." }), {
      doc: "Name of each feature in pictures and tables. Empty: the names of the columns.",
      default: [],
      maxLength: MAXIMA.features,
    }),
  },
  rules: { doc },
});

const x = observable("x", "Kinematics x. The densities of y are conditional on x.");
const y = observable(
  "y",
  "Observables y, of which the distribution of interest is measured. Absent: x alone is fitted.",
);

export const observables = section(
  { x: section(x.keys, x.rules), y: section(y.keys, { ...y.rules, optional: true }) },
  { doc: "What is measured of every event." },
);
