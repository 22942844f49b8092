/** The samples that the densities of a composition are trained on. */
import { reachableParts } from "../../../inference/model/composition/reachable-parts.js";
import type { ChannelData } from "../../../inference/model/likelihood/channels.js";
import { pathOf } from "../../configuration/analysis.js";
import type { CompositionAnalysis } from "../../configuration/composition/composition-file.js";
import type { ChannelPlan, LikelihoodPlan } from "../../configuration/composition/likelihood-plans.js";
import type { CompositionConfiguration } from "../../configuration/composition-table.js";
import { regionOf } from "../../configuration/table/composition/densities.js";
import { pointOf } from "../../configuration/table/composition/trained-densities.js";
import { type ChannelEvents, readChannel } from "../../events/channel-events.js";
import { openForTraining } from "../../events/open-for-training.js";
import type { Reporter } from "../../reporter.js";

type Written = CompositionConfiguration["densities"][string];
type WrittenFlow = Extract<Written, { readonly flow: unknown }>["flow"];
type WrittenMorph = Extract<Written, { readonly morphed: unknown }>["morphed"];

/** How a density is trained. */
type Recipe = Pick<WrittenFlow, "region" | "heldOut" | "training">;

/** Its kind in the file, where it is trained. */
const kindOf = (written: Written): "flow" | "morphed" | undefined =>
  "flow" in written ? "flow" : "morphed" in written ? "morphed" : undefined;

type WithConfiguration = Pick<CompositionAnalysis, "configuration">;

/** Of these densities, those that are trained. */
export const trainedDensities = (
  { configuration: { densities } }: WithConfiguration,
  names: readonly string[],
): string[] => names.filter((name) => Object.hasOwn(densities, name) && kindOf(densities[name]!) !== undefined);

/** Those of which a likelihood is made, directly or not. */
export const trainedIn = (analysis: WithConfiguration, { composition, channels }: LikelihoodPlan): string[] => {
  const selected = channels.map((own) => own.selected);
  return trainedDensities(analysis, Object.keys(reachableParts(composition, selected).densities));
};

/** A sample that a morph is trained on. */
export interface TrainingSample {
  readonly sample: string;
  /** Values of its nuisances, in their order. */
  readonly at: readonly number[];
  readonly events: ChannelEvents<ChannelData>;
  /** Whether its events are those of the nominal sample, as they are at other values: of the same file. */
  readonly isVariation: boolean;
}

/** How a sample is split into events for training and held-out ones. */
export interface SplitChoice {
  readonly purpose: string;
  readonly heldOut: number;
}

/** Events at the nominal values of the nuisances of a morph. */
export interface NominalSample {
  readonly sample: string;
  readonly events: ChannelEvents<ChannelData>;
  /** That of the training of the density, where it is trained on them. */
  readonly split: SplitChoice;
  /** The events that the split is one of: those of the training of the density, of its own region, or else these. */
  readonly splitAs: ChannelEvents<ChannelData>;
}

export interface SampledFlow {
  readonly density: string;
  readonly kind: "flow";
  readonly recipe: Recipe;
  readonly sample: string;
  readonly channel: ChannelPlan;
  readonly events: ChannelEvents;
}

export interface SampledMorph {
  readonly density: string;
  readonly kind: "morphed";
  readonly recipe: Recipe;
  readonly samples: readonly TrainingSample[];
  /** Where it has some. */
  readonly nominal?: NominalSample;
}

export type SampledDensity = SampledFlow | SampledMorph;

/** All samples, that at the nominal values last. */
export const samplesOf = (own: SampledDensity): { readonly sample: string; readonly events: ChannelEvents }[] =>
  own.kind === "flow" ? [own] : [...own.samples, ...(own.nominal ? [own.nominal] : [])];

/** Of the step that trains a density, and of its random numbers. */
export const trainingName = (density: string) => `train.${density}`;

/** The sample at the nominal values that a morph names, or else the one that its density is trained on. */
function nominalOf(
  { configuration: { densities } }: WithConfiguration,
  name: string,
  { density, nominal, heldOut }: WrittenMorph,
): (Omit<NominalSample, "events" | "splitAs"> & { readonly flow?: WrittenFlow }) | undefined {
  const behind = densities[density]!;
  const flow = "flow" in behind ? behind.flow : undefined;
  const sample = nominal ?? flow?.train;
  if (sample === undefined) return undefined;
  if (flow !== undefined && flow.train === sample)
    return { sample, split: { purpose: trainingName(density), heldOut: flow.heldOut }, flow };
  return { sample, split: { purpose: `${trainingName(name)}/nominal`, heldOut } };
}

type Said = Pick<Reporter, "progress" | "warn">;

/** The samples of the densities that likelihoods are made of, in the order of the file. */
export async function readTrainingSamples(analysis: CompositionAnalysis, said: Said): Promise<SampledDensity[]> {
  const used = new Set(analysis.likelihoods.flatMap((plan) => trainedIn(analysis, plan)));
  const found: SampledDensity[] = [];
  for (const [density, written] of Object.entries(analysis.configuration.densities)) {
    if (!used.has(density)) continue;
    if ("flow" in written) found.push(await flowSample(analysis, density, written.flow, said));
    if ("morphed" in written) found.push(await morphSamples(analysis, density, written.morphed, said));
  }
  return found;
}

/** The events of a sample as they are for the training of a density. */
const channelOf = (density: string, { region }: Recipe, sample: string): ChannelPlan => ({
  ...{ density, selected: density, sample, isExtended: false },
  region: regionOf(region ?? {}),
  name: `training of ${density}`,
});

const eventsOf = (analysis: CompositionAnalysis, density: string, recipe: Recipe, sample: string) =>
  readChannel(analysis, channelOf(density, recipe, sample));

async function flowSample(
  analysis: CompositionAnalysis,
  density: string,
  written: WrittenFlow,
  said: Said,
): Promise<SampledFlow> {
  const channel = channelOf(density, written, written.train);
  const events = await openForTraining(analysis, channel, said);
  return { density, kind: "flow", recipe: written, sample: written.train, channel, events };
}

async function nominalEvents(
  analysis: CompositionAnalysis,
  density: string,
  written: WrittenMorph,
  { sample, split, flow }: NonNullable<ReturnType<typeof nominalOf>>,
): Promise<NominalSample> {
  const events = await eventsOf(analysis, density, written, sample);
  const splitAs = flow === undefined ? events : await eventsOf(analysis, written.density, flow, sample);
  return { sample, split, events, splitAs };
}

async function morphSamples(
  analysis: CompositionAnalysis,
  density: string,
  written: WrittenMorph,
  { warn }: Said,
): Promise<SampledMorph> {
  const own = nominalOf(analysis, density, written);
  const nominal = own && (await nominalEvents(analysis, density, written, own));
  const fileOf = (sample: string) => pathOf(analysis, analysis.configuration.samples[sample]!.file);
  const samples: TrainingSample[] = [];
  for (const { sample, at } of written.train) {
    const events = await eventsOf(analysis, density, written, sample);
    // A file that holds its events itself is one of all samples.
    const isVariation =
      nominal !== undefined && analysis.inline === undefined && fileOf(sample) === fileOf(nominal.sample);
    samples.push({ sample, at: pointOf(written.nuisances, at), events, isVariation });
  }
  const found: SampledMorph = { density, kind: "morphed", recipe: written, samples, ...(nominal && { nominal }) };
  const { rows } = analysis.configuration.memory;
  const large = new Map(samplesOf(found).map(({ events: { file, total } }) => [file, total] as const));
  for (const [file, total] of analysis.inline === undefined ? large : [])
    if (total > rows)
      warn(
        `${file}: its ${total} events are more than memory.rows = ${rows}, but are kept in memory: the training of the morph ${density} looks at all of them together`,
      );
  return found;
}
