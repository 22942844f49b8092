/** Processes of the mixture and their samples. */
import { list, map, number, section, text } from "../entries.js";
import { MAXIMA } from "../limits.js";
import { point } from "./nuisances.js";

const sample = section(
  {
    file: text({
      doc: "npz or csv file with the columns of the observables, relative to this file.",
      example: "a.npz",
    }),
    at: point("Where it was simulated; empty: the nominal simulation."),
    weight: text({ doc: "Column of event weights; absent: simulation.weight.", optional: true }),
  },
  { doc: "One simulated sample of the process." },
);

const process_ = section(
  {
    label: text({ doc: "Name in pictures.", optional: true }),
    yield: number({
      doc: "Expected number of events in the data. A generator and a model file bring their own.",
      unit: "events",
      min: MAXIMA.leastYield,
      max: MAXIMA.yield,
      optional: true,
    }),
    samples: list(sample, {
      doc: "Simulated samples, one file each: nominal, and at values of the nuisances. Empty with a generator or a model.",
      default: [],
      maxLength: MAXIMA.samples,
    }),
  },
  { doc: "One process of the mixture." },
);

export const processes = map(process_, {
  doc: "Processes of the mixture, by name; their order is that of the classes of a model file.",
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
