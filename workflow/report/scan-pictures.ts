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
import { type Analysis, trueValues } from "../configuration/analysis.js";
import type { Configuration } from "../configuration/table.js";
import type { ScannedFit } from "../likelihood/nuisance-scan.js";
import type { Drawing } from "../store/drawings.js";
import { readVersion } from "../version.js";

function axisLabel({ nuisances }: Configuration, name: string): string {
  return `${nuisances[name]!.label ?? name} (prior standard deviations)`;
}

/**
 * Pictures of every scan.
 *
 * @param scanned  of the same nuisances; the parabola and the ellipse are those of the first
 */
export function scanPictures({ configuration }: Analysis, nEvents: number, scanned: readonly ScannedFit[]): Drawing[] {
  const { seed, nuisances } = configuration;
  const footer = footerLine({ nEvents, seed, version: readVersion() });
  const captionOf = (names: readonly string[]): Caption => ({
    title: `Scan of ${names.map((name) => nuisances[name]!.label ?? name).join(" and ")}`,
    footer,
  });
  const [first] = scanned;
  if (first === undefined) return [];
  const { single, pairs } = first.found;
  return [
    ...single.map(
      ({ name }, i): Drawing => [`scan-${name}`, () => pictureOfSingle(configuration, captionOf([name]), scanned, i)],
    ),
    ...pairs.map(
      ({ names }, i): Drawing => [
        `scan-${names.join("-")}`,
        () => pictureOfPair(configuration, captionOf(names), scanned, i),
      ],
    ),
  ];
}

function pictureOfSingle(
  configuration: Configuration,
  caption: Caption,
  scanned: readonly ScannedFit[],
  single: number,
): string {
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
    xLabel: axisLabel(configuration, name),
    curves,
    parabola: sigma === null ? undefined : { label: "Hessian", at: estimate[k]!, sigma: sigma[k]! },
    truth: entryOf(configuration.truth, name),
  });
}

function pictureOfPair(
  configuration: Configuration,
  caption: Caption,
  scanned: readonly ScannedFit[],
  pair: number,
): string {
  const { found, summary: fit } = scanned[0]!;
  const scannedNames = found.pairs[pair]!.names;
  const [first, second] = scannedNames;
  const levels = CONTOUR_LEVELS.slice(0, 2);
  const [i, j] = scannedNames.map((name) => fit.names.indexOf(name)) as [number, number];
  const centre = [fit.estimate[i]!, fit.estimate[j]!] as const;
  const drawn = ({ points, isClosed }: Polyline) => (isClosed ? [...points, points[0]!] : points);
  const { names, sigma, correlation } = fit;
  const hessian =
    sigma === null || correlation === null
      ? undefined
      : levels.map((level) => ({
          level,
          polylines: [drawn(hessianEllipse({ names, sigma, correlation }, scannedNames, centre, level))],
        }));
  return pictureOfScan2d({
    ...caption,
    xLabel: axisLabel(configuration, first),
    yLabel: axisLabel(configuration, second),
    scans: scanned.map(({ label, found: own }) => ({
      label,
      contours: levels.map((level) => ({ level, polylines: scanContours(own.pairs[pair]!, level).map(drawn) })),
    })),
    ellipses: hessian === undefined ? [] : [{ label: "Hessian", contours: hessian }],
    bestFit: fit.sigma === null ? undefined : { at: centre, errors: [fit.sigma[i]!, fit.sigma[j]!] },
    truth: trueValues(configuration, scannedNames) as [number, number] | undefined,
  });
}
