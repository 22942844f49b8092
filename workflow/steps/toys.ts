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

/** `data`: new data for every toy, the trained T of the analysis kept. `full`: T, its response and all fits anew. */
export type ToyMode = "data" | "full";

/** What toys have in common. */
export interface ToyPlan {
  readonly context: RunContext;
  readonly mode: ToyMode;
  /** The model of simulation. */
  readonly simulated: MixtureModel;
  /** With T and its response fitted to the data of the analysis; needed where T is not fitted anew, or draws the toys. */
  readonly fitted: MixtureModel | undefined;
  /** True values in all toys [K]. */
  readonly truth: readonly number[];
  /** Stands for all that toys follow from. */
  readonly key: string;
}

/** Each toy has random numbers of its own for data, auxiliary measurements, initial weights, shuffling and bootstrap. */
const seedOf = ({ context }: ToyPlan, toy: number) => word(randomKey(context.analysis.configuration.seed, "toy"), toy);

/** Events at the truth: the generator's, else drawn from the fitted model. */
async function toyData({ context, truth, fitted }: ToyPlan, backend: Backend, seed: number): Promise<EventData> {
  const { configuration } = context.analysis;
  const { generator } = configuration.data;
  if (generator === undefined) {
    return drawToy({ backend, model: fitted!, nu: truth, withY: looksAtY(context), seed });
  }
  const { x, y, count } = await generateData({ ...configuration, seed }, generator);
  return { count, x, ...(looksAtY(context) && { y }) };
}

/** Quiet: many toys are one progress. */
const SILENT = { begin: () => ({ update() {}, done() {} }), note() {} };

/** Runs one toy. */
export async function runToy(plan: ToyPlan, toy: number, backend: Backend): Promise<ToyRecord> {
  const { context, mode, truth, key } = plan;
  const { analysis, signal } = context;
  const seed = seedOf(plan, toy);
  const data = await toyData(plan, backend, seed);
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
 */
export function planKey(
  context: RunContext,
  mode: ToyMode,
  of: { readonly trained: string; readonly truth: readonly number[] },
): string {
  const { seed, data, fit, likelihood, transport, ensemble, response } = context.analysis.configuration;
  const inputs = {
    ...of,
    mode,
    seed,
    data: data.generator === undefined ? context.dataKey : [data.generator, data.events],
    fit,
    form: formOf(context),
    cache: likelihood.cache,
    observables: likelihood.observables,
    ...(mode === "full" ? { transport, ensemble, response } : { range: response.range }),
  };
  return keyOf(inputs);
}

/** True values of the toys: those of the generator, else the fit of the data. */
export function truthOf({ analysis: { configuration } }: RunContext, estimate: readonly number[] | undefined) {
  if (configuration.data.generator !== undefined || estimate === undefined) {
    return nuisanceVector(configuration, configuration.truth);
  }
  return estimate;
}
