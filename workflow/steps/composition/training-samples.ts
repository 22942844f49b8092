/** The samples that the densities of a composition are trained on. */
import { reachableParts } from "../../../inference/model/composition/reachable-parts.js";
import type { ChannelData } from "../../../inference/model/likelihood/channels.js";
import { pathOf } from "../../configuration/analysis.js";
import type { CompositionAnalysis } from "../../configuration/composition/composition-file.js";
import type { LikelihoodPlan } from "../../configuration/composition/likelihood-plans.js";
import type { CompositionConfiguration } from "../../configuration/composition-table.js";
import { regionOf } from "../../configuration/table/composition/densities.js";
import { pointOf } from "../../configuration/table/composition/trained-densities.js";
import { type ChannelEvents, readChannel } from "../../events/channel-events.js";

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

/** A sample that a density is trained on. */
export interface TrainingSample {
  readonly sample: string;
  /** Values of the nuisances of a morph, in their order; none of a flow. */
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

export interface SampledDensity {
  readonly density: string;
  readonly kind: "flow" | "morphed";
  readonly recipe: Recipe;
  readonly samples: readonly TrainingSample[];
  /** Of a morph, where it has some. */
  readonly nominal?: NominalSample;
}

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

/** The samples of the densities that likelihoods are made of, in the order of the file. */
export async function readTrainingSamples(analysis: CompositionAnalysis): Promise<SampledDensity[]> {
  const used = new Set(analysis.likelihoods.flatMap((plan) => trainedIn(analysis, plan)));
  const found: SampledDensity[] = [];
  for (const [density, written] of Object.entries(analysis.configuration.densities)) {
    if (!used.has(density)) continue;
    if ("flow" in written) found.push(await flowSample(analysis, density, written.flow));
    if ("morphed" in written) found.push(await morphSamples(analysis, density, written.morphed));
  }
  return found;
}

/** The events of a sample as they are for the training of a density. */
function eventsOf(analysis: CompositionAnalysis, density: string, { region }: Recipe, sample: string) {
  const channel = { density, selected: density, sample, isExtended: false, region: regionOf(region ?? {}) };
  return readChannel(analysis, { ...channel, name: `training of ${density}` });
}

async function flowSample(
  analysis: CompositionAnalysis,
  density: string,
  written: WrittenFlow,
): Promise<SampledDensity> {
  const events = await eventsOf(analysis, density, written, written.train);
  const sample = { sample: written.train, at: [], events, isVariation: false };
  return { density, kind: "flow", recipe: written, samples: [sample] };
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
): Promise<SampledDensity> {
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
  return { density, kind: "morphed", recipe: written, samples, ...(nominal && { nominal }) };
}
