/** The report of a composition: verdict first, then each likelihood with its parameters, its correlation, its projections, its scans and its impacts. */
import { stringify } from "yaml";
import { constraintEstimate } from "../../inference/model/parameters/constraints.js";
import {
  type Caption,
  correlationMatrix,
  footerLine,
  measurement,
  projections as projectionsPicture,
  pulls,
  significant,
} from "../../inference/plots/index.js";
import type { CompositionAnalysis } from "../configuration/composition/composition-file.js";
import { leftOutText } from "../events/selection.js";
import type { CompositionOutcome, LikelihoodOutcome } from "../recipes/composition.js";
import type { OptionalPart } from "../recipes/optional-parts.js";
import type { ChannelPrediction, ChannelProjection } from "../steps/composition/projections.js";
import type { NamedTraining } from "../steps/trainings/training-step.js";
import type { Drawing, DrawingGroup, Picture } from "../store/drawings.js";
import { failedOf } from "../verdicts.js";
import { readVersion } from "../version.js";
import { impactPictures, impactReportTables, impactText, modePictures, modeTables } from "./composition-impacts.js";
import { pairPictures } from "./composition-pairs.js";
import { parameterRows } from "./composition-results.js";
import { isWeighted, leveledScans } from "./composition-scans.js";
import { channelTable, parameterTable } from "./composition-text.js";
import type { MissingPart, Report } from "./html.js";
import { goodnessOf } from "./labels.js";
import { judged } from "./page.js";
import { lossesOf } from "./pictures.js";
import { figureOf, isMissing, isThere, sectionOf, tablesOf } from "./report-parts.js";
import { drawScans } from "./scan-pictures.js";
import { trainingTable } from "./tables.js";

const eventsOf = ({ events }: LikelihoodOutcome) => events.reduce((sum, { data }) => sum + data.count, 0);

const captionOf = ({ configuration }: CompositionAnalysis, nEvents: number, title: string): Caption => ({
  title,
  footer: footerLine({ nEvents, seed: configuration.seed, version: readVersion() }),
});

const seedOf = ({ configuration }: CompositionAnalysis) => configuration.seed;

const titled = (analysis: CompositionAnalysis, own: LikelihoodOutcome) => (title: string) =>
  captionOf(analysis, eventsOf(own), title);

/** In the order of the report; names are what they are of, the likelihood, and parts of it: none of these has a dot. */
export const drawingsOf = (
  analysis: CompositionAnalysis,
  { trainings, likelihoods }: CompositionOutcome,
): DrawingGroup[] => [
  { name: "losses", drawings: () => lossPictures(analysis, likelihoods, trainings) },
  ...likelihoods.flatMap((own) => [
    { name: `projections.${own.plan.name}`, drawings: () => projectionPictures(analysis, own) },
    { name: `correlation.${own.plan.name}`, drawings: () => correlationPictures(analysis, own) },
    { name: `pulls.${own.plan.name}`, drawings: () => pullPictures(analysis, own) },
    { name: `modes.${own.plan.name}`, drawings: () => modePictures(own, titled(analysis, own)) },
    { name: `scan.${own.plan.name}`, drawings: () => scanPictures(analysis, own) },
    {
      name: `scan.${own.plan.name}`,
      drawings: () => pairPictures(own, { nEvents: eventsOf(own), seed: seedOf(analysis) }),
    },
    { name: `impacts.${own.plan.name}`, drawings: () => impactPictures(own, titled(analysis, own)) },
  ]),
];

function lossPictures(
  analysis: CompositionAnalysis,
  likelihoods: readonly LikelihoodOutcome[],
  trainings: readonly NamedTraining[],
): Drawing[] {
  if (trainings.length === 0) return [];
  const caption = captionOf(analysis, Math.max(...likelihoods.map(eventsOf)), "Loss of every training");
  return [["losses.all", () => lossesOf(caption, trainings)]];
}

function projectionPictures(analysis: CompositionAnalysis, own: LikelihoodOutcome): Drawing[] {
  const countOf = (channel: string) =>
    own.events[own.plan.channels.findIndex(({ name }) => name === channel)]!.data.count;
  return own.projections.map((projection): Drawing => {
    const { channel, column } = projection;
    const title = `${own.plan.name}${channel === own.plan.name ? "" : `, ${channel}`}: ${column}`;
    return [
      `projections.${own.plan.name}.${channel}.${column}`,
      () => pictureOf(captionOf(analysis, countOf(channel), title), projection, bandOf(own, projection)),
    ];
  });
}

/** One standard deviation of what is expected after the fit. */
const bandOf = ({ bands }: LikelihoodOutcome, { channel, column }: ChannelProjection) =>
  bands?.find((own) => own.channel === channel && own.column === column)?.sigma;

function pictureOf(
  caption: Caption,
  { column, observed, before, after, summands }: ChannelProjection,
  sigma: readonly number[] | undefined,
): string {
  const prediction = ({ expected, result }: ChannelPrediction) => {
    const goodness = goodnessOf(result);
    if (goodness === undefined) throw new Error("the events are too few to be compared with the density, bin by bin");
    return { total: expected.sums, ...goodness };
  };
  return projectionsPicture({
    ...caption,
    yLabel: "events",
    panels: [
      {
        title: "",
        xLabel: column,
        edges: observed.edges,
        counts: observed.sums,
        errors: observed.squares.map(Math.sqrt),
        before: prediction(before),
        after: prediction(after),
        bands: sigma && [{ label: "parameters ± 1σ", lower: sigma, upper: sigma }],
        components: summands.map(({ name, values }) => ({ label: name, values })),
      },
    ],
  });
}

function correlationPictures(analysis: CompositionAnalysis, own: LikelihoodOutcome): Drawing[] {
  const { names, correlation } = own.fit.errors;
  if (correlation === null || names.length < 2) return [];
  const caption = captionOf(analysis, eventsOf(own), `Correlation, ${own.plan.name}`);
  return [[`correlation.${own.plan.name}.matrix`, () => correlationMatrix({ ...caption, names, matrix: correlation })]];
}

/** Constrained parameters in units of their constraints. */
function pullPictures(analysis: CompositionAnalysis, own: LikelihoodOutcome): Drawing[] {
  const shown = parameterRows(own).flatMap(({ name, constraint, pull, sigma }) =>
    constraint === null || pull === null || sigma === null
      ? []
      : [{ name, pull, width: sigma / constraintEstimate(constraint)[1] }],
  );
  if (shown.length === 0) return [];
  const caption = captionOf(analysis, eventsOf(own), `Constrained parameters, ${own.plan.name}`);
  const draw = () =>
    pulls({
      ...caption,
      names: shown.map(({ name }) => name),
      estimates: shown.map(({ pull }) => pull),
      errors: shown.map(({ width }) => width),
    });
  return [[`pulls.${own.plan.name}.all`, draw]];
}

function scanPictures({ configuration }: CompositionAnalysis, own: LikelihoodOutcome): Drawing[] {
  const { name } = own.plan;
  const { fit, errors } = own.fit;
  const footer = footerLine({ nEvents: eventsOf(own), seed: configuration.seed, version: readVersion() });
  const words = { footer, label: (of: string) => `${of}, ${name}`, axis: (of: string) => of, truth: {} };
  const { names, values: estimate } = fit.estimate;
  // Errors are of the parameters that no limit holds.
  const sigma = names.map((of) => errors.sigma?.[errors.names.indexOf(of)]);
  return leveledScans(own).single.flatMap((scan): Drawing[] => {
    const error = sigma[names.indexOf(scan.name)];
    const summary = {
      names: [scan.name],
      estimate: [estimate[names.indexOf(scan.name)]!],
      sigma: error === undefined ? null : [error],
      correlation: null,
    };
    const [[, draw]] = drawScans(words, [{ label: "profile", summary, found: { single: [scan], pairs: [] } }]) as [
      Drawing,
    ];
    return [[`scan.${name}.${scan.name}`, draw]];
  });
}

/** Parameters of which the first sentence has the numbers. */
const MOST_NAMED = 6;

function resultSentence(outcome: CompositionOutcome): string {
  const [first] = outcome.likelihoods;
  if (first === undefined) return "";
  const free = parameterRows(first).filter(({ fixed }) => !fixed);
  const named = free
    .slice(0, MOST_NAMED)
    .map(
      ({ name, estimate, sigma }) =>
        `${name} = ${sigma === null ? significant(estimate, 4) : measurement(estimate, sigma)}`,
    );
  const more = free.length - named.length;
  const list = [...named, ...(more > 0 ? [`and ${more} more, which the table below has`] : [])].join(", ");
  const doubt = failedOf(outcome.verdicts).length === 0 ? "" : "; these numbers are not for use as they stand";
  return `The likelihood ${first.plan.name} gives ${list}${doubt}.`;
}

const METHODS = {
  integral: "Expected numbers of events are integrals of the density over the bins.",
  "drawn events": "Expected numbers of events come from events that are drawn from the density.",
} as const;

function projectionText({ projections, bands, goodness }: LikelihoodOutcome): string {
  const methods = [...new Set(projections.map(({ method }) => METHODS[method]))].join(" ");
  const test =
    goodness === null
      ? ""
      : ` The least p-value of χ², with the number of tests (${goodness.tests}) taken into account, is ${significant(goodness.pValue, 2)}.`;
  const band =
    bands === null
      ? ""
      : " The band is one standard deviation of the expectation, by the covariance of the parameters.";
  return `${methods}${band}${test} A p-value counts no fitted parameter, so that on average it is too large rather than too small.`;
}

function scanText(outcome: LikelihoodOutcome): string {
  const profiled = "All other parameters are profiled.";
  if (!isWeighted(outcome)) return profiled;
  const own = `${profiled} The events carry weights: −2Δ ln L is drawn in units of that at one standard deviation of the sandwich.`;
  return outcome.pairs.length === 0 ? own : `${own} Of pairs that unit is by the areas of the two ellipses.`;
}

function likelihoodSections(
  own: LikelihoodOutcome,
  pictures: readonly Picture[],
  warn: (text: string) => void,
): Report["sections"] {
  const { name } = own.plan;
  const { fit, errors } = own.fit;
  const figures = (kind: string) =>
    pictures.flatMap((picture) => (picture.name.startsWith(`${kind}.${name}.`) ? [figureOf(picture, "")] : []));
  const lost = (part: OptionalPart): MissingPart[] => {
    const problem = own.missing.get(part);
    return problem === undefined ? [] : [{ missing: `"${part}"`, problem }];
  };
  const left = own.events.flatMap(({ leftOut }) => leftOut.map((one) => `${leftOutText(one)}.`));
  return [
    ...sectionOf(
      `Fit of ${name}`,
      [`${fit.reason} Errors: ${errors.estimator}.`, ...left].join("\n\n"),
      [...figures("correlation"), ...figures("pulls"), ...figures("modes")],
      [
        ...tablesOf(warn, `the tables of ${name}`, () => [channelTable(own), ...modeTables(own)]),
        ...lost("Asymmetric errors"),
      ],
    ),
    ...sectionOf(`Projections of ${name}`, projectionText(own), figures("projections"), [
      ...lost("Projections"),
      ...lost("Bands of the projections"),
    ]),
    ...sectionOf(`Scans of ${name}`, scanText(own), figures("scan"), lost("Likelihood scans")),
    ...sectionOf(`Impacts of ${name}`, impactText(own), figures("impacts"), [
      ...tablesOf(warn, `the impacts of ${name}`, () => impactReportTables(own)),
      ...lost("Impacts"),
    ]),
  ];
}

function trainingSections(
  { trainings }: CompositionOutcome,
  pictures: readonly Picture[],
  warn: (text: string) => void,
): Report["sections"] {
  if (trainings.length === 0) return [];
  const losses = pictures.filter(({ name }) => name === "losses.all").map((own) => figureOf(own, ""));
  const text =
    "Trained densities are fixed in the fits: what their samples leave open, and what a training does not learn, is in no error.";
  return sectionOf(
    "Trainings",
    text,
    losses,
    tablesOf(warn, "the table of trainings", () => [trainingTable({ trainings })]),
  );
}

export function compositionReport(
  analysis: CompositionAnalysis,
  outcome: CompositionOutcome,
  pictures: readonly Picture[],
  warnings: readonly string[],
  warn: (text: string) => void,
): Report {
  const { configuration } = analysis;
  const top = tablesOf(warn, "the tables of parameters", () => outcome.likelihoods.map(parameterTable));
  return {
    title: configuration.name,
    version: readVersion(),
    seed: configuration.seed,
    result: resultSentence(outcome),
    ...judged({ verdicts: outcome.verdicts, warnings }),
    tables: top.filter(isThere),
    missing: top.filter(isMissing),
    sections: [
      ...outcome.likelihoods.flatMap((own) => likelihoodSections(own, pictures, warn)),
      ...trainingSections(outcome, pictures, warn),
    ],
    configuration: stringify(configuration, { aliasDuplicateObjects: false }),
  };
}
