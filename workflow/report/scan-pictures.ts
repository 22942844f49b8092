/** Pictures of the scans: a curve of each nuisance, contours of each pair. */
import { entryOf } from "../../engine/entry.js";
import {
  type Caption,
  footerLine,
  scan1d as pictureOfScan1d,
  scan2d as pictureOfScan2d,
} from "../../inference/plots/index.js";
import {
  CONTOUR_LEVELS,
  hessianEllipse,
  type Polyline,
  scanContours,
} from "../../inference/statistics/intervals/contours.js";
import type { Analysis } from "../configuration/analysis.js";
import type { FitSummary } from "../likelihood/fit-summary.js";
import type { Scans } from "../likelihood/nuisance-scan.js";
import type { Drawing } from "../store/drawings.js";
import { readVersion } from "../version.js";

/** Scans of one likelihood, with the fit around which they lie. */
export interface DrawnScans {
  readonly label: string;
  readonly summary: Pick<FitSummary, "names" | "estimate" | "sigma" | "correlation">;
  readonly found: Pick<Scans, "single" | "pairs">;
}

/** How pictures name what is scanned. */
export interface ScanWords {
  readonly footer: string;
  label(name: string): string;
  /** Of the axis, with its unit. */
  axis(name: string): string;
  /** True values by name, where they are known. */
  readonly truth: Readonly<Record<string, number>>;
}

/** Pictures of every scan of nuisances. */
export function scanPictures({ configuration }: Analysis, nEvents: number, scanned: readonly DrawnScans[]): Drawing[] {
  const { seed, nuisances, truth } = configuration;
  const label = (name: string) => nuisances[name]!.label ?? name;
  const footer = footerLine({ nEvents, seed, version: readVersion() });
  return drawScans({ footer, label, axis: (name) => `${label(name)} (prior standard deviations)`, truth }, scanned);
}

/**
 * Pictures of every scan.
 *
 * @param scanned  of the same nuisances; the parabola and the ellipse are those of the first
 */
export function drawScans(words: ScanWords, scanned: readonly DrawnScans[]): Drawing[] {
  const captionOf = (names: readonly string[]): Caption => ({
    title: `Scan of ${names.map(words.label).join(" and ")}`,
    footer: words.footer,
  });
  const [first] = scanned;
  if (first === undefined) return [];
  const { single, pairs } = first.found;
  return [
    ...single.map(
      ({ name }, i): Drawing => [`scan-${name}`, () => pictureOfSingle(words, captionOf([name]), scanned, i)],
    ),
    ...pairs.map(
      ({ names }, i): Drawing => [`scan-${names.join("-")}`, () => pictureOfPair(words, captionOf(names), scanned, i)],
    ),
  ];
}

function pictureOfSingle(words: ScanWords, caption: Caption, scanned: readonly DrawnScans[], single: number): string {
  const { found: shown, summary } = scanned[0]!;
  const { name } = shown.single[single]!;
  const curves = scanned.map(({ label, found }) => {
    const { values, deltaTwoNll } = found.single[single]!;
    const known = values.flatMap((x, j) => (deltaTwoNll[j] === undefined ? [] : [[x, deltaTwoNll[j]] as const]));
    return { label, x: known.map(([x]) => x), deltaTwoNll: known.map(([, value]) => value) };
  });
  const { names, sigma, estimate } = summary;
  const k = names.indexOf(name);
  return pictureOfScan1d({
    ...caption,
    xLabel: words.axis(name),
    curves,
    parabola: sigma === null ? undefined : { label: "Hessian", at: estimate[k]!, sigma: sigma[k]! },
    truth: entryOf(words.truth, name),
  });
}

function pictureOfPair(words: ScanWords, caption: Caption, scanned: readonly DrawnScans[], pair: number): string {
  const { found, summary: fit } = scanned[0]!;
  const scannedNames = found.pairs[pair]!.names;
  const [first, second] = scannedNames;
  const levels = CONTOUR_LEVELS.slice(0, 2);
  const [i, j] = scannedNames.map((name) => fit.names.indexOf(name)) as [number, number];
  const centre = [fit.estimate[i]!, fit.estimate[j]!] as const;
  const drawn = ({ points, isClosed }: Polyline) => (isClosed ? [...points, points[0]!] : points);
  const { names, sigma, correlation } = fit;
  const known = scannedNames.flatMap((name) => entryOf(words.truth, name) ?? []);
  const hessian =
    sigma === null || correlation === null
      ? undefined
      : levels.map((level) => ({
          level,
          polylines: [drawn(hessianEllipse({ names, sigma, correlation }, scannedNames, centre, level))],
        }));
  return pictureOfScan2d({
    ...caption,
    xLabel: words.axis(first),
    yLabel: words.axis(second),
    scans: scanned.map(({ label, found: own }) => ({
      label,
      contours: levels.map((level) => ({ level, polylines: scanContours(own.pairs[pair]!, level).map(drawn) })),
    })),
    ellipses: hessian === undefined ? [] : [{ label: "Hessian", contours: hessian }],
    bestFit: fit.sigma === null ? undefined : { at: centre, errors: [fit.sigma[i]!, fit.sigma[j]!] },
    truth: known.length === 2 ? [known[0]!, known[1]!] : undefined,
  });
}
