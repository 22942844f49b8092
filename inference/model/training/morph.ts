/** What the shape nuisances do to a density: a factorizable flow trained on samples at their anchors, arXiv:2606.30489. */

import {
  aList,
  aMap,
  anObject,
  checkArgument,
  checkOptions,
  checkParts,
  type Options,
  oneOf,
  optional,
} from "../../../engine/options.js";
import { add, div, mul, slice, sumEvents } from "../../../engine/tape/operations.js";
import {
  type Architecture,
  type FactorizableArchitecture,
  type FlowArchitecture,
  tensorSpecs,
} from "../../../flows/architecture/architecture.js";
import { initialTensor } from "../../../flows/networks/weights.js";
import type { Optimiser } from "../../../flows/training/optimiser.js";
import type { ModelBuilder } from "../../../flows/training/training-program.js";
import type { FlowModel, ShapeNuisance } from "../mixture-model.js";
import { columnName, type ObservableName, type SimulatedEvents } from "../sampling/simulated-events.js";
import { type Dimensions, meanLoss, observedColumns, sumOf } from "./densities.js";
import { logRatio, type MovedDensity, movedFlow } from "./moved-density.js";
import { controlColumns, ratioExcess } from "./pairs.js";

/** What a morph knows of a shape nuisance, in the order of its architecture. */
export type NamedShape = Pick<ShapeNuisance, "name" | "nominal">;

/** Samples in which the same nuisances are off their nominal values: one event set. */
export interface AnchorSet {
  readonly name: string;
  /** Names of the shape nuisances that are off their nominal values, in alphabetical order. */
  readonly active: readonly string[];
  /** Number of (process, point) in it, by which the set counts. */
  readonly anchors: number;
}

/** A point at which a process was simulated. */
export interface Anchor {
  readonly process: number;
  /** [shapes] */
  readonly at: readonly number[];
}

// Alphabetical, so that nothing depends on the order of declaration.
const activeAt = (at: readonly number[], shapes: readonly NamedShape[]) =>
  shapes.flatMap(({ name, nominal }, k) => (at[k] === nominal ? [] : [name])).sort();

const setName = (active: readonly string[]) => `off-${active.join()}`;

/** The event set that a sample off the nominal values belongs to; undefined for a nominal one. */
export function anchorSetOf(at: readonly number[], shapes: readonly NamedShape[]): string | undefined {
  const active = activeAt(at, shapes);
  return active.length === 0 ? undefined : setName(active);
}

/** Event sets of the anchors off the nominal values, in order of appearance. */
export function anchorSets(anchors: readonly Anchor[], shapes: readonly NamedShape[]): AnchorSet[] {
  checkArgument("anchorSets", "anchors", anchors, aList);
  checkArgument("anchorSets", "shapes", shapes, aList);
  const points = new Map<string, { active: string[]; keys: Set<string> }>();
  for (const { process, at } of anchors) {
    const active = activeAt(at, shapes);
    if (active.length === 0) continue;
    const name = setName(active);
    const entry = points.get(name) ?? { active, keys: new Set<string>() };
    points.set(name, entry);
    entry.keys.add(`${process}: ${at.join()}`);
  }
  return [...points].map(([name, { active, keys }]) => ({ name, active, anchors: keys.size }));
}

/** One training: whose networks it moves, and the event sets it looks at. */
export interface MorphStage {
  /** Follows from the names of its nuisances, whatever others there are: of steps and random numbers. */
  readonly name: string;
  /** In alphabetical order. */
  readonly nuisances: readonly string[];
  /** Whether it moves the networks of pairs too. */
  readonly withPairs: boolean;
  readonly sets: readonly AnchorSet[];
}

/**
 * The trainings, those of the same nuisances each from the weights that the last one left.
 *
 * Every nuisance first, from the samples in which it alone is off its nominal value: the others are then the identity, so that none
 * has to be trained again when another is added. Nuisances that samples move together are then trained together: with single terms
 * frozen, the pair terms would also take over what those lack at the corners.
 */
export function morphStages(sets: readonly AnchorSet[], pairs: readonly (readonly [string, string])[]): MorphStage[] {
  checkArgument("morphStages", "sets", sets, aList);
  checkArgument("morphStages", "pairs", pairs, aList);
  const single = sets.filter(({ active }) => active.length === 1);
  return [
    ...single.map((set) => ({
      name: `single.${set.active[0]}`,
      nuisances: set.active,
      withPairs: false,
      sets: [set],
    })),
    ...connected(sets).flatMap((nuisances) => stagesTogether(nuisances, sets, pairs)),
  ];
}

/** Groups of nuisances, in alphabetical order, that samples with several of them off their nominal values connect. */
function connected(sets: readonly AnchorSet[]): string[][] {
  let groups: string[][] = [];
  for (const { active } of sets.filter((set) => set.active.length > 1)) {
    const touched = groups.filter((group) => group.some((name) => active.includes(name)));
    const union = [...new Set([...active, ...touched.flat()])].sort();
    groups = [...groups.filter((group) => !touched.includes(group)), union];
  }
  return groups;
}

/**
 * Single networks from samples without a pair, where single trainings have not seen them all; then all networks from all
 * samples, which is the maximum of the likelihood. A nuisance that was never simulated off its nominal value without a pair is
 * trained on those first too.
 */
function stagesTogether(
  nuisances: readonly string[],
  sets: readonly AnchorSet[],
  pairs: readonly (readonly [string, string])[],
): MorphStage[] {
  const own = sets.filter(({ active }) => nuisances.includes(active[0]!)).sort((a, b) => (a.name < b.name ? -1 : 1));
  const containsPair = ({ active }: AnchorSet) => pairs.some((pair) => pair.every((name) => active.includes(name)));
  const alone = new Set(own.filter((set) => !containsPair(set)).flatMap(({ active }) => active));
  const first = own.filter((set) => !containsPair(set) || set.active.some((name) => !alone.has(name)));
  const isMore = first.some(({ active }) => active.length > 1);
  // Groups have no nuisance in common: the first one names the group.
  const stage = (kind: "together" | "joint", of: readonly AnchorSet[]) => ({
    name: `${kind}.${nuisances[0]}`,
    nuisances,
    withPairs: kind === "joint",
    sets: of,
  });
  return [...(isMore ? [stage("together", first)] : []), ...(own.some(containsPair) ? [stage("joint", own)] : [])];
}

/**
 * Is some process simulated at less than two values of the nuisance off its nominal value? Then the quadratic term cannot be
 * separated from the linear one.
 */
export function isLinearOnly(anchors: readonly Anchor[], k: number, nominal: number): boolean {
  checkArgument("isLinearOnly", "anchors", anchors, aList);
  const values = new Map<number, Set<number>>();
  for (const { process, at } of anchors) {
    if (at[k] === nominal) continue;
    values.set(process, (values.get(process) ?? new Set()).add(at[k]!));
  }
  return [...values.values()].some((ofProcess) => ofProcess.size < 2);
}

/** A morph whose nuisances have names. */
export interface NamedMorph extends FlowModel<FactorizableArchitecture> {
  /** In the order of the architecture. */
  readonly names: readonly string[];
}

/** Name of a tensor that does not depend on the order of the nuisances. */
function tensorByName(tensor: string, names: readonly string[]): string {
  return tensor.replace(/\.(nuisances|pairs)\.([\d-]+)\./, (_, folder: string, positions: string) => {
    const own = positions.split("-").map((k) => names[Number(k)]!);
    return `.${folder}.${own.sort().join()}.`;
  });
}

/**
 * The identity at every ν: what training starts from. The weights of a network follow from the names of its nuisances.
 *
 * @param nominal  with constants for standardisation
 */
export function initialMorph(
  architecture: FactorizableArchitecture,
  names: readonly string[],
  nominal: FlowModel<Architecture>,
  seed: number,
): NamedMorph {
  const weights = tensorSpecs(architecture).map((spec) => {
    const isFrame = spec.name.startsWith("standardisation.");
    const own = isFrame
      ? nominal.weights.get(spec.name)!
      : initialTensor({ ...spec, name: tensorByName(spec.name, names) }, seed);
    return [spec.name, own] as const;
  });
  return { architecture, names, weights: new Map(weights) };
}

/** The flow of a stage's nuisances alone, in the stage's order: all others are at their nominal values, where they change nothing. */
export function stageFlow(whole: NamedMorph, stage: MorphStage): NamedMorph {
  checkParts("stageFlow", "a morph", whole, { names: aList, architecture: anObject, weights: aMap });
  checkParts("stageFlow", "a stage", stage, { nuisances: aList });
  const { nuisances, withPairs } = stage;
  const { nuisances: all, pairs } = whole.architecture;
  const ownPairs = pairs.flatMap((pair) => {
    const [k, l] = pair.map((at) => nuisances.indexOf(whole.names[at]!)).sort((a, b) => a - b) as [number, number];
    return withPairs && k >= 0 ? [[k, l] as const] : [];
  });
  const architecture = {
    ...whole.architecture,
    nuisances: nuisances.map((name) => all[whole.names.indexOf(name)]!),
    pairs: ownPairs.sort(([i, j], [k, l]) => i - k || j - l),
  };
  const byName = new Map([...whole.weights].map(([name, tensor]) => [tensorByName(name, whole.names), tensor]));
  const weights = tensorSpecs(architecture).map(
    ({ name }) => [name, byName.get(tensorByName(name, nuisances))!] as const,
  );
  return { architecture, names: nuisances, weights: new Map(weights) };
}

/** The whole flow with the weights of a part. */
export function withStageFlow(whole: NamedMorph, part: NamedMorph): NamedMorph {
  checkParts("withStageFlow", "the morph", whole, { names: aList, architecture: anObject, weights: aMap });
  checkParts("withStageFlow", "the part", part, { names: aList, weights: aMap });
  const byName = new Map([...part.weights].map(([name, tensor]) => [tensorByName(name, part.names), tensor]));
  const weights = [...whole.weights].map(
    ([name, own]) => [name, byName.get(tensorByName(name, whole.names)) ?? own] as const,
  );
  return { ...whole, weights: new Map(weights) };
}

/** What `morphTraining` is asked for. */
export interface MorphRequest {
  readonly of: ObservableName;
  readonly nominal: FlowArchitecture;
  /** That of `stageFlow`. */
  readonly morph: FactorizableArchitecture;
  readonly stage: MorphStage;
  /** Names of the event sets that `withControl` has added nominal events to. */
  readonly controlled?: readonly string[] | undefined;
  readonly sizes: Dimensions;
  readonly optimiser: Optimiser;
}

const trainingOptions: Options<MorphRequest> = {
  of: oneOf("x", "y"),
  nominal: anObject,
  morph: anObject,
  stage: anObject,
  controlled: optional(aList),
  sizes: anObject,
  optimiser: anObject,
};

/**
 * For `train`: parameters under the `parameterPrefixes` of `<of>.nominal` and `<of>.morph`, data of `stageSamples` packed by `trainingSample`, one event
 * set each; the loss is that of `stageLoss`.
 */
export function morphTraining(request: MorphRequest): ModelBuilder {
  checkOptions("morphTraining", request, trainingOptions);
  const { nominal, ...stage } = request;
  return stageLoss({ ...stage, moved: movedFlow(request.of, nominal) });
}

/** The same of any density. */
export interface StageRequest extends Omit<MorphRequest, "nominal"> {
  readonly moved: MovedDensity;
}

/**
 * -Σ w log p / Σ w of each set, times its number of anchors; the nominal density is frozen. A set's nuisances enter
 * as columns, all others are at their nominal values and cost nothing. With nominal events beside them, with the control variate of
 * `training/pairs`.
 */
export function stageLoss({ of, moved, morph, stage, controlled = [], sizes, optimiser }: StageRequest): ModelBuilder {
  const total = stage.sets.reduce((sum, { anchors }) => sum + anchors, 0);
  return (tape, normalisers) => {
    const density = moved.bind(tape, morph);
    const losses = stage.sets.map(({ name, active, anchors }) => {
      const varied = observedColumns(tape, name, of, sizes);
      const nu = tape.column(columnName(name, "nu"), [stage.nuisances.length], tape.events(name));
      const values = stage.nuisances.map((own, k) => (active.includes(own) ? slice(nu, -1, k, k + 1) : undefined));
      const loss = () => meanLoss(density.logProb(varied, values), varied.weight, normalisers[name]!);
      if (!controlled.includes(name)) return mul(loss(), anchors / total);
      const own = controlColumns(tape, name, of, sizes, varied.process);
      const excess = ratioExcess(logRatio(density, own, values));
      const control = div(sumEvents(mul(own.weight, excess)), normalisers[name]!);
      return mul(add(loss(), control), anchors / total);
    });
    return { loss: sumOf(losses), trainable: [{ parameters: [...density.trainable], optimiser }] };
  };
}

/** Events of each set of a stage, by its name; they are `at` values of the stage's nuisances. */
export function stageSamples<S extends SimulatedEvents>(
  stage: MorphStage,
  events: readonly S[],
  shapes: readonly NamedShape[],
): Record<string, S[]> {
  checkParts("stageSamples", "a stage", stage, { nuisances: aList });
  checkArgument("stageSamples", "events", events, aList);
  checkArgument("stageSamples", "shapes", shapes, aList);
  const positions = stage.nuisances.map((name) => shapes.findIndex((shape) => shape.name === name));
  return Object.fromEntries(
    stage.sets.map(({ name }) => [
      name,
      events.flatMap((own) =>
        anchorSetOf(own.at, shapes) === name ? [{ ...own, at: positions.map((k) => own.at[k]!) }] : [],
      ),
    ]),
  );
}
