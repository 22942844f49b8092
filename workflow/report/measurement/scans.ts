/** What the scans of the likelihood leave. */
import { intervals } from "../../../inference/statistics/intervals/scan.js";
import { scanParabola, scanParaboloid } from "../../../inference/statistics/intervals/scan-parabola.js";
import type { RunContext } from "../../context.js";
import { scanArrays } from "../../likelihood/nuisance-scan.js";
import type { Outcome } from "../../recipes/outcome.js";
import { lost, type Numbers, type PagePart } from "../leaves.js";
import { scanPictures } from "../scan-pictures.js";

type Scanned = Pick<Outcome, "scans">;

export const scanNumbers = ({ scans }: Scanned) =>
  ({
    results: {
      scans: Object.fromEntries(
        scans.map(({ name: fit, found }) => [
          fit,
          {
            single: found.single.map((scan) => ({
              name: scan.name,
              values: scan.values,
              deltaTwoNll: scan.deltaTwoNll,
              ...(scan.level !== undefined && { level: scan.level }),
              intervals: [1, 4].map((level) => ({ level, ends: intervals(scan, level) })),
              parabola: scanParabola(scan),
            })),
            pairs: found.pairs.map((scan) => ({
              names: scan.names,
              values: scan.values,
              deltaTwoNll: scan.deltaTwoNll,
              ...(scan.level !== undefined && { level: scan.level }),
              paraboloid: scanParaboloid(scan),
            })),
          },
        ]),
      ),
    },
  }) satisfies Numbers;

/** scan/<fit>/…: the first arrays of the file, where the entries of the results have another place. */
export const scanColumns = ({ scans }: Scanned) =>
  ({
    arrays: new Map(
      scans.flatMap(({ name: fit, found }) =>
        [...scanArrays(found)].map(([name, values]) => [`scan/${fit}/${name}`, values] as const),
      ),
    ),
  }) satisfies Numbers;

const TEXT =
  "The curves show −2Δ ln L around the best fit, with all other nuisances profiled. In two dimensions the contours are at " +
  "2.30 and 6.18 (68% and 95%). The parabola and the ellipse follow from the Hessian at the best fit.";

/** What `leveled` makes of them. */
const OF_WEIGHTED =
  " The events carry weights: −2Δ ln L is drawn in units of that at one standard deviation of the sandwich, which results.json has as `level`.";

export const scanPage = (
  { analysis, events }: RunContext,
  { scans, missing }: Scanned & Pick<Outcome, "missing">,
): PagePart => ({
  pictures: [{ name: "scan", drawings: () => scanPictures(analysis, events.data.count, scans) }],
  sections: [
    {
      heading: "Likelihood scans",
      text: () => (events.data.weights === undefined ? TEXT : TEXT + OF_WEIGHTED),
      figures: [["scan", ""]],
      tables: [lost(missing, "Likelihood scans")],
    },
  ],
});
