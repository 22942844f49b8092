/** Samples of a morph of a composition as trainings of morphs take simulated events. */
import { splitIndices } from "../../../flows/training/event-sample.js";
import type { SimulatedEvents } from "../../../inference/model/sampling/simulated-events.js";
import {
  allOfSample,
  type ChosenEvents,
  type EventPairs,
  eventPairs,
  eventsByProcess,
  type MorphLayout,
} from "../../../inference/model/training/morph-layout.js";
import { digestOfColumns } from "../../events/event-digest.js";
import { isSameAnchor } from "../../simulation/sample-simulation.js";
import type { MorphContext } from "../trainings/morph-task.js";
import { type NominalSample, type SampledDensity, type SplitChoice, trainingName } from "./training-samples.js";

/** Events of one sample, for training and held out. */
interface Split {
  readonly digest: unknown;
  readonly training: readonly SimulatedEvents[];
  readonly validation: readonly SimulatedEvents[];
}

/** Stands for the events of a morph and of the nominal sample: what its trainings follow from. */
export function sampleDigests({ samples, nominal }: SampledDensity) {
  return {
    varied: samples.map(({ events, at, isVariation }) => {
      const pairs = isVariation ? eventPairs(events, nominal!.events) : undefined;
      return [events.digest, at, ...(pairs === undefined ? [] : [pairsDigest(pairs)])] as const;
    }),
    nominal: nominal && [nominal.events.digest, nominal.split],
  };
}

const pairsDigest = ({ varied, nominal }: EventPairs) =>
  digestOfColumns([varied, nominal].map((own) => Float64Array.from(own)));

/**
 * @param nominalAt  nominal values of the nuisances
 */
export function morphSimulation(
  layout: MorphLayout,
  sampled: SampledDensity,
  nominalAt: readonly number[],
  seed: number,
): MorphContext["simulation"] {
  const { density, recipe, samples, nominal } = sampled;
  const digests = sampleDigests(sampled);
  const varied = samples.map(({ events, at, isVariation }, i) => {
    const choice = { purpose: `${trainingName(density)}/${i}`, heldOut: recipe.heldOut };
    const pairs = isVariation ? eventPairs(events, nominal!.events) : undefined;
    const own = pairs === undefined ? allOfSample(events.data) : { data: events.data, positions: pairs.varied };
    const twin = pairs && { data: nominal!.events.data, positions: pairs.nominal };
    return splitEvents(layout, seed, at, choice, digests.varied[i], own, twin);
  });
  const parts = [...varied, ...(nominal ? [nominalEvents(layout, seed, nominalAt, nominal, digests.nominal)] : [])];
  const chosen = (part: "training" | "validation", anchors: Parameters<typeof isSameAnchor>[0][]) =>
    parts.flatMap((own) => own[part].filter((events) => anchors.some((anchor) => isSameAnchor(anchor, events))));
  return {
    anchors: parts.flatMap(({ training }) => training.map(({ process, at }) => ({ process, at }))),
    isFresh: false,
    // Nominal events stand beside those of any anchors.
    digest: (anchors) =>
      JSON.stringify(
        parts.flatMap(({ digest, training }, i) =>
          i === varied.length || training.some((events) => anchors.some((anchor) => isSameAnchor(anchor, events)))
            ? [digest]
            : [],
        ),
      ),
    training: async (_purpose, anchors) => chosen("training", [...anchors]),
    validation: async (anchors) => chosen("validation", [...anchors]),
  };
}

const nominalEvents = (
  layout: MorphLayout,
  seed: number,
  at: readonly number[],
  { events, split }: NominalSample,
  digest: unknown,
) => splitEvents(layout, seed, at, split, digest, allOfSample(events.data), undefined);

function splitEvents(
  layout: MorphLayout,
  seed: number,
  at: readonly number[],
  { purpose, heldOut }: SplitChoice,
  digest: unknown,
  varied: ChosenEvents,
  nominal: ChosenEvents | undefined,
): Split {
  const { training, validation } = splitIndices(varied.positions.length, { seed, purpose, validation: heldOut });
  const part = ({ data, positions }: ChosenEvents, own: Int32Array) => ({
    data,
    positions: own.map((i) => positions[i]!),
  });
  const events = (own: Int32Array) => eventsByProcess(layout, at, part(varied, own), nominal && part(nominal, own));
  return { digest: [digest, heldOut], training: events(training), validation: events(validation) };
}
