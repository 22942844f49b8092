/** What a composition leaves for its report: each likelihood with its parameters, its correlation, its projections, its scans and its impacts. */
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
import { selectionTexts } from "../events/cut-flow.js";
import type { CompositionOutcome, LikelihoodOutcome } from "../recipes/composition.js";
import type { ChannelPrediction, ChannelProjection } from "../steps/composition/projections.js";
import type { NamedTraining } from "../steps/trainings/training-step.js";
import type { Drawing, DrawingGroup } from "../store/drawings.js";
import { failedOf } from "../verdicts.js";
import { readVersion } from "../version.js";
import { impactPictures, impactReportTables, impactText, modePictures, modeTables } from "./composition-impacts.js";
import { pairPictures } from "./composition-pairs.js";
import { channelFlow, parameterRows } from "./composition-results.js";
import { isWeighted, leveledScans } from "./composition-scans.js";
import { channelTable, parameterTable } from "./composition-text.js";
import { cutFlowTables } from "./cut-flow-tables.js";
import { goodnessOf } from "./labels.js";
import { lost, type PagePart, tables } from "./leaves.js";
import type { Frame } from "./page.js";
import { lossesOf } from "./pictures.js";
import { drawScans } from "./scan-pictures.js";
import { trainingTable } from "./tables.js";

const eventsOf = ({ events }: LikelihoodOutcome) => events.reduce((sum, { data }) => sum + data.count, 0);

const captionOf = ({ configuration }: CompositionAnalysis, nEvents: number, title: string): Caption => ({
  title,
  footer: footerLine({ nEvents, seed: configuration.seed, version: readVersion() }),
});

const titled = (analysis: CompositionAnalysis, own: LikelihoodOutcome) => (title: string) =>
  captionOf(analysis, eventsOf(own), title);

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

/** Names of pictures are what they are of, the likelihood, and parts of it: none of these has a dot. */
function picturesOf(analysis: CompositionAnalysis, own: LikelihoodOutcome): DrawingGroup[] {
  const { name } = own.plan;
  const counted = { nEvents: eventsOf(own), seed: analysis.configuration.seed };
  return [
    { name: `projections.${name}`, drawings: () => projectionPictures(analysis, own) },
    { name: `correlation.${name}`, drawings: () => correlationPictures(analysis, own) },
    { name: `pulls.${name}`, drawings: () => pullPictures(analysis, own) },
    { name: `modes.${name}`, drawings: () => modePictures(own, titled(analysis, own)) },
    { name: `scan.${name}`, drawings: () => scanPictures(analysis, own) },
    { name: `scan.${name}`, drawings: () => pairPictures(own, counted) },
    { name: `impacts.${name}`, drawings: () => impactPictures(own, titled(analysis, own)) },
  ];
}

function fitText({ events, fit: { fit, errors } }: LikelihoodOutcome): string {
  const left = events.flatMap(({ file, data, leftOut }) =>
    selectionTexts(file, data, leftOut).map((text) => `${text}.`),
  );
  return [`${fit.reason} Errors: ${errors.estimator}.`, ...left].join("\n\n");
}

/** What a likelihood leaves: its fit, its projections, its scans and its impacts. */
function likelihoodPage(analysis: CompositionAnalysis, own: LikelihoodOutcome): PagePart {
  const { name } = own.plan;
  const figures = (...kinds: readonly string[]) => kinds.map((kind) => [`${kind}.${name}.`, ""] as const);
  return {
    pictures: picturesOf(analysis, own),
    sections: [
      {
        heading: `Fit of ${name}`,
        text: () => fitText(own),
        figures: figures("correlation", "pulls", "modes"),
        tables: [
          tables(`the tables of ${name}`, () => [
            channelTable(own),
            ...cutFlowTables(own.events.map(channelFlow)),
            ...modeTables(own),
          ]),
          lost(own.missing, "Asymmetric errors"),
        ],
      },
      {
        heading: `Projections of ${name}`,
        text: () => projectionText(own),
        figures: figures("projections"),
        tables: [lost(own.missing, "Projections", "Bands of the projections")],
      },
      {
        heading: `Scans of ${name}`,
        text: () => scanText(own),
        figures: figures("scan"),
        tables: [lost(own.missing, "Likelihood scans")],
      },
      {
        heading: `Impacts of ${name}`,
        text: () => impactText(own),
        figures: figures("impacts"),
        tables: [tables(`the impacts of ${name}`, () => impactReportTables(own)), lost(own.missing, "Impacts")],
      },
    ],
  };
}

const OF_TRAININGS =
  "Trained densities are fixed in the fits: what their samples leave open, and what a training does not learn, is in no error.";

const trainingPage = (analysis: CompositionAnalysis, { trainings, likelihoods }: CompositionOutcome): PagePart => ({
  pictures: [{ name: "losses", drawings: () => lossPictures(analysis, likelihoods, trainings) }],
  sections: [
    {
      heading: "Trainings",
      text: () => OF_TRAININGS,
      figures: [["losses.all", ""]],
      tables: [tables("the table of trainings", () => (trainings.length === 0 ? [] : [trainingTable({ trainings })]))],
    },
  ],
});

/** What a run of a composition leaves for its page, in the order of the report. */
export const compositionPage = (analysis: CompositionAnalysis, outcome: CompositionOutcome): PagePart[] => [
  {
    sentence: () => resultSentence(outcome),
    top: [tables("the tables of parameters", () => outcome.likelihoods.map(parameterTable))],
  },
  ...outcome.likelihoods.map((own) => likelihoodPage(analysis, own)),
  trainingPage(analysis, outcome),
];

/**
 * @param warnings  what was said, in order
 * @param leftOut   steps that are not done, as they were not asked for
 */
export function compositionFrame(
  { configuration }: CompositionAnalysis,
  { verdicts }: Pick<CompositionOutcome, "verdicts">,
  warnings: readonly string[],
  leftOut: readonly string[],
): Frame {
  const { name, seed } = configuration;
  const text = stringify(configuration, { aliasDuplicateObjects: false });
  return { title: name, seed, verdicts, leftOut, warnings, configuration: text };
}
