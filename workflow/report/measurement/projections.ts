/** What the projections leave: data beside their prediction, bands around it, and how well they agree. */
import { significant } from "../../../inference/plots/index.js";
import type { RunContext } from "../../context.js";
import type { Outcome } from "../../recipes/outcome.js";
import { GOODNESS_LEVEL } from "../../steps/goodness-of-fit.js";
import { errorsOfT } from "../../transport-errors.js";
import { featureLabel, goodnessOf } from "../labels.js";
import { lost, type Numbers, type PagePart, tables } from "../leaves.js";
import { projectionPictures } from "../pictures.js";
import { projectionTable } from "../tables.js";
import { vector } from "./arrays.js";
import { missingText } from "./transport.js";

type Projected = Pick<Outcome, "projections" | "goodness" | "bands" | "fitted">;

/** Arrays projection/<i>/edges, /observed, /before, /after in the order of results.json. */
export function projectionNumbers(context: RunContext, { projections, goodness, bands, fitted }: Projected) {
  const ofT = errorsOfT(context.analysis.configuration, fitted);
  return {
    results: {
      projections: projections.projections.map(({ of, feature, predictions, quantiles }, i) => ({
        of,
        feature: featureLabel(context, of, feature),
        before: goodnessOf(predictions[0]!.result) ?? null,
        after: goodnessOf(predictions[1]!.result) ?? null,
        afterInWideBins: goodnessOf(quantiles.result) ?? null,
        band: bands?.[i] ?? null,
        // x does not depend on T.
        missing: of === "y" ? (ofT?.missing ?? null) : null,
      })),
      goodness:
        goodness === undefined ? null : { pValue: goodness.pValue, tests: goodness.tests, passed: goodness.passed },
    },
    arrays: new Map(
      projections.projections.flatMap(({ observed, predictions }, i) => [
        [`projection/${i}/edges`, vector(observed.edges)],
        [`projection/${i}/observed`, vector(observed.sums)],
        [`projection/${i}/before`, vector(predictions[0]!.expected.sums)],
        [`projection/${i}/after`, vector(predictions[1]!.expected.sums)],
      ]),
    ),
  } satisfies Numbers;
}

const TEXT =
  "Before the fit, the prediction is the nominal simulation. After the fit, it is the simulation at the fitted nuisances, with y " +
  "moved by the inverse of the fitted T. The first and the last bin contain all events beyond them. Each feature is tested in these " +
  "bins, and in wide ones: quartiles, and tails in which 10, 30, 100 and 300 events are expected. Variances include that of the finite " +
  `simulation. The fit fails where the least p-value of all tests, corrected for their number, is below ${GOODNESS_LEVEL}.`;

const goodnessText = ({ goodness }: Projected) =>
  goodness === undefined ? "" : ` Here it is ${significant(goodness.pValue, 2)}, of ${goodness.tests} tests.`;

export const projectionPage = (context: RunContext, outcome: Projected & Pick<Outcome, "missing">): PagePart => ({
  pictures: [
    {
      name: "projections",
      drawings: () =>
        projectionPictures(
          context,
          outcome.projections,
          outcome.bands,
          errorsOfT(context.analysis.configuration, outcome.fitted),
        ),
    },
  ],
  sections: [
    {
      heading: "Data before and after the fit",
      text: () => `${TEXT}${goodnessText(outcome)}${missingText(context, outcome)}`,
      figures: [["projections", ""]],
      tables: [
        lost(outcome.missing, "Data before and after the fit", "Bands of the projections"),
        tables("the table of projections", () =>
          outcome.projections.projections.length === 0 ? [] : [projectionTable(context, outcome)],
        ),
      ],
    },
  ],
});
