/** The full bootstrap of the simulation: densities trained again with the events as often as they are drawn, and the fits with them. */
import type { MixtureModel } from "../../../inference/model/mixture-model.js";
import type { FitStatus } from "../../../inference/statistics/fit/fit-result.js";
import { minimise } from "../../../inference/statistics/fit/minimise.js";
import type { AcceptanceRow, AcceptanceSide } from "../../acceptance.js";
import { nominalShapes, nuisancesOfKind, processNames } from "../../configuration/analysis.js";
import type { Configuration } from "../../configuration/table.js";
import { likelihoodInputs, looksAtY, type RunContext } from "../../context.js";
import { fitOptions, objectiveOf } from "../../likelihood/nuisance-fit.js";
import { openFit } from "../../likelihood/open-fit.js";
import { bootstrapSimulation, type SumRatio } from "../../simulation/bootstrap-simulation.js";
import { passingSteps } from "../../store/step-store.js";
import type { FittedModel } from "../fits/fitted-model.js";
import { trainDensity } from "../trainings/densities.js";
import { allScores, type SimulationEffects, scoresOf, withAcceptance } from "./simulated-scores.js";

/** What a replica found for one fit. */
export interface ReplicaFit {
  /** [K] */
  readonly estimate: readonly number[];
  readonly status: FitStatus;
  readonly reason: string;
  /** Σ w² ε εᵀ over the data, ε the difference of the replica's scores to those of the fit, less their mean; row-major [K, K] */
  readonly noise: readonly number[];
}

/** What was trained and fitted before. */
export interface SimulatedFit extends SimulationEffects {
  /** Of simulation, with the keys of its densities x and y. */
  readonly model: MixtureModel;
  readonly densities: readonly (string | undefined)[];
  readonly fitted: FittedModel;
}

export type FitName = "xAlone" | "fixed" | "profiled";
export const FIT_NAMES = ["xAlone", "fixed", "profiled"] as const;

/** The model of a fit, from that of the last one. */
export function modelOf(name: FitName, { y, transport, response, ...ofX }: MixtureModel): MixtureModel {
  if (name === "xAlone") return ofX;
  const withY = { ...ofX, ...(y && { y }), ...(transport && { transport }) };
  return name === "fixed" ? withY : { ...withY, ...(response && { response }) };
}

/**
 * One replica: of every fit that there is, from its estimate on.
 *
 * The densities are trained by the recipes of the first training, from where that ended; simple morphs (`morph-capacity.ts`) from their
 * beginning. In fewer epochs the noise of the steps is not averaged away (docs/studies/simulation-errors.md).
 */
export async function simulationReplica(
  context: RunContext,
  of: SimulatedFit,
  index: number,
): Promise<Readonly<Record<string, ReplicaFit>>> {
  const { analysis, store, dataKey } = context;
  const { fitted, acceptance, densities } = of;
  const names = FIT_NAMES.filter((name) => fitted.fits[name] !== undefined);
  const inputs = {
    densities,
    leftOut: [...of.leftOut].sort(),
    acceptance,
    model: fitted.key,
    data: dataKey,
    fits: names.map((name) => [name, fitted.fits[name]!.summary.estimate]),
    options: likelihoodInputs(context, fitted.model),
    index,
  };
  const { record } = await store.run(`simulation.replica.${index}`, inputs, async () => {
    const { simulation, sumRatio } = await bootstrapSimulation(analysis.configuration, context.simulation, index);
    const own: RunContext = {
      ...context,
      simulation,
      store: passingSteps({}),
      progress: labelled(context, `simulation replica ${index}: `),
    };
    const start = (name: "x" | "y", i: number) => ({ density: of.model[name]!, key: densities[i]! });
    const x = await trainDensity(own, "x", of.leftOut, start("x", 0));
    const y = looksAtY(context) ? await trainDensity(own, "y", of.leftOut, start("y", 1)) : undefined;
    const rows = bootstrapAcceptance(analysis.configuration, acceptance, sumRatio);
    const model = withAcceptance(
      { ...fitted.model, x: x.density, ...(y && { y: y.density }) },
      analysis.configuration,
      rows,
    );
    const found: Record<string, ReplicaFit> = {};
    for (const name of names) found[name] = await fitReplica(own, of, name, modelOf(name, model));
    return { record: found, arrays: {} };
  });
  return record;
}

function labelled({ progress }: RunContext, prefix: string): RunContext["progress"] {
  return {
    begin: (label, total, unit) => progress.begin(`${prefix}${label}`, total, unit),
    note: (text) => progress.note(text),
  };
}

/** The yields with the sums of weights of the bootstrap. */
function bootstrapAcceptance(
  configuration: Configuration,
  rows: readonly AcceptanceRow[],
  sumRatio: SumRatio,
): AcceptanceRow[] {
  const nominal = nominalShapes(configuration);
  const shapes = nuisancesOfKind(configuration, "shape");
  return rows.map((row) => {
    const process = processNames(configuration).indexOf(row.process);
    const k = shapes.indexOf(row.nuisance);
    const side = (own: AcceptanceSide | null): AcceptanceSide | null => {
      if (own === null) return null;
      const at = nominal.map((value, l) => (l === k ? own.value : value));
      const change = Math.log(sumRatio(process, at) / sumRatio(process, nominal));
      return { ...own, ratio: own.ratio * Math.exp(change / Math.abs(own.value - nominal[k]!)) };
    };
    return { ...row, up: side(row.up), down: side(row.down) };
  });
}

async function fitReplica(
  context: RunContext,
  { fitted }: SimulatedFit,
  name: FitName,
  model: MixtureModel,
): Promise<ReplicaFit> {
  const { estimate } = fitted.fits[name]!.summary;
  const { events, progress, signal } = context;
  const { y: _y, ...ofX } = events.data;
  const data = name === "xAlone" ? ofX : events.data;
  const open = await openFit(context, model, data);
  try {
    const counter = progress.begin("fit", undefined, "evaluations");
    const { secondStart: _, ...options } = fitOptions(open, estimate);
    const found = await minimise(objectiveOf(open), {
      ...options,
      onStep: ({ evaluations, nll }) => counter.update(evaluations, { nll }),
      signal,
    });
    signal.throwIfAborted();
    counter.done({ status: found.status });
    const after = await allScores(open, estimate, signal);
    const before = await scoresOf(context, modelOf(name, fitted.model), data, estimate);
    const noise = spreadOf(after, before, data.count, data.weights, estimate.length);
    return { estimate: found.estimate.values, status: found.status, reason: found.reason, noise: Array.from(noise) };
  } finally {
    await open.close();
  }
}

/** Σ w² (ε - ε̄)(ε - ε̄)ᵀ of ε = a - b, row-major [K, K]. @param a  [K, events] */
function spreadOf(
  a: Float64Array,
  b: Float64Array,
  count: number,
  weights: ArrayLike<number> | undefined,
  size: number,
): Float64Array {
  const epsilon = a.map((value, i) => value - b[i]!);
  let total = 0;
  for (let i = 0; i < count; i++) total += weights?.[i] ?? 1;
  for (let k = 0; k < size; k++) {
    const own = epsilon.subarray(k * count, (k + 1) * count);
    let sum = 0;
    for (let i = 0; i < count; i++) sum += (weights?.[i] ?? 1) * own[i]!;
    for (let i = 0; i < count; i++) own[i] = (weights?.[i] ?? 1) * (own[i]! - sum / total);
  }
  const spread = new Float64Array(size * size);
  for (let k = 0; k < size; k++) {
    for (let l = 0; l < size; l++) {
      let sum = 0;
      for (let i = 0; i < count; i++) sum += epsilon[k * count + i]! * epsilon[l * count + i]!;
      spread[k * size + l] = sum;
    }
  }
  return spread;
}
