/** Processes of the mixture and their samples. */
import { list, map, number, section, text } from "../entries.js";
import { MAXIMA } from "../limits.js";
import { condition, derivedColumns, normalisation } from "./made-of.js";
import { point } from "./nuisances.js";

const sample = section(
  {
    file: text({
      doc: "npz or csv file with the columns of the observables, relative to this file. Absent: that of the nominal sample. A sample with the file of a nominal one holds the same events, varied by `columns`, `weight` or `weightFactor`: they are then compared and trained in pairs.",
      example: "a.npz",
      optional: true,
    }),
    at: point("Values of the nuisances at which it was simulated. Empty: the nominal values."),
    columns: derivedColumns(
      "Columns of this sample, by name: other names in its file, { met: met_scale_up }, and expressions, { met: 1.02 * met }, in place of those of observables.columns.",
    ),
    where: condition(
      "Condition on events of this sample, beside observables.where: others are left out. Absent: that of the nominal sample of the same file.",
    ),
    weight: text({
      doc: "Column of event weights, or an expression. Absent: that of the nominal sample of the same file, else simulation.weight.",
      optional: true,
    }),
    weightFactor: text({
      doc: "Column, or an expression, of factors by which the weights of the nominal sample of the same file are multiplied.",
      optional: true,
    }),
  },
  { doc: "One simulated sample of the process." },
);

const process_ = section(
  {
    label: text({ doc: "Name in plots.", optional: true }),
    yield: section(
      {
        events: number({
          doc: "Expected number of events, after selections. weights: the sum of the weights of the nominal samples, after selections.",
          unit: "events",
          min: MAXIMA.leastYield,
          max: MAXIMA.yield,
          words: ["weights"],
          optional: true,
        }),
        ...normalisation,
      },
      {
        doc: "Expected number of events in the data: a number, weights, or by cross section and luminosity. Not needed with a generator or a model file, which have their own.",
        short: "events",
        optional: true,
      },
    ),
    samples: list(sample, {
      doc: "Simulated samples, one file each: one at the nominal values, others at other values of the nuisances. Empty with a generator or a model file.",
      default: [],
      maxLength: MAXIMA.samples,
    }),
  },
  { doc: "One process of the mixture." },
);

export const processes = map(process_, {
  doc: "Processes of the mixture, by name. Their order is the order of the classes of a model file.",
  of: "process names",
  maxLength: MAXIMA.processes,
  example: {
    signal: {
      yield: 20000,
      samples: [
        { file: "signal.npz" },
        { file: "signal_scale_up.npz", at: { scale: 1 } },
        { file: "signal_scale_down.npz", at: { scale: -1 } },
      ],
    },
    background: {
      yield: 30000,
      samples: [
        { file: "background.npz" },
        { file: "background_scale_up.npz", at: { scale: 1 } },
        { file: "background_scale_down.npz", at: { scale: -1 } },
      ],
    },
  },
});
