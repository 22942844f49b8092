/** Closure: do the trained densities describe simulation, as far as the data can tell? */

import type { MixtureModel } from "../../inference/model/mixture-model.js";
import { MOST_TRAINED } from "../../inference/model/predictions/classifier-test.js";
import { closureTests, inData } from "../../inference/model/predictions/closure.js";
import {
  type ClosureTest,
  type ClosureVerdict,
  closureVerdicts,
} from "../../inference/model/predictions/closure-verdicts.js";
import { type SimulatedPoint, simulatedPoints, thinned } from "../../inference/model/predictions/process-samples.js";
import { withoutTransport } from "../../inference/model/sampling/sampling.js";
import type { ObservableName } from "../../inference/model/sampling/simulated-events.js";
import {
  featureLabel,
  nominalShapes,
  nuisancesOfKind,
  processNames,
  simulatedEvents,
} from "../configuration/analysis.js";
import { looksAtY, observedEvents, type RunContext } from "../context.js";
import { allEvents } from "../simulation/simulation.js";
import type { Verdict } from "../verdicts.js";

export interface Closure {
  readonly tests: readonly ClosureTest[];
  readonly verdicts: readonly ClosureVerdict[];
}

/** "A at shift = 1" */
export function describeAnchor(context: RunContext, process: number, at: readonly number[]): string {
  return `${processNames(context.analysis.configuration)[process]}, ${describePoint(context, at)}`;
}

/** "nominal", "shift = 1" */
export function describePoint({ analysis: { configuration } }: RunContext, at: readonly number[]): string {
  const shapes = nuisancesOfKind(configuration, "shape");
  const nominal = nominalShapes(configuration);
  const moved = shapes.flatMap((name, k) => (at[k] === nominal[k] ? [] : [`${name} = ${at[k]}`]));
  return moved.length === 0 ? "nominal" : moved.join(", ");
}

/** Simulated events of all points together whose scores are taken. */
export const MOST_SCORED = 1_000_000;

/** Simulated events of all samples together that are binned; with those above some fifteen seconds of one core for the toy. */
const MOST_BINNED = 500_000;

/** Simulation at all points, drawn or joined once where it is asked for; see `pointsOfSimulation`. */
export type LazyPoints = () => Promise<readonly SimulatedPoint[]>;

/**
 * Simulation at all points, the events that were trained on among it: a density that could not learn something differs from these as much
 * as from others. Those of a generator are new.
 */
export function pointsOfSimulation({ analysis, simulation }: RunContext, model: MixtureModel): LazyPoints {
  const { anchors } = simulation;
  async function made() {
    const total = simulatedEvents(analysis.configuration);
    const parts = simulation.isFresh
      ? await simulation.training("closure", anchors, 0, Math.max(1, Math.ceil(total / MOST_SCORED)))
      : await allEvents(simulation, anchors);
    return simulatedPoints(model, parts);
  }
  let known: Promise<readonly SimulatedPoint[]> | undefined;
  return () => {
    known ??= made();
    return known;
  };
}

/** As many events of each sample, and of all together no more than closure bins. */
function binnedPoints(points: readonly SimulatedPoint[], samples: number): SimulatedPoint[] {
  const most = Math.floor(MOST_BINNED / samples);
  return points.map(({ at, samples: own }) => ({ at, samples: own.map((one) => one && thinned(one, most)) }));
}

/** @param densities  their keys */
export async function checkClosure(
  context: RunContext,
  model: MixtureModel,
  points: LazyPoints,
  densities: readonly (string | undefined)[],
): Promise<Closure> {
  const { analysis, simulation, store, backend, progress, signal } = context;
  const { seed, report } = analysis.configuration;
  const nominal = nominalShapes(analysis.configuration);
  const inputs = {
    densities,
    nuisances: model.nuisances.flatMap((own) => (own.kind === "shape" ? [[own.nominal, own.acts]] : [])),
    most: [MOST_SCORED, MOST_BINNED, MOST_TRAINED],
    simulation: simulation.digest(simulation.anchors, looksAtY(context) ? "y" : "x"),
    bins: report.bins,
  };
  const simulated = withoutTransport(model);
  const { record } = await store.run("closure", inputs, async () => {
    const counter = progress.begin("closure tests", undefined, "points");
    const found = await closureTests({
      backend,
      model: simulated,
      points: binnedPoints(await points(), simulation.anchors.length),
      nominal,
      bins: report.bins,
      seed,
      onProgress: (done, total) => counter.update(done, { of: total }),
      signal,
    });
    counter.done({ tests: found.length });
    return { record: found, arrays: {} };
  });
  const tests = await inData(record, simulated, observedEvents(context));
  const verdicts = closureVerdicts(tests);
  return { tests, verdicts };
}

/** "m of background, slope = 1", "m and f1 of …", "m, f1 and f2 of background, slope = 1, together, by a classifier" */
export function describeTest(context: RunContext, { by, features, process, at }: ClosureTest): string {
  const names = features.map(({ of, feature }) => featureLabel(context.analysis, of, feature));
  const listed = names.length < 2 ? names.join() : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
  const together = by === "classifier" ? ", together, by a classifier" : "";
  return `${listed} of ${describeAnchor(context, process, at)}${together}`;
}

/** Of what a nuisance does to these features, as a distance √λ, the part that the morph misses, 1 where it is no better than none. */
export const missedPart = ({ difference, variation }: ClosureTest): number | undefined =>
  variation && Math.sqrt(Math.max(0, difference.lambda) / Math.max(variation.lambda, difference.lambda));

/** "6.0", "140", "more than 1000" */
const differenceText = (size: number) =>
  size > 1000 ? "more than 1000" : size < 99.5 ? size.toPrecision(2) : `${Math.round(size)}`;

/** A density, or its morph, that does not describe simulation. */
export function closureFindings(context: RunContext, { verdicts }: Closure): Verdict[] {
  // Where a feature or two show it, the classifier adds nothing to what is to be done.
  const isKnown = (own: ClosureVerdict) =>
    own.by === "classifier" &&
    verdicts.some(({ by, of, part, passed }) => by === "bins" && of === own.of && part === own.part && !passed);
  return verdicts.flatMap((own) => {
    const { of, part, worst, pValue, tests, passed } = own;
    if (passed || isKnown(own)) return [];
    const size = differenceText(Math.sqrt(worst.difference.lambda));
    const chance = pValue < 1e-12 ? "below 1e-12" : pValue.toExponential(1);
    const missed = missedPart(worst);
    const variation =
      missed === undefined ? "" : `, and misses ${Math.round(100 * missed)}% of what the nuisance does there`;
    const text =
      `closure: ${part === "nominal" ? "the density" : "the morph"} of ${of} does not describe simulation: it differs by ${size} standard ` +
      `deviations of the data (p-value ${chance} for the worst of ${tests} tests, ${describeTest(context, worst)})${variation}`;
    const advice = densityAdvice(context, [{ section: part === "nominal" ? "flows" : "morph", of }]);
    return [{ check: "closure", about: "densities", failed: true, text, advice }];
  });
}

/** A section of the configuration that trains a density. */
export interface TrainedDensity {
  readonly section: "flows" | "morph";
  readonly of: ObservableName;
}

/** What may be in the way of densities that do not describe simulation, one of these or several. */
export function densityAdvice({ analysis }: RunContext, densities: readonly TrainedDensity[]): string {
  const { configuration } = analysis;
  const keys = (own: readonly TrainedDensity[], key: string) =>
    own.map(({ section, of }) => `${section}.${of}.${key}`).join(" and ");
  const affine = densities.filter(({ section, of }) => configuration[section][of].kind === "affine");
  if (affine.length > 0)
    return `Set ${keys(affine, "kind")} to spline, as an affine map describes few densities, or train longer`;
  const plain = densities.find(({ of }) => configuration.observables[of]?.transform.includes("none"));
  if (plain !== undefined) return `Let observables.${plain.of}.transform be auto, which finds tails and edges`;
  return `Train longer (${keys(densities, "training.epochs")}), with more simulation, or with larger networks`;
}
