/** Toys of the simulated samples: the points at which there are samples of every process, and what is drawn there. */

import type { EventData } from "../../inference/model/likelihood/likelihood.js";
import type { MixtureModel } from "../../inference/model/mixture-model.js";
import { asSeenBy, fullVector } from "../../inference/model/predictions/process-samples.js";
import {
  resampleToy,
  type SharedFluctuation,
  sharedFluctuation,
} from "../../inference/model/sampling/resampled-toys.js";
import type { SimulatedEvents } from "../../inference/model/sampling/simulated-events.js";
import type { Anchor } from "../../inference/model/training/morph.js";
import { expectedYields } from "../../inference/model/yields.js";
import {
  affectedProcesses,
  nominalShapes,
  nuisanceNames,
  nuisancesOfKind,
  processNames,
} from "../configuration/analysis.js";
import type { Configuration } from "../configuration/table.js";
import { looksAtY, type RunContext } from "../context.js";
import { UsageError } from "../errors.js";
import { pointName } from "../simulation/point-name.js";
import { allEvents } from "../simulation/simulation.js";

/** A point ν at which every process was simulated. */
export interface SampledPoint {
  /** "nominal", "scale=1" */
  readonly name: string;
  /** True values of toys drawn here [K]. */
  readonly truth: readonly number[];
  /** Expected events of each process [F]. */
  readonly yields: readonly number[];
  /** All simulated events of every process at this point. */
  readonly samples: readonly SimulatedEvents[];
  readonly shared: SharedFluctuation;
  /**
   * Standard deviation of a common shift that is no fault of densities, in errors. Of n events they have learned the fluctuation of the part t
   * that they are trained on; the mean of all events differs from that of these by h (m_h - m_t), h = 1 - t, with a variance of h / (t n).
   */
  readonly chance: number;
}

/**
 * Of each process the point of its samples that stands for ν: nuisances that do not act on it have their nominal values. Undefined
 * where a process has no samples there. [F]
 */
function anchorsAt(
  configuration: Configuration,
  anchors: readonly Anchor[],
  shapes: readonly number[],
): Anchor[] | undefined {
  const processes = processNames(configuration);
  const known = nuisancesOfKind(configuration, "shape").map((name) => ({
    nominal: configuration.nuisances[name]!.nominal,
    acts: processes.map((process) => affectedProcesses(configuration, name).includes(process)),
  }));
  const found = processes.flatMap((_, process) => {
    const own = asSeenBy(known, process, shapes);
    return (
      anchors.find((anchor) => anchor.process === process && own.every((value, k) => value === anchor.at[k])) ?? []
    );
  });
  return found.length === processes.length ? found : undefined;
}

/** Every point at which all processes were simulated, the nominal one first; shape nuisances [points][shapes]. */
export function sampledShapes(configuration: Configuration, anchors: readonly Anchor[]): (readonly number[])[] {
  const points = new Map([["nominal", nominalShapes(configuration) as readonly number[]]]);
  for (const { at } of anchors) points.set(pointName(configuration, at), at);
  return [...points.values()].filter((at) => anchorsAt(configuration, anchors, at) !== undefined);
}

/**
 * Where toys of the samples are drawn: at ν, or at every point that all processes were simulated at, rates at their nominal values.
 *
 * @param at  ν [K], or undefined for all
 */
export async function sampledPoints(
  { analysis, simulation }: RunContext,
  model: MixtureModel,
  at: readonly number[] | undefined,
): Promise<SampledPoint[]> {
  const { configuration } = analysis;
  const names = nuisanceNames(configuration);
  const { anchors } = simulation;
  const known = sampledShapes(configuration, anchors);
  const isShape = names.map((name) => configuration.nuisances[name]!.kind === "shape");
  const wanted = at === undefined ? known : [at.filter((_, k) => isShape[k])];
  const points: SampledPoint[] = [];
  for (const shapes of wanted) {
    const own = anchorsAt(configuration, anchors, shapes);
    if (own === undefined) {
      throw new UsageError("--at", {
        expected: `a point at which every process has samples: ${known.map((one) => pointName(configuration, one)).join("; ")}`,
        got: pointName(configuration, shapes),
        hint: "Toys of samples exist where samples are; rates may have any value",
      });
    }
    const truth = at ?? fullVector(model, shapes);
    const yields = await expectedYields(model, truth);
    const samples = await allEvents(simulation, own);
    const shared = sharedFluctuation(samples, yields);
    const { heldOut } = configuration.simulation;
    const chance = shared.shift * Math.sqrt(heldOut / (1 - heldOut));
    points.push({ name: pointName(configuration, shapes), truth, yields, samples, shared, chance });
  }
  return points;
}

/** A toy of the samples of a point. */
export const sampledToy = (context: RunContext, { samples, yields }: SampledPoint, seed: number): EventData =>
  resampleToy({ samples, yields, withY: looksAtY(context), seed });
