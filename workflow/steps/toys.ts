/** Toy experiments of an analysis: one toy is one unit of work. */
import { randomKey, word } from "../../engine/random/random.js";
import type { Backend } from "../../engine/runtime/backend.js";
import type { EventData } from "../../inference/model/likelihood/likelihood.js";
import type { MixtureModel } from "../../inference/model/mixture-model.js";
import { drawToy, withAuxiliaryToys } from "../../inference/model/sampling/toys.js";
import { nuisanceVector } from "../configuration/analysis.js";
import { formOf, looksAtY, type RunContext } from "../context.js";
import { digestOf } from "../events/event-digest.js";
import { generateData } from "../simulation/generator-simulation.js";
import { keyOf, passingSteps } from "../store/step-store.js";
import { fitModel, fitTrained } from "./fits/fit-chain.js";
import type { ToyRecord } from "./toy-files.js";
import { type SampledPoint, sampledToy } from "./toy-samples.js";

/** `data`: new data for every toy, the trained T of the analysis kept. `full`: T, its response and all fits anew. */
export type ToyMode = "data" | "full";

/**
 * Where toys come from: the generator of the data, at its truth; the fitted model, at the fit; or the simulated samples, at the points at which
 * they were made.
 */
export type ToySource = "generator" | "model" | "samples";

/** What toys have in common. */
export interface ToyPlan {
  readonly context: RunContext;
  readonly mode: ToyMode;
  readonly source: ToySource;
  /** The model of simulation. */
  readonly simulated: MixtureModel;
  /** With T and its response fitted to the data of the analysis; needed where T is not fitted anew, or draws the toys. */
  readonly fitted: MixtureModel | undefined;
  /** True values of toys of the generator or the model [K]. */
  readonly truth: readonly number[];
  /** Where toys of the samples are drawn, one after another in turn; none otherwise. */
  readonly points: readonly SampledPoint[];
  /** Stands for all that toys follow from. */
  readonly key: string;
}

/** Each toy has random numbers of its own for data, auxiliary measurements, initial weights, shuffling and bootstrap. */
const seedOf = ({ context }: ToyPlan, toy: number) => word(randomKey(context.analysis.configuration.seed, "toy"), toy);

/** Where a toy of the samples is drawn; undefined for others. */
export const pointOf = ({ points }: Pick<ToyPlan, "points">, toy: number): SampledPoint | undefined =>
  points.length === 0 ? undefined : points[toy % points.length];

/** Events at the truth. */
async function toyData(plan: ToyPlan, toy: number, backend: Backend, seed: number): Promise<EventData> {
  const { context, source, truth, fitted } = plan;
  const { configuration } = context.analysis;
  switch (source) {
    case "generator": {
      const { x, y, count } = await generateData({ ...configuration, seed }, configuration.data.generator!);
      return { count, x, ...(looksAtY(context) && { y }) };
    }
    case "model":
      return drawToy({ backend, model: fitted!, nu: truth, withY: looksAtY(context), seed });
    case "samples":
      return sampledToy(context, pointOf(plan, toy)!, seed);
    default:
      return source satisfies never;
  }
}

/** Quiet: many toys are one progress. */
const SILENT = { begin: () => ({ update() {}, done() {} }), note() {} };

/** Runs one toy. */
export async function runToy(plan: ToyPlan, toy: number, backend: Backend): Promise<ToyRecord> {
  const { context, mode, key } = plan;
  const { analysis, signal } = context;
  const seed = seedOf(plan, toy);
  const point = pointOf(plan, toy);
  const truth = point?.truth ?? plan.truth;
  const data = await toyData(plan, toy, backend, seed);
  const warnings: string[] = [];
  const own: RunContext = {
    ...context,
    analysis: { ...analysis, configuration: { ...analysis.configuration, seed } },
    backend,
    store: passingSteps({ key, toy }),
    events: { data, total: data.count, file: `toy ${toy}` },
    dataKey: digestOf(data),
    progress: SILENT,
    warn: (text) => warnings.push(text),
  };
  const model = withAuxiliaryToys(mode === "full" ? plan.simulated : plan.fitted!, truth, seed);
  const fits =
    mode === "full"
      ? (await fitModel(own, model, { whole: key, xAlone: key })).fits
      : await fitTrained(own, model, key);
  signal.throwIfAborted();
  return {
    toy,
    key,
    truth,
    point: point?.name ?? null,
    events: data.count,
    fits: Object.fromEntries(
      Object.entries(fits).map(([name, { label, summary }]) => {
        const { status, estimate, covariance, sigma } = summary;
        return [name, { label, status, estimate, covariance, sigma }];
      }),
    ),
    warnings,
  };
}

/**
 * Stands for all that toys follow from: where they are drawn, and what is fitted to them.
 *
 * @param of.trained  key of the model that draws or fits them
 * @param of.drawn    what toys of the samples are drawn from
 */
export function planKey(
  context: RunContext,
  mode: ToyMode,
  of: {
    readonly source: ToySource;
    readonly trained: string;
    /** Of toys that the generator or the model draws. */
    readonly truth?: readonly number[];
    readonly drawn?: string;
  },
): string {
  const { seed, data, fit, likelihood, transport, ensemble, response } = context.analysis.configuration;
  const ofData = data.generator === undefined ? context.dataKey : [data.generator, data.events];
  const inputs = {
    ...of,
    mode,
    seed,
    // Toys of samples do not look at the data.
    ...(of.drawn === undefined && { data: ofData }),
    fit,
    form: formOf(context),
    cache: likelihood.cache,
    observables: likelihood.observables,
    ...(mode === "full" ? { transport, ensemble, response } : { range: response.range }),
  };
  return keyOf(inputs);
}

/** True values of the toys that the generator or the model draws: those of the generator, else the fit of the data. */
export function truthOf(
  { analysis: { configuration } }: RunContext,
  source: ToySource,
  estimate: readonly number[] | undefined,
) {
  if (source === "generator" || estimate === undefined) return nuisanceVector(configuration, configuration.truth);
  return estimate;
}
