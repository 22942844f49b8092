/** What closure leaves: whether the densities describe simulation. */
import type { RunContext } from "../../context.js";
import type { Outcome } from "../../recipes/outcome.js";
import { closureResults, closureTables } from "../closure-report.js";
import { lost, type Numbers, type PagePart, tables } from "../leaves.js";
import { closurePictures } from "../pictures.js";
import { vector } from "./arrays.js";

type Closed = Pick<Outcome, "closure" | "biases">;

/** Arrays closure/<i>/edges, /observed, /expected of single features in the order of results.json. */
export const closureNumbers = (context: RunContext, outcome: Closed) =>
  ({
    results: { closure: closureResults(context, outcome) },
    arrays: new Map(
      outcome.closure.tests.flatMap(({ histogram }, i) =>
        histogram === undefined
          ? []
          : [
              [`closure/${i}/edges`, vector(histogram.observed.edges)],
              [`closure/${i}/observed`, vector(histogram.observed.sums)],
              [`closure/${i}/expected`, vector(histogram.expected.sums)],
            ],
      ),
    ),
  }) satisfies Numbers;

const TEXT =
  "Do the densities describe simulation, as far as the data can tell? In closure by scores, simulation is weighted to the expected " +
  "numbers of events and stands for infinitely many data at its point; where the densities are right, the fit of such data gives the " +
  "values of the nuisances at which they were simulated. Between these points, shifts of the estimates are interpolated; closure " +
  "fails where they move the estimate of this fit by more than half of its standard deviation, and chance is ruled out. The tests compare nominal simulation with events drawn from p(x) and p(y | x), and simulation " +
  "at other points with nominal simulation that is weighted by the ratio of the densities, for every feature and pair of features, in " +
  "bins of equal content and two of each tail. Where there are three features or more, a small network also learns to tell the two apart by " +
  "all of them together, and events that it has not seen are compared in bins of what it puts out. A test fails where its p-value, corrected for the number of tests, is below 0.001, and " +
  "the difference is more than 5 standard deviations of the data, and for a morph more than a quarter of what the nuisance does. A morph that misses half of that fails from a difference of 1 on.";

export const closurePage = (context: RunContext, outcome: Closed & Pick<Outcome, "missing">): PagePart => ({
  pictures: [{ name: "closure", drawings: () => closurePictures(context, outcome.closure) }],
  sections: [
    {
      heading: "Closure",
      text: () => TEXT,
      figures: [["closure", ""]],
      tables: [
        lost(outcome.missing, "Closure", "Closure by scores"),
        tables("the table of closure", () => closureTables(context, outcome)),
      ],
    },
  ],
});
