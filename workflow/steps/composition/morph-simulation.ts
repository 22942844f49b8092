/** Samples of a morph of a composition as trainings of morphs take simulated events. */
import { type EventSplit, splitIndices } from "../../../flows/training/event-sample.js";
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
import { type NominalSample, type SampledMorph, trainingName } from "./training-samples.js";

/** Events of one sample, for training and held out. */
interface Split {
  readonly digest: unknown;
  readonly training: readonly SimulatedEvents[];
  readonly validation: readonly SimulatedEvents[];
}

/** Stands for the events of a morph and of the nominal sample: what its trainings follow from. */
export function sampleDigests({ samples, nominal }: SampledMorph) {
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
  sampled: SampledMorph,
  nominalAt: readonly number[],
  seed: number,
): MorphContext["simulation"] {
  const { density, recipe, samples, nominal } = sampled;
  const digests = sampleDigests(sampled);
  const heldOutRows = nominal && rowsHeldOut(sampled, nominal, seed);
  const nominalRow = (k: number) => rowAt(nominal!.events, k);
  const varied = samples.map(({ events, at, isVariation }, i) => {
    const choice = { purpose: `${trainingName(density)}/${i}`, heldOut: recipe.heldOut };
    const pairs = isVariation ? eventPairs(events, nominal!.events) : undefined;
    const own = pairs === undefined ? allOfSample(events.data) : { data: events.data, positions: pairs.varied };
    const twin = pairs && { data: nominal!.events.data, positions: pairs.nominal };
    const rowOf = (k: number) =>
      twin!.positions[k]! >= 0 ? nominalRow(twin!.positions[k]!) : rowAt(events, own.positions[k]!);
    const split =
      twin === undefined
        ? splitIndices(own.positions.length, { seed, purpose: choice.purpose, validation: choice.heldOut })
        : splitByRow(own.positions.length, rowOf, heldOutRows!);
    return splitEvents(layout, at, split, [digests.varied[i], recipe.heldOut, twin && heldOutRows!.length], own, twin);
  });
  const parts = [
    ...varied,
    ...(nominal ? [nominalEvents(layout, nominalAt, nominal, digests.nominal, heldOutRows!)] : []),
  ];
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

type ReadEvents = NominalSample["events"];

/** Row of its file of an event. */
const rowAt = ({ rows }: ReadEvents, k: number): number => rows?.[k] ?? k;

/**
 * Of each row of the file of the nominal sample, 1 where it is held out, in all samples of that file. Rows that the
 * training of the density behind the morph has seen are in the part that they have there.
 */
function rowsHeldOut({ samples }: SampledMorph, { events, split, splitAs }: NominalSample, seed: number): Uint8Array {
  const all = [splitAs, events, ...samples.flatMap((own) => (own.isVariation ? [own.events] : []))];
  const size = Math.max(...all.map((own) => rowAt(own, own.data.count - 1) + 1));
  const request = { seed, purpose: split.purpose, validation: split.heldOut };
  const found = new Uint8Array(size);
  for (const row of splitIndices(size, { ...request, purpose: `${split.purpose}/rows` }).validation) found[row] = 1;
  const { training, validation } = splitIndices(splitAs.data.count, request);
  for (const k of training) found[rowAt(splitAs, k)] = 0;
  for (const k of validation) found[rowAt(splitAs, k)] = 1;
  return found;
}

function splitByRow(count: number, rowOf: (k: number) => number, heldOut: Uint8Array): EventSplit {
  const all = Int32Array.from({ length: count }, (_, k) => k);
  return {
    training: all.filter((k) => heldOut[rowOf(k)] === 0),
    validation: all.filter((k) => heldOut[rowOf(k)] === 1),
  };
}

function nominalEvents(
  layout: MorphLayout,
  at: readonly number[],
  { events, split }: NominalSample,
  digest: unknown,
  heldOut: Uint8Array,
): Split {
  const parts = splitByRow(events.data.count, (k) => rowAt(events, k), heldOut);
  return splitEvents(layout, at, parts, [digest, split.heldOut, heldOut.length], allOfSample(events.data), undefined);
}

function splitEvents(
  layout: MorphLayout,
  at: readonly number[],
  { training, validation }: EventSplit,
  digest: unknown,
  varied: ChosenEvents,
  nominal: ChosenEvents | undefined,
): Split {
  const part = ({ data, positions }: ChosenEvents, own: Int32Array) => ({
    data,
    positions: own.map((i) => positions[i]!),
  });
  const events = (own: Int32Array) => eventsByProcess(layout, at, part(varied, own), nominal && part(nominal, own));
  return { digest, training: events(training), validation: events(validation) };
}
