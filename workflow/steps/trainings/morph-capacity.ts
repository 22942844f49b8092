/** Which morph of one nuisance is kept: the simplest that held-out events do not refuse. */
import { isBeyondChance } from "../../../flows/training/epoch-choice.js";
import { differenceOf, groupedLoss } from "../../../flows/training/grouped-loss.js";
import { validationProgram } from "../../../flows/training/training-program.js";
import { named, updated } from "../../../flows/networks/weights.js";
import type { FlowArchitecture } from "../../../flows/architecture/kinds.js";
import type { FlowModel } from "../../../inference/model/mixture-model.js";
import {
  type ObservableName,
  type SimulatedEvents,
  trainingSample,
} from "../../../inference/model/sampling/simulated-events.js";
import {
  effectLoss,
  embedded,
  nominalAtAnchors,
  simplerMorph,
  withoutQuadratic,
} from "../../../inference/model/training/capacity.js";
import { NOMINAL } from "../../../inference/model/training/densities.js";
import {
  type Anchor,
  anchorSetOf,
  initialMorph,
  type MorphStage,
  type NamedMorph,
  type NamedShape,
  stageSamples,
} from "../../../inference/model/training/morph.js";
import { effectiveEvents } from "../../../inference/statistics/fit/covariance.js";
import type { RunContext } from "../../context.js";
import type { TrainingSummary } from "./training-step.js";

export interface TrainedMorph {
  readonly flow: NamedMorph;
  readonly key: string;
  readonly summary: TrainingSummary;
}

/** Effective parameters of the default morph, at most: 40 to 300 were measured on samples of 25 000 to 100 000 events. */
const MOST_PARAMETERS = 300;

/** Part of the information of a nuisance that the noise of training may be without a simpler morph being looked at. */
const LARGEST_NOISE = 0.05;

/** Groups of events whose sums give the error of the sum of all, to 9%. */
const GROUPS = 64;

/** Held-out gain per event of what a training learned. */
function gainOf({ keptEpoch, initialValidationLoss, history }: TrainingSummary): number | undefined {
  const kept = keptEpoch === 0 ? initialValidationLoss : history[keptEpoch - 1]?.validationLoss;
  return initialValidationLoss === null || kept === null || kept === undefined ? undefined : initialValidationLoss - kept;
}

/** With a gain of I/2 per event, the noise K/n is less than a part of the information I. */
function isStrong(summary: TrainingSummary, events: number): boolean {
  const gain = gainOf(summary);
  return gain === undefined || 2 * gain * events * LARGEST_NOISE > MOST_PARAMETERS;
}

export interface CapacityRequest {
  readonly of: ObservableName;
  readonly nominal: FlowModel<FlowArchitecture> & { readonly key: string };
  readonly stage: MorphStage;
  readonly shapes: readonly NamedShape[];
  /** Of the samples of the stage. */
  readonly anchors: readonly Anchor[];
  /** Trained with the architecture that the configuration asks for. */
  readonly full: TrainedMorph;
  /** Trains another morph on the same events. */
  readonly train: (initial: NamedMorph) => Promise<TrainedMorph>;
}

/** How a morph was chosen: gain of each in held-out log ratio per event over the one before that was kept, simplest first. */
export interface CapacityChoice {
  readonly chosen: string;
  readonly gains: readonly { readonly name: string; readonly gain: number; readonly error: number | null }[];
}

/**
 * Of an effect that is not far above the fluctuation of its samples, a simpler morph is trained as well; of each pair of morphs the larger is
 * kept if its held-out gain is above that of the simpler by more than one standard error (`isBeyondChance`).
 */
export async function chosenMorph(context: RunContext, request: CapacityRequest): Promise<TrainedMorph> {
  const { simulation, sizes, analysis, store, backend } = context;
  const { of, nominal, stage, shapes, anchors, full, train } = request;
  const architecture = full.flow.architecture;
  const simpler = simplerMorph(architecture, sizes.processes);
  const training = await simulation.training(stage.name, anchors, 0, 1);
  const events = training.reduce((sum, { count, weights }) => sum + (weights ? effectiveEvents(weights) : count), 0);
  if (simpler === undefined || isStrong(full.summary, events)) return full;
  const { seed } = analysis.configuration;
  const small = await train(initialMorph(simpler, stage.nuisances, nominal, seed));
  const isNominal = ({ at }: Anchor) => anchorSetOf(at, shapes) === undefined;
  const nominalAnchors = simulation.anchors.filter(isNominal);
  const name = `${of}.morph.${stage.name}.choice`;
  const inputs = { morphs: [small.key, full.key], nominal: simulation.digest(nominalAnchors, of) };
  const { arrays, record, key } = await store.run(name, inputs, async () => {
    const candidates = [
      { name: "simple", flow: embedded(small.flow, architecture, full.flow.weights) },
      ...(architecture.nuisances[0]!.linearOnly ? [] : [{ name: "linear", flow: withoutQuadratic(full.flow) }]),
      { name: "full", flow: full.flow },
    ];
    const [varied, unmoved] = await Promise.all([simulation.validation(anchors), simulation.validation(nominalAnchors)]);
    const samples = heldOutSamples(context, of, stage, shapes, varied!, unmoved!);
    const prefix = `${of}.systematics`;
    const parametersOf = (flow: NamedMorph) => named(prefix, flow.weights);
    const model = effectLoss({ of, nominal: nominal.architecture, morph: architecture, stage, sizes });
    const initial = { ...named(`${of}.nominal`, nominal.weights), ...parametersOf(full.flow) };
    const loss = await validationProgram(backend, model, samples, initial);
    try {
      const partsOf = await groupedLoss(loss, samples, GROUPS, { seed, purpose: name });
      let kept = candidates[0]!;
      let keptParts = await partsOf(parametersOf(kept.flow));
      const none = keptParts.map(() => 0);
      const gains = [{ name: kept.name, ...gainFrom(keptParts, none) }];
      for (const candidate of candidates.slice(1)) {
        const parts = await partsOf(parametersOf(candidate.flow));
        gains.push({ name: candidate.name, ...gainFrom(parts, keptParts) });
        if (isBeyondChance(differenceOf(parts, keptParts))) [kept, keptParts] = [candidate, parts];
      }
      const choice: CapacityChoice = { chosen: kept.name, gains };
      return { record: choice, arrays: parametersOf(kept.flow) };
    } finally {
      await loss.program.close();
    }
  });
  const flow = { ...full.flow, weights: updated(`${of}.systematics`, full.flow.weights, arrays) };
  return { flow, key, summary: record.chosen === "simple" ? small.summary : full.summary };
}

function gainFrom(parts: readonly number[], before: readonly number[]) {
  const { difference, error } = differenceOf(parts, before);
  return { gain: -difference, error: error ?? null };
}

function heldOutSamples(
  { simulation, sizes, backend }: RunContext,
  of: ObservableName,
  stage: MorphStage,
  shapes: readonly NamedShape[],
  varied: readonly SimulatedEvents[],
  unmoved: readonly SimulatedEvents[],
) {
  const numbers = { frame: simulation.frame, precision: backend.precision };
  const { name } = stage.sets[0]!;
  const own = stageSamples(stage, varied, shapes)[name]!;
  const sampleOf = (set: string, events: readonly SimulatedEvents[]) =>
    trainingSample(set, events, of, sizes.processes, numbers);
  return { [name]: sampleOf(name, own), [NOMINAL]: sampleOf(NOMINAL, nominalAtAnchors(own, unmoved)) };
}
