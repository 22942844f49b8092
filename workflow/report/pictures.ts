/** Every picture of a run. */

import type { Band } from "../../inference/measurements/distribution-of-interest/bands.js";
import type { ClosureTest } from "../../inference/model/predictions/closure-verdicts.js";
import {
  type Caption,
  type ClosurePanel,
  closure as closurePicture,
  correlationMatrix,
  displacementCurves,
  lossCurves,
  projections as projectionsPicture,
  pulls,
  type QuiverData,
  quiver,
  replicas as replicasPicture,
  type ShadedBand,
} from "../../inference/plots/index.js";
import { nuisanceNames, processNames, trueValues } from "../configuration/analysis.js";
import type { RunContext } from "../context.js";
import { labelText } from "../likelihood/covariance-summary.js";
import type { FitSummary } from "../likelihood/fit-summary.js";
import type { Outcome } from "../recipes/outcome.js";
import { type Closure, describeAnchor } from "../steps/closure.js";
import type { Field } from "../steps/displacements.js";
import type { ProjectionSet } from "../steps/projections.js";
import type { NamedTraining } from "../steps/trainings/training-step.js";
import type { Drawing } from "../store/drawings.js";
import { errorLabel, type MapErrors } from "../transport-errors.js";
import { captionOf, featureLabel, goodnessOf, nuisanceLabels, processLabel } from "./labels.js";

/** Panels side by side that a page can show. */
const WIDEST = 4;

/** Anchors of a process in one picture: those that the density describes worst, in the order of the simulation. */
const MOST_ANCHORS = 8;

/** Tests of the anchors that have the least probability in any feature, if there are too many for a picture. */
function worstTests(tests: readonly ClosureTest[]): readonly ClosureTest[] {
  const anchorOf = ({ at }: ClosureTest) => at.join();
  const least = new Map<string, number>();
  for (const test of tests) {
    const before = least.get(anchorOf(test)) ?? 1;
    least.set(anchorOf(test), Math.min(before, test.result.pValue ?? 1));
  }
  const worst = [...least].sort(([, p], [, q]) => p - q).slice(0, MOST_ANCHORS);
  const shown = new Set(worst.map(([anchor]) => anchor));
  return tests.filter((test) => shown.has(anchorOf(test)));
}

/** One picture per observable and process: features side by side, then anchors as far as there is room, below each other. */
export function closurePictures(context: RunContext, { tests }: Closure): Drawing[] {
  const groups = new Map<string, ClosureTest[]>();
  for (const test of tests) {
    if (test.features.length > 1) continue;
    const key = `closure-${test.of}-${processNames(context.analysis.configuration)[test.process]}`;
    groups.set(key, [...(groups.get(key) ?? []), test]);
  }
  return [...groups].map(([key, own]) => [key, () => pictureOfClosure(context, own)]);
}

/** @param own  of one observable and process */
function pictureOfClosure(context: RunContext, own: readonly ClosureTest[]): string {
  const { of, process } = own[0]!;
  const shown = worstTests(own);
  const panels: ClosurePanel[] = shown.flatMap(({ at, features, histogram, result }) =>
    histogram === undefined
      ? []
      : [
          {
            title: describeAnchor(context, process, at).replaceAll("= -", "= −"),
            xLabel: featureLabel(context, of, features[0]!.feature),
            edges: histogram.observed.edges,
            counts: histogram.observed.sums,
            errors: histogram.observed.squares.map(Math.sqrt),
            prediction: histogram.expected.sums,
            goodness: goodnessOf(result),
          },
        ],
  );
  const anchors = own.length / context.sizes[of];
  const part = anchors > MOST_ANCHORS ? `, the worst ${MOST_ANCHORS} of ${anchors} anchors` : "";
  const title = `Closure of ${of === "x" ? "p(x)" : "p(y | x)"} of ${processLabel(context, process)}${part}`;
  return closurePicture({
    ...captionOf(context, title),
    yLabel: "simulated events",
    pointsLabel: "simulation",
    predictionLabel: "density",
    panels,
    columns: context.sizes[of] * Math.max(1, Math.floor(WIDEST / context.sizes[of])),
  });
}

export const lossPicture = (context: RunContext, trainings: readonly NamedTraining[]): Drawing[] => [
  ["losses", () => lossesOf(captionOf(context, "Loss of every training"), trainings)],
];

export function lossesOf(caption: Caption, trainings: readonly NamedTraining[]): string {
  const panels = trainings.map(({ label, summary: { history, keptEpoch, initialValidationLoss } }) => {
    const validated = history.flatMap(({ epoch, validationLoss }) =>
      validationLoss === undefined ? [] : [[epoch, validationLoss] as const],
    );
    const validation = initialValidationLoss === null ? validated : [[0, initialValidationLoss] as const, ...validated];
    const kept = validation.find(([epoch]) => epoch === keptEpoch);
    return {
      // Beside "nominal" the name of a nuisance says it, and a small panel has room for little more.
      title: label.replace(", morph", ""),
      curves: [
        { label: "training", x: history.map(({ epoch }) => epoch), loss: history.map((own) => own.trainingLoss) },
        ...(validation.length === 0
          ? []
          : [{ label: "validation", x: validation.map(([x]) => x), loss: validation.map(([, loss]) => loss) }]),
      ],
      best: kept && { x: kept[0], loss: kept[1] },
    };
  });
  return lossCurves({ ...caption, xLabel: "epoch", yLabel: "loss per event (nats)", panels });
}

/**
 * Of the expectation per bin: all errors where there is an ensemble, and those of the nuisances.
 *
 * @param ofT  errors of the T that moves this feature; undefined where none does
 */
function shadedBands(band: Band | undefined, ofT: MapErrors | undefined): ShadedBand[] {
  if (band === undefined) return [];
  const lacks = ofT === undefined || ofT.missing === null ? "nuisances ± 1σ" : errorLabel(ofT);
  if (band.total === undefined) return [{ label: lacks, ...band.systematic }];
  return [
    { label: ofT === undefined ? "total ± 1σ" : errorLabel(ofT), ...band.total },
    { label: "nuisances ± 1σ", ...band.systematic },
  ];
}

/** @param ofT  undefined where no T was fitted */
export function projectionPictures(
  context: RunContext,
  { projections }: ProjectionSet,
  bands: readonly Band[] | undefined,
  ofT: MapErrors | undefined,
): Drawing[] {
  const panels = projections.flatMap(({ of, feature, observed, predictions }, i) => {
    const [before, after] = predictions.map(({ expected, result }) => {
      const goodness = goodnessOf(result);
      return goodness && { total: expected.sums, ...goodness };
    });
    if (before === undefined || after === undefined) return [];
    return [
      {
        title: featureLabel(context, of, feature),
        xLabel: featureLabel(context, of, feature),
        edges: observed.edges,
        counts: observed.sums,
        errors: observed.squares.map(Math.sqrt),
        before,
        after,
        bands: shadedBands(bands?.[i], of === "y" ? ofT : undefined),
        components: predictions[1]!.processes.map((values, f) => ({ label: processLabel(context, f), values })),
      },
    ];
  });
  if (projections.length === 0) return [];
  const caption = captionOf(context, "Data before and after the fit");
  const draw = () => {
    if (panels.length > 0) return projectionsPicture({ ...caption, yLabel: "events", panels });
    throw new Error("the data are too few to be compared with a prediction, bin by bin");
  };
  return [["projections", draw]];
}

/** Pictures of pairs of nuisances at most: those of the first ones. */
const MOST_PAIRS = 6;

/** Replicas in the planes of two nuisances, with the errors of the fit and of the average. */
export function replicaPicture(context: RunContext, { fitted, best }: Pick<Outcome, "fitted" | "best">): Drawing[] {
  const { replicas, fits } = fitted;
  if (replicas.length < 2 || best.summary.sigma === null) return [];
  const { configuration } = context.analysis;
  const names = nuisanceNames(configuration);
  const labels = nuisanceLabels(context);
  const shown = [best, ...(fits.averaged ? [fits.averaged] : [])];
  const pairs = names.flatMap((_, i) => names.slice(i + 1).map((_name, after) => [i, i + 1 + after] as const));
  const panels = pairs.slice(0, MOST_PAIRS).map(([i, j]) => ({
    xLabel: labels[i]!,
    yLabel: labels[j]!,
    x: replicas.map(({ replica }) => replica.nu[i]!),
    y: replicas.map(({ replica }) => replica.nu[j]!),
    ellipses: shown.flatMap(({ label: of, summary: { estimate, sigma, correlation } }) =>
      sigma === null || correlation === null
        ? []
        : [
            {
              label: of,
              at: [estimate[i]!, estimate[j]!] as const,
              errors: [sigma[i]!, sigma[j]!] as const,
              correlation: correlation[i]![j]!,
            },
          ],
    ),
    truth: trueValues(configuration, [names[i]!, names[j]!]) as [number, number] | undefined,
  }));
  if (panels.length === 0) return [];
  return [["replicas", () => replicasPicture({ ...captionOf(context, "Replicas of step 1: ν̂ with T fixed"), panels })]];
}

export function nuisancePictures(context: RunContext, fit: FitSummary): Drawing[] {
  const { estimate, sigma, correlation } = fit;
  const { configuration } = context.analysis;
  if (sigma === null || correlation === null) return [];
  const names = nuisanceNames(configuration);
  const { nuisances } = configuration;
  const labels = nuisanceLabels(context);
  const nominal = names.map((name) => nuisances[name]!.nominal);
  const known = trueValues(configuration, names);
  return [
    [
      "nuisances",
      () =>
        pulls({
          ...captionOf(context, `Nuisances, ${labelText(fit)}`),
          names: labels,
          // The picture's zero is the prior's mean.
          estimates: estimate.map((value, k) => value - nominal[k]!),
          errors: sigma,
          truth: known?.map((value, k) => value - nominal[k]!),
        }),
    ],
    [
      "correlation",
      () =>
        correlationMatrix({
          ...captionOf(context, `Correlation, ${labelText(fit)}`),
          names: labels,
          matrix: correlation,
        }),
    ],
  ];
}

/** "nominal", "mode 1, +1σ" */
const fieldTitle = ({ mode, side }: Field) => (mode === 0 ? "T at the fit" : `mode ${mode}, ${side > 0 ? "+" : "−"}1σ`);

/** Two pictures per plane of features, as their arrows differ in length: T at the fit, and along the modes. */
export function displacementPictures(
  context: RunContext,
  fields: readonly Field[],
  ofT: MapErrors | undefined,
): Drawing[] {
  const groups = new Map<string, Field[]>();
  for (const field of fields) {
    const plane = field.features.map((feature) => featureLabel(context, "y", feature)).join("-");
    const key = `${field.mode === 0 ? "displacement" : "pulls"}-${plane}`;
    groups.set(key, [...(groups.get(key) ?? []), field]);
  }
  return [...groups].map(([key, own]) => [key, () => displacementPicture(context, own, ofT)]);
}

const first = (rows: readonly (readonly number[])[]) => rows.map(([value]) => value!);

/** Of one feature: T, and what its errors are around: the mean of the replicas where there are any. */
function curvesOf({ points, displacements, replicas, errors }: Field, ofT: MapErrors | undefined) {
  const x = first(points);
  const own = { label: "T", x, displacement: first(displacements) };
  const spread = replicas && first(replicas.spread);
  const ofReplicas = spread === null ? [] : [{ label: "replicas ± 1σ", lower: spread, upper: spread }];
  const { total, nuisances } = errors ?? {};
  const widths = total ?? nuisances;
  const whole =
    widths && ofT ? [{ label: errorLabel(ofT), lower: first(widths.lower), upper: first(widths.upper) }] : [];
  const bands = [...whole, ...ofReplicas];
  if (bands.length === 0) return [own];
  if (replicas === null) return [{ ...own, bands }];
  return [own, { label: "mean of the replicas", x, displacement: first(replicas.mean), bands }];
}

/** Of a plane: half of the way from the lower to the upper end of every error. Along the modes, what the replicas make of it. */
function arrowErrors({ replicas, errors }: Field) {
  const widths = errors?.total ?? errors?.nuisances;
  if (!errors || !widths) return replicas ? { centre: replicas.mean, sigma: replicas.spread } : undefined;
  const sigma = widths.lower.map((row, i) => row.map((below, j) => (below + widths.upper[i]![j]!) / 2));
  return { centre: errors.central, sigma };
}

function displacementPicture(context: RunContext, fields: readonly Field[], ofT: MapErrors | undefined): string {
  const [first, second] = fields[0]!.features as [number, number | undefined];
  const what = fields[0]!.mode === 0 ? "Displacement T(y) − y" : "Change of T along the principal modes";
  const caption = captionOf(context, `${what}, at the mean x of each process`);
  const xLabel = featureLabel(context, "y", first);
  const title = (field: Field) => `${processLabel(context, field.process)}, ${fieldTitle(field)}`;
  if (second === undefined) {
    const panels = fields.map((field) => ({ title: title(field), curves: curvesOf(field, ofT) }));
    return displacementCurves({ ...caption, xLabel, yLabel: `Δ ${xLabel}`, panels });
  }
  const panels = fields.map((field) => ({
    title: title(field),
    points: field.points as unknown as [number, number][],
    displacements: field.displacements as unknown as [number, number][],
    errors: arrowErrors(field) as QuiverData["panels"][number]["errors"],
  }));
  const columns = Math.min(WIDEST, fields.length / context.sizes.processes);
  return quiver({
    ...caption,
    xLabel,
    yLabel: featureLabel(context, "y", second),
    panels,
    errorLabel: fields[0]!.errors && ofT ? `tips, ${errorLabel(ofT)}` : "tips of the replicas, mean ± 1σ",
    columns: Math.max(2, columns),
  });
}
