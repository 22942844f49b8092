/** The fits of the chain: x alone for a start, step 1 with T, step 2 with T's response, and their errors. */
import type { FactorizableArchitecture } from "../../flows/architecture.js";
import { adamw } from "../../flows/optimiser.js";
import { totalWeight } from "../../flows/weighted-moments.js";
import { updated } from "../../flows/weights.js";
import type { FitResult } from "../../inference/fit-result.js";
import type { EventData } from "../../inference/likelihood.js";
import { type FlowModel, type MixtureModel, mixtureParameters } from "../../inference/mixture-model.js";
import {
  initialResponse,
  type NodeLaw,
  profileTraining,
  profilingSample,
  responseBox,
} from "../../inference/profile-fit.js";
import {
  DATA,
  dataSample,
  initialNu,
  initialTransfer,
  NU,
  releaseOfNu,
  transferTraining,
} from "../../inference/transfer-fit.js";
import { nuisanceVector } from "../analysis.js";
import { responseArchitecture, transferArchitecture } from "../architectures.js";
import { type FitSummary, fitNuisances, fitSummary } from "../nuisance-fit.js";
import { bindLikelihoods, type OpenLikelihood } from "../open-likelihood.js";
import { looksAtY, type Setting } from "./setting.js";
import { optimiserOf, type TrainingSummary, trainStep } from "./training.js";

export interface NamedFit {
  /** What was fitted, for people. */
  readonly label: string;
  readonly fit: FitResult;
  readonly summary: FitSummary;
}

export interface FittedModel {
  readonly model: MixtureModel;
  readonly key: string;
  readonly fits: {
    /** x alone: the start of step 1, and a cross-check. */
    readonly xAlone?: NamedFit;
    /** T held as step 1 left it. */
    readonly fixed?: NamedFit;
    /** T responding to ν. */
    readonly profiled?: NamedFit;
  };
  readonly trainings: readonly { readonly label: string; readonly summary: TrainingSummary }[];
}

/** The likelihood of a model with these data, the way the verbs open it. */
export function openFit(
  { backend, analysis, events, signal }: Setting,
  model: MixtureModel,
  data: EventData,
): Promise<OpenLikelihood> {
  return bindLikelihoods({ backend, analysis, model, events: { ...events, data }, signal });
}

/** One fit of ν, kept as a step. */
async function fitStep(
  setting: Setting,
  name: string,
  label: string,
  key: string,
  model: MixtureModel,
  data: EventData,
  start: readonly number[],
): Promise<NamedFit & { readonly key: string }> {
  const { store, progress, signal, analysis } = setting;
  const { fit, likelihood: options, profile } = analysis.configuration;
  const inputs = { key, data: setting.dataKey, start, fit, options, box: profile.box };
  const step = await store.run(name, inputs, async () => {
    const open = await openFit(setting, model, data);
    try {
      const result = await fitNuisances(open, start, progress, signal);
      signal.throwIfAborted();
      return { record: { fit: result, summary: await fitSummary(open, result) }, arrays: {} };
    } finally {
      await open.close();
    }
  });
  const { fit: found, summary } = step.record;
  if (found.status !== "converged") setting.warn(`${label}: ${found.status}. ${found.reason}`);
  else if (summary.problem !== null) setting.warn(`${label}: ${summary.problem}`);
  const doubt = summary.crossCheck?.doubt;
  if (doubt) setting.warn(`${label}: ${doubt}`);
  return { label, fit: found, summary, key: step.key };
}

/** All fits of the analysis. */
export async function fitModel(setting: Setting, simulated: MixtureModel, key: string): Promise<FittedModel> {
  const { configuration } = setting.analysis;
  const { data } = setting.events;
  const { y: _y, ...xData } = data;
  const { y: _density, ...xModel } = simulated;
  let start: readonly number[] = nuisanceVector(configuration, configuration.fit.start);
  if (!looksAtY(setting)) {
    const only = await fitStep(setting, "fit.x", "fit of x", key, xModel, xData, start);
    return { model: xModel, key: only.key, fits: { xAlone: only }, trainings: [] };
  }
  const { form } = configuration.likelihood;
  const xAlone =
    form === "joint" ? await fitStep(setting, "fit.x", "fit of x alone", key, xModel, xData, start) : undefined;
  start = xAlone?.fit.estimate.values ?? start;
  if (!configuration.transfer.enabled) {
    const only = await fitStep(setting, "fit.fixed", "fit", key, simulated, data, start);
    return { model: simulated, key: only.key, fits: { ...(xAlone && { xAlone }), fixed: only }, trainings: [] };
  }
  const first = await fitTransfer(setting, simulated, key, start);
  const withTransfer: MixtureModel = { ...simulated, transfer: first.transfer };
  const fixed = await fitStep(setting, "fit.fixed", "fit with T fixed", first.key, withTransfer, data, first.nu);
  const trainings = [{ label: "T and ν (step 1)", summary: first.summary }];
  const fits = { ...(xAlone && { xAlone }), fixed };
  if (!configuration.profile.enabled) return { model: withTransfer, key: fixed.key, fits, trainings };
  const centre = fixed.fit.estimate.values;
  const errors = errorsBeforeProfiling(fixed.summary, xAlone?.summary);
  const second = await fitResponse(setting, withTransfer, fixed.key, centre, errors);
  const model: MixtureModel = { ...withTransfer, response: second.response };
  const profiled = await fitStep(setting, "fit.profiled", "fit with T profiled", second.key, model, data, centre);
  warnWhereSteeper(setting, fixed, profiled);
  return {
    model,
    key: profiled.key,
    fits: { ...fits, profiled },
    trainings: [...trainings, { label: "response of T (step 2)", summary: second.summary }],
  };
}

const stepsPerEpoch = (events: number, batch: number) => Math.floor(events / Math.min(batch, events));

/** Errors below those with T fixed by more than this part are no rounding of trainings. */
const STEEPER = 0.1;

/** T's best answer to ν can only lower the NLL away from ν_0, and so widen errors. */
function warnWhereSteeper({ warn }: Setting, fixed: NamedFit, profiled: NamedFit): void {
  const [held, free] = [fixed.summary.sigma, profiled.summary.sigma];
  if (held === null || free === null) return;
  const steeper = fixed.summary.names.filter((_, k) => free[k]! < (1 - STEEPER) * held[k]!);
  if (steeper.length === 0) return;
  warn(
    `fit with T profiled: expected errors no smaller than with T fixed, got smaller ones of ${steeper.join(", ")}. The ` +
      "response of T is not trained well: train longer (profile.training), or fit profile.box and profile.scale to the errors",
  );
}

/** Step 1 knows no bounds; the fit that starts where it ended has them. [K] */
function withinBounds(nu: Float64Array, [least, largest]: readonly number[]): number[] {
  return Array.from(nu, (value) => Math.min(largest!, Math.max(least!, value)));
}

/** Step 1. */
async function fitTransfer(setting: Setting, simulated: MixtureModel, key: string, start: readonly number[]) {
  const { analysis, events, sizes, store } = setting;
  const { configuration } = analysis;
  const { transfer, likelihood: options, seed } = configuration;
  const architecture = transferArchitecture(configuration);
  const initial = initialTransfer(architecture, events.data, sizes.processes, seed);
  const model: MixtureModel = { ...simulated, transfer: initial };
  const inputs = { key, data: setting.dataKey, architecture, start, transfer, options };
  const step = await store.run("transfer", inputs, async (checkpoint) =>
    trainStep(
      setting,
      "fit T and nu (step 1)",
      transfer.training,
      {
        model: transferTraining({
          model,
          form: options.form,
          extended: options.extended,
          isWeighted: events.data.weights !== undefined,
          observed: totalWeight(events.data),
          transfer: optimiserOf(transfer.training),
          nuisances: adamw({ learningRate: transfer.nuisanceLearningRate, weightDecay: 0 }),
        }),
        initial: { ...mixtureParameters(model), ...initialNu(start) },
        data: { [DATA]: dataSample(events.data) },
        perStep: releaseOfNu(transfer.training.epochs * stepsPerEpoch(events.data.count, transfer.training.batch)),
        purpose: "transfer",
      },
      checkpoint,
      (name) => name === NU || name.startsWith("transfer."),
    ),
  );
  return {
    transfer: { architecture, weights: updated("transfer", initial.weights, step.arrays) },
    nu: withinBounds(step.arrays[NU]!, configuration.fit.bounds),
    key: step.key,
    summary: step.record,
  };
}

/**
 * What T's response has to cover [K]. Profiled errors lie between those with T fixed and those of x alone, which is all that a T
 * with an answer to everything leaves. Where a fit gave no errors, the prior's.
 */
function errorsBeforeProfiling(fixed: FitSummary, xAlone: FitSummary | undefined): number[] {
  return fixed.names.map((_, k) => Math.max(fixed.sigma?.[k] ?? 1, xAlone?.sigma?.[k] ?? 0));
}

/** Scale of the residual map in those errors: the box, twice as wide, then holds scans of several standard deviations. */
const ERRORS_PER_SCALE = 5;

/** Step 2. */
async function fitResponse(
  setting: Setting,
  fitted: MixtureModel,
  key: string,
  centre: readonly number[],
  errors: readonly number[],
) {
  const { analysis, events, sizes, store } = setting;
  const { profile, likelihood: options, seed } = analysis.configuration;
  const scales = errors.map((sigma) => ERRORS_PER_SCALE * sigma);
  const architecture = responseArchitecture(analysis.configuration, centre, scales);
  const initial: FlowModel<FactorizableArchitecture> = initialResponse(
    architecture,
    events.data,
    sizes.processes,
    seed,
  );
  const model: MixtureModel = { ...fitted, response: initial };
  const { nodes, points } = profile;
  const box = responseBox(architecture, profile.box);
  const law: NodeLaw = nodes === "random" ? { kind: nodes, box } : { kind: nodes, box, points };
  const inputs = { key, data: setting.dataKey, architecture, profile, options };
  const step = await store.run("response", inputs, async (checkpoint) =>
    trainStep(
      setting,
      "fit the response of T (step 2)",
      profile.training,
      {
        model: profileTraining({
          model,
          form: options.form,
          isWeighted: events.data.weights !== undefined,
          optimiser: optimiserOf(profile.training),
        }),
        initial: mixtureParameters(model),
        data: async (epoch) => ({ [DATA]: profilingSample(events.data, law, seed, epoch) }),
        purpose: "response",
      },
      checkpoint,
      (name) => name.startsWith("response."),
    ),
  );
  return {
    response: { architecture, weights: updated("response", initial.weights, step.arrays) },
    key: step.key,
    summary: step.record,
  };
}
