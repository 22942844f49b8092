/** Every key of a file that describes a composition: parameters, functions and densities by name, and likelihoods of them. */
import { flag, list, number, section, text, type ValueOf } from "./entries.js";
import { MAXIMA } from "./limits.js";
import { densities } from "./table/composition/densities.js";
import { functions } from "./table/composition/functions.js";
import { impacts } from "./table/composition/impacts.js";
import { likelihoods } from "./table/composition/likelihoods.js";
import { parameters } from "./table/composition/parameters.js";
import { columns, samples } from "./table/composition/samples.js";
import { fit } from "./table/fit.js";
import { general } from "./table/general.js";
import { report } from "./table/report.js";
import { scan } from "./table/scan.js";

/** A file that has it is a composition. */
export const COMPOSITION_KEY = "likelihoods";

export const compositionTable = section(
  {
    ...general,
    columns,
    samples,
    parameters,
    functions,
    densities,
    likelihoods,
    memory: section(
      {
        rows: number({
          doc: "Events of a channel, or of a sample that a flow is trained on, that are kept in memory. Of more, where the file has parts (row groups, clusters, chunks, several files), those that do not fit are read again for every evaluation of the likelihood, and all of them in every epoch of the training.",
          integer: true,
          min: 1,
          max: MAXIMA.events,
          default: 5_000_000,
        }),
      },
      { doc: "What is kept in memory." },
    ),
    fit: section(
      {
        minos: flag({
          ...fit.keys.minos,
          doc: "Asymmetric errors as well (MINOS). Takes a few fits for each parameter.",
        }),
      },
      { doc: "The fits." },
    ),
    scan: section(
      {
        parameters: list(text({ doc: "Name of a parameter.", refersTo: "parameters" }), {
          doc: "Parameters that are scanned, all others profiled, in every likelihood that has them.",
          default: [],
          maxLength: MAXIMA.parameters,
          unique: true,
        }),
        pairs: list(
          list(text({ doc: "Name of a parameter.", refersTo: "parameters" }), {
            doc: "Two parameters.",
            minLength: 2,
            maxLength: 2,
            unique: true,
          }),
          { doc: "Pairs that are scanned together, for contours.", default: [], maxLength: MAXIMA.pairs, unique: true },
        ),
        points: scan.keys.points,
        grid: scan.keys.grid,
        range: scan.keys.range,
      },
      { doc: "Scans of -2 Delta ln L." },
    ),
    impacts,
    report,
  },
  { doc: "A composition." },
);

/** The validated configuration of a composition, every default filled in. */
export type CompositionConfiguration = ValueOf<typeof compositionTable>;
