/** What the map T leaves: how far it moves y, with errors. */
import { sideOf } from "../../../inference/model/mixture-model.js";
import type { NamedArray } from "../../../io/index.js";
import { processNames } from "../../configuration/analysis.js";
import { looksAtY, type RunContext } from "../../context.js";
import type { Outcome } from "../../recipes/outcome.js";
import type { Field } from "../../steps/displacements.js";
import { errorsOfT } from "../../transport-errors.js";
import { featureLabel } from "../labels.js";
import { lost, type Numbers, type PagePart } from "../leaves.js";
import { displacementPictures } from "../pictures.js";
import { matrix } from "./arrays.js";

type Moved = Pick<Outcome, "fields" | "fitted">;

/**
 * Arrays displacement/<i>/points and /displacements in the order of results.json, with an ensemble also /mean and /spread over the replicas.
 * T at the fit has errors of one standard deviation: /nuisances_lower and /nuisances_upper, which are the part of the nuisances alone; with an
 * ensemble also /statistical, of the fluctuation of the data at fixed nuisances, and /total_lower and /total_upper about /central.
 */
export function transportNumbers(context: RunContext, { fields, fitted }: Moved) {
  const { configuration } = context.analysis;
  const { response } = fitted.model;
  return {
    results: {
      errorsOfT: errorsOfT(configuration, fitted) ?? null,
      response: response === undefined ? null : { actsOn: sideOf(response) },
      displacements: fields.map(({ process, features, mode, side, errors }, i) => ({
        process: processNames(configuration)[process],
        features: features.map((feature) => featureLabel(context, "y", feature)),
        mode,
        side,
        errors: errors === null ? null : errors.total === null ? "nuisances" : "total",
        arrays: `displacement/${i}`,
      })),
    },
    arrays: new Map(fields.flatMap(arraysOfField)),
  } satisfies Numbers;
}

function arraysOfField(
  { points, displacements, replicas, errors }: Field,
  i: number,
): (readonly [string, NamedArray])[] {
  const rows: Record<string, readonly (readonly number[])[]> = { points, displacements };
  if (errors !== null) {
    const { central, statistical, nuisances, total } = errors;
    Object.assign(rows, { nuisances_lower: nuisances.lower, nuisances_upper: nuisances.upper });
    if (total && statistical) {
      Object.assign(rows, { central, statistical, total_lower: total.lower, total_upper: total.upper });
    }
  }
  if (replicas !== null) Object.assign(rows, { mean: replicas.mean, spread: replicas.spread });
  return Object.entries(rows).map(([name, own]) => [`displacement/${i}/${name}`, matrix(own)]);
}

/** What errors of T, and of what T makes of y, lack. */
export function missingText({ analysis }: RunContext, { fitted }: Pick<Outcome, "fitted">): string {
  const missing = errorsOfT(analysis.configuration, fitted)?.missing ?? null;
  return missing === null ? "" : `\n\n${missing}`;
}

const TEXT =
  "T moves y of an event to T(y). The pictures show T(y) − y at the best fit, and how it changes when the nuisances move by one " +
  "standard deviation along each principal mode, for each process at its mean x. The error of T(y) − y has two parts: what the " +
  "nuisances move, and the statistical error at fixed nuisances, which is the spread of the replicas of an ensemble. Along the " +
  "modes the replicas hardly differ, because all share one response. The file arrays.npz has these numbers.";

export const transportPage = (context: RunContext, outcome: Moved & Pick<Outcome, "missing">): PagePart => ({
  pictures: [
    {
      name: "displacement",
      drawings: () =>
        looksAtY(context)
          ? displacementPictures(context, outcome.fields, errorsOfT(context.analysis.configuration, outcome.fitted))
          : [],
    },
  ],
  sections: [
    {
      heading: "Distribution of interest",
      text: () => `${TEXT}${missingText(context, outcome)}`,
      figures: [
        ["displacement", "T(y) − y at the best fit."],
        [
          "pulls",
          "T(y) at ν̂ ± σₖeₖ minus T(y) at ν̂, for each principal mode k with its direction eₖ and its standard deviation σₖ.",
        ],
      ],
      tables: [lost(outcome.missing, "Distribution of interest")],
    },
  ],
});
