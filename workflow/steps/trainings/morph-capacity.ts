/** Which morph of one nuisance is kept: the simplest that has learned all that the samples show. */

import { named, updated } from "../../../flows/networks/weights.js";
import { isBeyondChance } from "../../../flows/training/epoch-choice.js";
import { differenceOf, groupedLoss } from "../../../flows/training/grouped-loss.js";
import { validationProgram } from "../../../flows/training/training-program.js";
import { morphResidual } from "../../../inference/data-checks/morph-residual.js";
import { EFFECT_LEVEL, type NuisanceEffect } from "../../../inference/data-checks/variations.js";
import {
  type ObservableName,
  type SimulatedEvents,
  trainingSample,
} from "../../../inference/model/sampling/simulated-events.js";
import {
  areLinear,
  effectLoss,
  embedded,
  nominalAtAnchors,
  type SimpleKind,
  simplerMorph,
  withoutQuadratic,
  withQuadraticPart,
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
import {
  morphInformation,
  noiseOfSamples,
  quadraticNoiseOfSamples,
  simpleParameters,
} from "../../../inference/model/training/morph-information.js";
import { quadraticPart } from "../../../inference/model/training/quadratic-part.js";
import { NEGLIGIBLE } from "../../effect-noise.js";
import type { MorphContext, MorphTask, TrainedMorph, TrainedNoise } from "./morph-task.js";

/** Groups of events whose sums give the error of the sum of all, to 9%. */
const GROUPS = 64;

export interface CapacityRequest extends Pick<MorphTask, "of" | "moved" | "shapes" | "step"> {
  readonly stage: MorphStage;
  /** Of the samples of the stage. */
  readonly anchors: readonly Anchor[];
  /** What the training that is configured begins with. */
  readonly initial: NamedMorph;
  /** The same morph without any training: the identity. Its weights are those of units that a simple morph does not have. */
  readonly untrained: NamedMorph;
  /** Trains with the architecture that is configured. */
  readonly trainFull: () => Promise<TrainedMorph>;
  /** Trains another morph on the same events. */
  readonly trainSimple: (kind: SimpleKind, initial: NamedMorph) => Promise<TrainedMorph>;
}

/** Names of the steps that look at what these morphs leave. */
const RESIDUALS: Readonly<Record<SimpleKind, string>> = {
  simple: "residual",
  "simple-quadratic": "residual-quadratic",
  "simple-spline": "residual-spline",
};

/**
 * The simple morph, unless the samples show more than it has learned (`morphResidual`, at the level at which they show an effect at all). Then, where
 * samples on both sides tell, that with quadratic terms, unless they show more than it has learned. Quadratic terms that cost next to nothing
 * (`isQuadraticFree`) are there even where nothing is missed, as far as they stand out of their noise (`quadraticPart`): what is missed by less
 * than is seen still biases a strong effect. Then, linear in ν again, that with a spline of each feature, and then the one that is configured, whose
 * networks learn much of the fluctuation of the samples. Of that without its quadratic terms and all of it, the larger is kept if its held-out gain is
 * above that of the other by more than chance (`isBeyondChance`); without held-out events, as a replica of the simulation is, what the training began
 * with decides.
 */
export async function chosenMorph(context: MorphContext, request: CapacityRequest): Promise<TrainedMorph> {
  const { initial, trainFull } = request;
  const { linearOnly } = initial.architecture.nuisances[0]!;
  const linear = await simpleMorph(context, request, "simple");
  if (linear === undefined) return trainFull();
  if (linear.isEnough && !linear.isQuadraticFree) return linear.morph;
  const quadratic = linearOnly ? undefined : await simpleMorph(context, request, "simple-quadratic", linear.isEnough);
  if (quadratic !== undefined && (linear.isEnough || quadratic.isEnough)) return quadratic.morph;
  const spline = await simpleMorph(context, request, "simple-spline");
  if (spline?.isEnough) return spline.morph;
  const full = await trainFull();
  if (linearOnly) return full;
  const heldOut = await context.simulation.validation(request.anchors);
  if (heldOut !== undefined) return withQuadraticWhereSeen(context, request, full, heldOut);
  return areLinear(initial)[0] ? { ...full, flow: withoutQuadratic(full.flow) } : full;
}

const isNominalOf =
  (shapes: readonly NamedShape[]) =>
  ({ at }: Anchor) =>
    anchorSetOf(at, shapes) === undefined;

/** Nominal samples of the processes that a stage has samples of. */
function nominalOf({ simulation }: MorphContext, { anchors, shapes }: CapacityRequest): Anchor[] {
  const processes = new Set(anchors.map(({ process }) => process));
  return simulation.anchors.filter((own) => processes.has(own.process) && isNominalOf(shapes)(own));
}

/** A morph with the events that it was trained on, and nominal ones. */
async function withSamples(
  { simulation, sizes, backend }: MorphContext,
  { of, moved, stage, shapes, anchors }: CapacityRequest,
  morph: NamedMorph,
  nominalAnchors: readonly Anchor[],
) {
  const training = await simulation.training(stage.name, anchors, 0, 1);
  const varied = stageSamples(stage, training, shapes)[stage.sets[0]!.name]!;
  const unmoved = await simulation.training(stage.name, nominalAnchors, 0, 1);
  const numbers = { frame: simulation.frame, precision: backend.precision };
  return { backend, of, moved, morph, varied, unmoved, sizes, numbers };
}

/**
 * Undefined where the morph that is configured is as simple.
 *
 * @param keepsPart  of the quadratic terms, in place of all
 */
async function simpleMorph(context: MorphContext, request: CapacityRequest, kind: SimpleKind, keepsPart = false) {
  const { stage, initial, untrained, trainSimple } = request;
  const architecture = simplerMorph(initial.architecture, context.sizes.processes, kind);
  if (architecture === undefined) return undefined;
  const { seed } = context.analysis.configuration;
  const trained = await trainSimple(kind, initialMorph(architecture, stage.nuisances, untrained, seed));
  const small = keepsPart ? await withPart(context, request, trained) : trained;
  const { residual, noise, isQuadraticFree } = await leftBySimple(context, request, kind, small);
  const flow = embedded(small.flow, untrained.architecture, untrained.weights);
  return { morph: { ...small, flow, noise }, isEnough: residual.pValue >= EFFECT_LEVEL, isQuadraticFree };
}

/** The morph with the part of its quadratic terms that stands out of their noise. */
async function withPart(context: MorphContext, request: CapacityRequest, small: TrainedMorph): Promise<TrainedMorph> {
  const { simulation, store } = context;
  const { of, stage, step } = request;
  const nominalAnchors = nominalOf(context, request);
  const inputs = { morph: small.key, nominal: simulation.digest(nominalAnchors, of) };
  const { record, key } = await store.run(`${step}.quadratic-part.${stage.nuisances[0]}`, inputs, async () => {
    const found = await quadraticPart(await withSamples(context, request, small.flow, nominalAnchors));
    return { record: { ...found }, arrays: {} };
  });
  return { ...small, flow: withQuadraticPart(small.flow, record.part, record.slope), key };
}

/** What a simple morph has not learned, and how much of what it has is noise. */
interface SimpleFindings {
  readonly residual: NuisanceEffect;
  readonly noise: readonly TrainedNoise[];
  /** Would the noise of a simple morph with quadratic terms be negligible in all processes together, one prior standard deviation off the nominal value? */
  readonly isQuadraticFree: boolean;
}

async function leftBySimple(
  context: MorphContext,
  request: CapacityRequest,
  kind: SimpleKind,
  small: TrainedMorph,
): Promise<SimpleFindings> {
  const { simulation, sizes, store } = context;
  const { of, stage } = request;
  const nominalAnchors = nominalOf(context, request);
  const inputs = { morph: small.key, nominal: simulation.digest(nominalAnchors, of) };
  const name = `${request.step}.${RESIDUALS[kind]}.${stage.nuisances[0]}`;
  const { linearOnly } = request.initial.architecture.nuisances[0]!;
  const { record } = await store.run(name, inputs, async () => {
    const { varied, ...common } = await withSamples(context, request, small.flow, nominalAnchors);
    const { unmoved } = common;
    const residual = await morphResidual({ ...common, varied });
    const information = await morphInformation(common);
    const parameters = simpleParameters(sizes[of], of === "y" ? sizes.x : 0, small.flow.architecture.spline);
    const nominalValue = small.flow.architecture.nuisances[0]!.nominal;
    const found = [...information].map(([process, own]) => {
      const ofProcess = (events: readonly SimulatedEvents[]) => events.filter((each) => each.process === process);
      const samples = [parameters, ofProcess(varied), ofProcess(unmoved), nominalValue] as const;
      const noise = kind === "simple-quadratic" ? quadraticNoiseOfSamples(...samples, 0) : noiseOfSamples(...samples);
      const simulated = ofProcess(unmoved).reduce((sum, { count }) => sum + count, 0);
      const ofQuadratic = linearOnly ? 0 : quadraticNoiseOfSamples(...samples, 1);
      return { process, simulated, information: own, noise, ofQuadratic };
    });
    return { record: { residual, found }, arrays: {} };
  });
  const nuisance = stage.nuisances[0]!;
  const noise = record.found.map(({ process, information, noise }) => ({ nuisance, process, information, noise }));
  const total = (part: "information" | "ofQuadratic") =>
    // By simulated events: another yield in the configuration repeats no training.
    record.found.reduce((sum, own) => sum + own.simulated * own[part], 0);
  const isQuadraticFree = !linearOnly && total("ofQuadratic") < NEGLIGIBLE * total("information");
  return { residual: record.residual, noise, isQuadraticFree };
}

async function withQuadraticWhereSeen(
  context: MorphContext,
  { of, moved, stage, shapes, step }: CapacityRequest,
  full: TrainedMorph,
  heldOut: readonly SimulatedEvents[],
): Promise<TrainedMorph> {
  const { simulation, sizes, analysis, store, backend } = context;
  const nominalAnchors = simulation.anchors.filter(isNominalOf(shapes));
  const name = `${step}.quadratic.${stage.nuisances[0]}`;
  const inputs = { morph: full.key, nominal: simulation.digest(nominalAnchors, of) };
  const { prefix } = moved;
  const parametersOf = (flow: NamedMorph) => named(prefix, flow.weights);
  const { arrays, key } = await store.run(name, inputs, async () => {
    const linear = withoutQuadratic(full.flow);
    const unmoved = (await simulation.validation(nominalAnchors))!;
    const samples = heldOutSamples(context, of, stage, shapes, heldOut, unmoved);
    const model = effectLoss({ of, moved, morph: full.flow.architecture, stage, sizes });
    const initial = { ...moved.parameters, ...parametersOf(full.flow) };
    const loss = await validationProgram(backend, model, samples, initial);
    try {
      const { seed } = analysis.configuration;
      const partsOf = await groupedLoss(loss, samples, GROUPS, { seed, purpose: name });
      const found = differenceOf(await partsOf(parametersOf(full.flow)), await partsOf(parametersOf(linear)));
      const isSeen = isBeyondChance(found);
      return { record: { isSeen, ...found }, arrays: parametersOf(isSeen ? full.flow : linear) };
    } finally {
      await loss.program.close();
    }
  });
  return { ...full, flow: { ...full.flow, weights: updated(prefix, full.flow.weights, arrays) }, key };
}

function heldOutSamples(
  { simulation, sizes, backend }: MorphContext,
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
