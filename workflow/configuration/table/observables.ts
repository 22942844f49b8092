/** What is measured of every event. */
import { choice, list, map, number, section, text } from "../entries.js";
import { MAXIMA } from "../limits.js";
import { condition, derivedColumns, missingElements } from "./made-of.js";

const columns = { doc: "Name of a column of the files, [events] or [events, width]." };

const END = { min: -MAXIMA.value, max: MAXIMA.value } as const;

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
    transform: list(
      choice({
        doc: "auto: what the nominal simulation needs. none, log, asinh, rank (to a normal variable by the distribution of the sample, with tails by their measured index).",
        choices: ["auto", "none", "log", "asinh", "rank"],
      }),
      {
        doc: "Monotone transformation of each feature before the densities see it, fitted to nominal samples; one for all, or one for each. Densities, displacements and events stay in the units of the features. A generator's features need none.",
        default: ["auto"],
        minLength: 1,
        maxLength: MAXIMA.features,
      },
    ),
    edges: map(
      section(
        {
          low: number({ doc: "Least possible value.", optional: true, ...END }),
          high: number({ doc: "Largest possible value.", optional: true, ...END }),
        },
        { doc: "Ends of the support of a feature." },
      ),
      {
        doc: "By the name of a feature, its column or x1, x2, … (y1, y2, …): where its support ends, in its units, such as the value of a cut. Ends that are not given are found where the events show them.",
        of: "the name of a feature",
        maxLength: MAXIMA.features,
      },
    ),
  },
  rules: { doc },
});

const x = observable("x", "Kinematics x. The densities of y are conditional on x.");
const y = observable(
  "y",
  "Observables y, of which the distribution of interest is measured. Absent: x alone is fitted.",
);

export const observables = section(
  {
    x: section(x.keys, x.rules),
    y: section(y.keys, { ...y.rules, optional: true }),
    columns: derivedColumns(
      "Columns of all files, data and simulation, that have other names there or are made of others, by name: { logpt: log(pt) }. A plain column of the file is that column; else it is an expression (docs/expressions.md), in which other names of this map stand for what is made of them.",
    ),
    missing: missingElements("Of all files, data and simulation."),
    where: condition(
      "Condition on events, of data and simulation alike, such as pt > 20 && abs(eta) < 2.4: others are left out. Conditions joined by && are rows of the cut flow.",
    ),
  },
  { doc: "What is measured of every event." },
);
