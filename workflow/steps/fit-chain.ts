/** The fits of the chain: x alone for a start, step 1 with T, step 2 with T's response, and their errors. */

import type { EventData } from "../../inference/model/likelihood/likelihood.js";
import type { MixtureModel } from "../../inference/model/mixture-model.js";
import { nuisanceVector } from "../configuration/analysis.js";
import { likelihoodInputs, looksAtY, type RunContext } from "../context.js";
import { digestOf } from "../events/event-digest.js";
import { pullText } from "../likelihood/constraint-pull.js";
import { degeneracyText } from "../likelihood/covariance-summary.js";
import { fitNuisances, fitSummary } from "../likelihood/nuisance-fit.js";
import { openFit } from "../likelihood/open-fit.js";
import { fitAveraged } from "./averaged.js";
import { fitReplica, fitReplicas } from "./ensemble.js";
import type { FittedModel, NamedFit } from "./fitted-model.js";
import type { SimulationKeys } from "./simulation-keys.js";
import { errorsBeforeProfiling, fitResponse, fitTransport, type TrainedTransport } from "./transport.js";

/** One fit of ν, kept as a step. */
async function fitStep(
  context: RunContext,
  name: string,
  label: string,
  key: string,
  model: MixtureModel,
  data: EventData,
  start: readonly number[],
): Promise<NamedFit> {
  const { store, progress, signal, analysis } = context;
  const { secondStart, minos } = analysis.configuration.fit;
  const options = { secondStart, minos, ...likelihoodInputs(context, model) };
  const inputs = { key, data: digestOf(data), start, options };
  const step = await store.run(name, inputs, async () => {
    const open = await openFit(context, model, data);
    try {
      const result = await fitNuisances(open, start, progress, signal, label);
      signal.throwIfAborted();
      return { record: { fit: result, summary: await fitSummary(open, result) }, arrays: {} };
    } finally {
      await open.close();
    }
  });
  const { fit: found, summary } = step.record;
  if (found.status !== "converged") context.warn(`${label}: ${found.status}. ${found.reason}`);
  else if (summary.problem !== null) context.warn(`${label}: ${summary.problem}`);
  for (const { name, problem } of summary.minos ?? []) {
    if (problem !== null) context.warn(`${label}: minos error of ${name}: ${problem}`);
  }
  const doubt = summary.crossCheck?.doubt;
  if (doubt) context.warn(`${label}: ${doubt}`);
  const degeneracy = degeneracyText(summary.names, summary);
  if (degeneracy) context.warn(`${label}: ${degeneracy}`);
  const pulled = pullText(context.analysis.configuration, summary);
  if (pulled) context.warn(`${label}: ${pulled}`);
  return { label, fit: found, summary };
}

/** The fit of x alone, where the form of the likelihood has one, and the ν that it gives what follows to start from [K]. */
async function fitXAlone(context: RunContext, simulated: MixtureModel, { xAlone: key }: SimulationKeys) {
  const { fit, likelihood } = context.analysis.configuration;
  const start = nuisanceVector(context.analysis.configuration, fit.start);
  if (likelihood.form !== "joint") return { start };
  const { y: _y, ...data } = context.events.data;
  const { y: _density, ...model } = simulated;
  const label = looksAtY(context) ? "fit of x alone" : "fit of x";
  const xAlone = await fitStep(context, "fit.x", label, key, model, data, start);
  return { xAlone, start: xAlone.fit.estimate.values };
}

/** Step 1 of the data and of one replica. */
export async function fitOneReplica(context: RunContext, simulated: MixtureModel, keys: SimulationKeys, index: number) {
  const { start } = await fitXAlone(context, simulated, keys);
  return fitReplica(context, simulated, keys, await fitTransport(context, simulated, keys.whole, start), index);
}

/** All fits of the analysis. */
export async function fitModel(
  context: RunContext,
  simulated: MixtureModel,
  keys: SimulationKeys,
): Promise<FittedModel> {
  const { configuration } = context.analysis;
  const { data } = context.events;
  const { xAlone, start } = await fitXAlone(context, simulated, keys);
  const none = { replicas: [], trainings: [] };
  if (!looksAtY(context)) {
    const { y: _density, ...model } = simulated;
    return { model, key: keys.xAlone, fixedKey: keys.xAlone, fits: { xAlone: xAlone! }, ...none };
  }
  const key = keys.whole;
  const first = configuration.transport.enabled ? await fitTransport(context, simulated, key, start) : undefined;
  if (first === undefined) {
    const only = await fitStep(context, "fit.fixed", "fit", key, simulated, data, start);
    return { model: simulated, key, fixedKey: key, fits: { ...(xAlone && { xAlone }), fixed: only }, ...none };
  }
  return fitWithTransport(context, simulated, keys, first, xAlone);
}

/** What follows step 1: ν with T fixed, the ensemble, T's response, ν with T profiled, the average. */
async function fitWithTransport(
  context: RunContext,
  simulated: MixtureModel,
  keys: SimulationKeys,
  first: TrainedTransport,
  xAlone: NamedFit | undefined,
): Promise<FittedModel> {
  const { data } = context.events;
  const withTransport: MixtureModel = { ...simulated, transport: first.transport };
  const fixed = await fitStep(context, "fit.fixed", "fit with T fixed", first.key, withTransport, data, first.nu);
  const replicas = await fitReplicas(context, simulated, keys, first);
  const trainings = [
    { label: "T and ν (step 1)", summary: first.summary },
    ...replicas.map(({ replica, summary }) => ({ label: `replica ${replica.index}`, summary })),
  ];
  const finished = async (model: MixtureModel, last: NamedFit, ownKey: string, fits: FittedModel["fits"]) => {
    const averaged =
      replicas.length < 2 ? undefined : await fitAveraged(context, model, replicas, last.fit.estimate.values, ownKey);
    const all = { ...(xAlone && { xAlone }), fixed, ...fits, ...(averaged && { averaged }) };
    return { model, key: ownKey, fixedKey: first.key, fits: all, replicas };
  };
  if (!context.analysis.configuration.response.enabled) {
    return { ...(await finished(withTransport, fixed, first.key, {})), trainings };
  }
  const nominal = fixed.fit.estimate.values;
  const second = await fitResponse(context, withTransport, {
    key: JSON.stringify([first.key, ...replicas.map((own) => own.transportKey)]),
    errors: errorsBeforeProfiling(fixed.summary, xAlone?.summary),
    nominal,
    members: [first.transport.weights, ...replicas.map(({ replica }) => replica.transport)],
  });
  const model: MixtureModel = { ...withTransport, response: second.response };
  const profiled = await fitStep(context, "fit.profiled", "fit with T profiled", second.key, model, data, nominal);
  warnWhereSteeper(context, fixed, profiled);
  const response = { label: "response of T (step 2)", summary: second.summary };
  return {
    ...(await finished(model, profiled, second.key, { profiled })),
    trainings: [...trainings, response],
  };
}

/** The fits of ν with a T, and its response where it has one, that were trained on other data. */
export async function fitTrained(context: RunContext, model: MixtureModel, key: string): Promise<FittedModel["fits"]> {
  const { data } = context.events;
  const { response, ...fixedModel } = model;
  const start = nuisanceVector(context.analysis.configuration, context.analysis.configuration.fit.start);
  const label = model.transport === undefined ? "fit" : "fit with T fixed";
  const fixed = await fitStep(context, "fit.fixed", label, key, fixedModel, data, start);
  if (response === undefined) return { fixed };
  const nominal = response.architecture.nuisances.map((nuisance) => nuisance.nominal);
  return { fixed, profiled: await fitStep(context, "fit.profiled", "fit with T profiled", key, model, data, nominal) };
}

/** Errors below those with T fixed by more than this part are no rounding of trainings. */
const STEEPER = 0.1;

/** T's best response to ν can only lower the NLL away from ν_0, and so widen errors. */
function warnWhereSteeper({ warn }: RunContext, fixed: NamedFit, profiled: NamedFit): void {
  const [atFixed, free] = [fixed.summary.sigma, profiled.summary.sigma];
  if (atFixed === null || free === null) return;
  const steeper = fixed.summary.names.filter((_, k) => free[k]! < (1 - STEEPER) * atFixed[k]!);
  if (steeper.length === 0) return;
  warn(
    `fit with T profiled: expected errors at least as large as with T fixed, got smaller errors of ${steeper.join(", ")}. The ` +
      "response of T is not trained well: train longer (response.training), or adapt response.range and response.scale to the errors",
  );
}
