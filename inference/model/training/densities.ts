/** Nominal densities p(x | process) and p(y | x, process), by maximum likelihood on the nominal simulation. */

import { aNumber, anObject, checkArgument, checkParts } from "../../../engine/options.js";
import { add, concatenate, div, mul, neg, sumEvents } from "../../../engine/tape/operations.js";
import type { Tape, Var } from "../../../engine/tape/tape.js";
import { type FlowArchitecture, initialise } from "../../../flows/architecture/architecture.js";
import { bindFlow } from "../../../flows/flow.js";
import type { Weights } from "../../../flows/networks/weights.js";
import { joinMoments, unitMoments, withStandardisation } from "../../../flows/standardisation.js";
import type { EventSample } from "../../../flows/training/event-sample.js";
import type { Optimiser } from "../../../flows/training/optimiser.js";
import type { ModelBuilder } from "../../../flows/training/training-program.js";
import { spreadOf, type WeightedMoments } from "../../../flows/training/weighted-moments.js";
import { columnName, momentsOf, type ObservableName } from "../sampling/simulated-events.js";

/** Sizes of what is observed and of the mixture. */
export interface Dimensions {
  readonly processes: number;
  readonly shapes: number;
  readonly x: number;
  /** 0 where there is no y. */
  readonly y: number;
}

/** Name of the event set of the nominal simulation. */
export const NOMINAL = "nominal";

export interface ObservedColumns {
  /** One-hot [processes]. */
  readonly process: Var;
  /** What a density of x or y is a density of. */
  readonly features: Var;
  /** (process) for x, (process, x) for y. */
  readonly context: Var;
  readonly weight: Var;
}

/** Columns of an event set that `trainingSample` made, as a density of x or y sees them. */
export function observedColumns(tape: Tape, set: string, of: ObservableName, sizes: Dimensions): ObservedColumns {
  const events = tape.events(set);
  const process = tape.column(columnName(set, "process"), [sizes.processes], events);
  const x = tape.column(columnName(set, "x"), [sizes.x], events);
  const weight = tape.column(columnName(set, "weight"), [], events);
  if (of === "x") return { process, features: x, context: process, weight };
  const y = tape.column(columnName(set, "y"), [sizes.y], events);
  return { process, features: y, context: concatenate([process, x]), weight };
}

/**
 * Standard deviations within which all events of a process lie, so that few are outside of the splines of a flow, which act within 4 by default and
 * scale their input. Those of 10⁶ normal events do anyway. With less, log p of 10⁶ exponential events was off where 1 in 10⁶ lies: by 0.6 with 4.5, by
 * 0.1 with 5 (splines within 5).
 */
export const WITHIN = 5;

/**
 * Constants for standardisation of each process [F, D], of an observable in the event set `NOMINAL`: its mean, and its standard deviation or
 * what brings all its events within `WITHIN`, whichever is larger. With constants of all processes together, a peak beside a
 * falling spectrum would begin as wide as that, and a wide process beside a narrow one would reach beyond the interval of splines.
 */
function momentsOfProcesses(sample: EventSample, of: ObservableName, processes: number): WeightedMoments {
  const { count, columns } = sample;
  const columnOf = (name: Parameters<typeof columnName>[1]) => columns[columnName(NOMINAL, name)]!;
  const [values, weights, oneHot] = [columnOf(of), columnOf("weight"), columnOf("process")];
  const all = momentsOf(NOMINAL, sample, of);
  const constants = Array.from({ length: processes }, (_, process) => {
    const rows = Int32Array.from({ length: count }, (_, event) => event).filter(
      (event) => oneHot[process * count + event] === 1,
    );
    const own = Float64Array.from(rows, (event) => weights[event]!);
    return Array.from(all.mean, (mean, feature) => {
      const column = Float64Array.from(rows, (event) => values[feature * count + event]!);
      const together = { mean, sigma: all.standardDeviation[feature]! };
      const spread = column.length === 0 ? together : spreadOf(column, own);
      // Negative weights can leave a process without a variance, and equal values with none.
      const { mean: at, sigma } = spread.sigma > 1e-3 * together.sigma ? spread : together;
      const farthest = column.reduce((most, value) => Math.max(most, Math.abs(value - at)), 0);
      return { mean: at, sigma: Math.max(sigma, farthest / WITHIN) };
    });
  }).flat();
  return {
    mean: Float64Array.from(constants, ({ mean }) => mean),
    standardDeviation: Float64Array.from(constants, ({ sigma }) => sigma),
  };
}

/**
 * Weights to start from: a normal distribution with constants of the sample; the process stays one-hot.
 *
 * @param architecture  of `sizes[of]` features; context (process) [F] for x, (process, x) [F + Dx] for y; with the processes as classes, or none
 * @param sample        that `trainingSample(NOMINAL, …)` made
 */
export function initialDensity(
  architecture: FlowArchitecture,
  sample: EventSample,
  of: ObservableName,
  sizes: Dimensions,
  seed: number,
): Weights {
  checkArgument("initialDensity", "the architecture", architecture, anObject);
  checkParts("initialDensity", "a sample", sample, { columns: anObject, count: aNumber });
  checkParts("initialDensity", "sizes", sizes, { processes: aNumber });
  const oneHot = unitMoments(sizes.processes);
  return withStandardisation(initialise(architecture, seed, { identity: true }), {
    features:
      architecture.classes === undefined
        ? momentsOf(NOMINAL, sample, of)
        : momentsOfProcesses(sample, of, sizes.processes),
    context: of === "x" ? oneHot : joinMoments([oneHot, momentsOf(NOMINAL, sample, "x")]),
  });
}

/** For `train`: -Σ w log p / Σ w over the event set `NOMINAL`; the flow's parameters are under `<of>.nominal`. */
export function densityTraining(
  of: ObservableName,
  architecture: FlowArchitecture,
  sizes: Dimensions,
  optimiser: Optimiser,
): ModelBuilder {
  return (tape, normalisers) => {
    const { features, context, weight } = observedColumns(tape, NOMINAL, of, sizes);
    const flow = bindFlow(tape, architecture, `${of}.nominal`);
    const loss = meanLoss(flow.logProb(features, context), weight, normalisers[NOMINAL]!);
    return { loss, trainable: [{ parameters: [...flow.trainable.values()], optimiser }] };
  };
}

/** -Σ w log p / normaliser. */
export function meanLoss(logProb: Var, weight: Var, normaliser: number): Var {
  return div(neg(sumEvents(mul(weight, logProb))), normaliser);
}

export const sumOf = (terms: readonly Var[]): Var => terms.reduce((a, b) => add(a, b));
