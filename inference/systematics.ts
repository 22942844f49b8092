/** What the shape nuisances do to a density: a factorizable flow trained on samples at their anchors, arXiv:2606.30489. */
import { add, mul, slice } from "../engine/operations.js";
import { type FactorizableArchitecture, type FlowArchitecture, initialise } from "../flows/architecture.js";
import { bindFactorizableFlow } from "../flows/factorizable.js";
import { bindFlow } from "../flows/flow.js";
import type { Optimiser } from "../flows/optimiser.js";
import type { ModelBuilder } from "../flows/training-program.js";
import { type Dimensions, meanLoss, observedColumns, sumOf } from "./densities.js";
import type { FlowModel } from "./mixture-model.js";
import { columnName, type ObservableName, type SimulatedEvents } from "./simulated-events.js";

/** Samples in which the same nuisances are off their centres: one event set. */
export interface AnchorSet {
  readonly name: string;
  /** Positions of the shape nuisances that are off their centres, ascending. */
  readonly active: readonly number[];
  /** Number of (process, point) in it, each of which counts the same. */
  readonly anchors: number;
}

/** A point at which a process was simulated. */
export interface Anchor {
  readonly process: number;
  /** [shapes] */
  readonly at: readonly number[];
}

const activeAt = (at: readonly number[], centres: readonly number[]) =>
  at.flatMap((value, k) => (value === centres[k] ? [] : [k]));

const setName = (active: readonly number[]) => `off-${active.join("-")}`;

/** The event set that a sample off the centres belongs to; undefined for a nominal one. */
export function anchorSetOf(at: readonly number[], centres: readonly number[]): string | undefined {
  const active = activeAt(at, centres);
  return active.length === 0 ? undefined : setName(active);
}

/**
 * Event sets of the anchors off the centres, in order of appearance.
 *
 * @param centres  of the shape nuisances [shapes], prior standard deviations
 */
export function anchorSets(anchors: readonly Anchor[], centres: readonly number[]): AnchorSet[] {
  const points = new Map<string, { active: number[]; keys: Set<string> }>();
  for (const { process, at } of anchors) {
    const active = activeAt(at, centres);
    if (active.length === 0) continue;
    const name = setName(active);
    const entry = points.get(name) ?? { active, keys: new Set<string>() };
    points.set(name, entry);
    entry.keys.add(`${process}: ${at.join()}`);
  }
  return [...points].map(([name, { active, keys }]) => ({ name, active, anchors: keys.size }));
}

/** Event sets of one training, and which networks it moves. */
export interface SystematicsStage {
  readonly name: "singles" | "joint";
  readonly sets: readonly AnchorSet[];
}

/**
 * The trainings that follow one another, each from the weights that the last one left.
 *
 * Networks of single nuisances first, from samples without a pair; then all networks together from all samples, which is the
 * maximum of the likelihood: with the single terms frozen at this point, the pair terms would also take over what the
 * former lack at the corners. A nuisance that was never simulated off its centre without a pair is trained on those first too.
 */
export function systematicsStages(
  sets: readonly AnchorSet[],
  pairs: readonly (readonly [number, number])[],
): SystematicsStage[] {
  const containsPair = ({ active }: AnchorSet) => pairs.some((pair) => pair.every((k) => active.includes(k)));
  const alone = new Set(sets.filter((set) => !containsPair(set)).flatMap(({ active }) => active));
  const singles = sets.filter((set) => !containsPair(set) || set.active.some((k) => !alone.has(k)));
  const joint = sets.filter(containsPair);
  return [
    ...(singles.length > 0 ? [{ name: "singles" as const, sets: singles }] : []),
    ...(joint.length > 0 ? [{ name: "joint" as const, sets }] : []),
  ];
}

/**
 * Is some process simulated at less than two values of the nuisance off its centre? Then the quadratic term cannot be told
 * from the linear one.
 */
export function isLinearOnly(anchors: readonly Anchor[], k: number, centre: number): boolean {
  const values = new Map<number, Set<number>>();
  for (const { process, at } of anchors) {
    if (at[k] === centre) continue;
    values.set(process, (values.get(process) ?? new Set()).add(at[k]!));
  }
  return [...values.values()].some((ofProcess) => ofProcess.size < 2);
}

/** The identity at every ν, in the frame of the nominal flow: what training starts from. */
export function initialSystematics(
  architecture: FactorizableArchitecture,
  nominal: FlowModel<FlowArchitecture>,
  seed: number,
): FlowModel<FactorizableArchitecture> {
  const weights = [...initialise(architecture, seed)].map(
    ([name, own]) => [name, name.startsWith("standardisation.") ? nominal.weights.get(name)! : own] as const,
  );
  return { architecture, weights: new Map(weights) };
}

/** What `systematicsTraining` is asked for. */
export interface SystematicsRequest {
  readonly of: ObservableName;
  readonly nominal: FlowArchitecture;
  readonly systematics: FactorizableArchitecture;
  readonly stage: SystematicsStage;
  readonly sizes: Dimensions;
  readonly optimiser: Optimiser;
}

/**
 * For `train`: parameters `<of>.nominal…` and `<of>.systematics…`, data of `stageSamples` packed by `trainingSample`, one event
 * set each.
 *
 * -Σ w log p / Σ w with every anchor of every set counting the same; the nominal flow is frozen. A set's nuisances enter
 * as columns, all others are at their centres and cost nothing.
 */
export function systematicsTraining(request: SystematicsRequest): ModelBuilder {
  const { of, nominal, systematics, stage, sizes, optimiser } = request;
  const total = stage.sets.reduce((sum, { anchors }) => sum + anchors, 0);
  return (tape, normalisers) => {
    const density = bindFlow(tape, nominal, `${of}.nominal`);
    const flow = bindFactorizableFlow(tape, systematics, `${of}.systematics`);
    const losses = stage.sets.map(({ name, active, anchors }) => {
      const { features, context, weight } = observedColumns(tape, name, of, sizes);
      const nu = tape.column(columnName(name, "nu"), [sizes.shapes], tape.events(name));
      const values = systematics.nuisances.map((_, k) => (active.includes(k) ? slice(nu, -1, k, k + 1) : undefined));
      const { value, logDet } = flow.toNominal(features, context, values);
      const logProb = add(density.logProb(value, context), logDet);
      return mul(meanLoss(logProb, weight, normalisers[name]!), anchors / total);
    });
    const isMoved = (name: string) => stage.name === "joint" || name.includes(".nuisances.");
    const parameters = [...flow.trainable].flatMap(([name, node]) => (isMoved(name) ? [node] : []));
    return { loss: sumOf(losses), trainable: [{ parameters, optimiser }] };
  };
}

/**
 * Events of each set of a stage, by its name.
 *
 * @param centres  as in `anchorSets`
 */
export function stageSamples<S extends SimulatedEvents>(
  stage: SystematicsStage,
  events: readonly S[],
  centres: readonly number[],
): Record<string, S[]> {
  return Object.fromEntries(
    stage.sets.map(({ name }) => [name, events.filter(({ at }) => anchorSetOf(at, centres) === name)]),
  );
}
