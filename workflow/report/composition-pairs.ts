/** Contours of two parameters of a composition: pictures and data. */
import { footerLine } from "../../inference/plots/index.js";
import { CONTOUR_LEVELS, scanContours } from "../../inference/statistics/intervals/contours.js";
import type { LikelihoodOutcome } from "../recipes/composition.js";
import { pairLevelOf } from "../steps/composition/fit.js";
import type { Drawing } from "../store/drawings.js";
import { readVersion } from "../version.js";
import { leveledScans } from "./composition-scans.js";
import { drawScans } from "./scan-pictures.js";

export function pairPictures(own: LikelihoodOutcome, { nEvents, seed }: { nEvents: number; seed: number }): Drawing[] {
  const { plan, fit: found } = own;
  const { fit, errors } = found;
  const footer = footerLine({ nEvents, seed, version: readVersion() });
  const words = { footer, label: (of: string) => of, axis: (of: string) => of, truth: {} };
  return leveledScans(own).pairs.flatMap((scan): Drawing[] => {
    const { names, sigma, correlation } = errors;
    if (pairLevelOf(found, scan.names) === undefined || sigma === null) return [];
    const estimate = names.map((name) => fit.estimate.values[fit.estimate.names.indexOf(name)]!);
    const summary = { names, estimate, sigma, correlation };
    const drawn = [{ label: "profile", summary, found: { single: [], pairs: [scan] } }];
    return drawScans(words, drawn).map(([, draw]) => [`scan.${plan.name}.${scan.names.join("-")}`, draw]);
  });
}

/** Lines of 68.3% and 95.4% as points, closed where the last joins the first. */
export const pairResults = (own: LikelihoodOutcome) =>
  leveledScans(own).pairs.map((scan) => {
    const level = pairLevelOf(own.fit, scan.names);
    return {
      names: scan.names,
      level: level ?? null,
      contours:
        level === undefined
          ? []
          : CONTOUR_LEVELS.slice(0, 2).map((one) => ({ level: one, lines: scanContours(scan, one) })),
    };
  });
