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
              intervals: [1, 4].map((level) => ({ level, ends: intervals(scan, level) })),
              parabola: scanParabola(scan),
            })),
            pairs: found.pairs.map((scan) => ({
              names: scan.names,
              values: scan.values,
              deltaTwoNll: scan.deltaTwoNll,
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

export const scanPage = (
  { analysis, events }: RunContext,
  { scans, missing }: Scanned & Pick<Outcome, "missing">,
): PagePart => ({
  pictures: [{ name: "scan", drawings: () => scanPictures(analysis, events.data.count, scans) }],
  sections: [
    {
      heading: "Likelihood scans",
      text: () => TEXT,
      figures: [["scan", ""]],
      tables: [lost(missing, "Likelihood scans")],
    },
  ],
});
