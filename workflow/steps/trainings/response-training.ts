/** Step 2 as a step of a run: the training of the response of T to the nuisances. */

import { updated, type Weights } from "../../../flows/networks/weights.js";
import { type EventSample, splitSample } from "../../../flows/training/event-sample.js";
import {
  type ResponseStart,
  responseToFirstOrder,
} from "../../../inference/measurements/distribution-of-interest/response-start.js";
import {
  initialResponse,
  memberTransports,
  type NodeLaw,
  responseRange,
  responseSample,
  responseTraining,
} from "../../../inference/measurements/distribution-of-interest/response-training.js";
import { DATA, dataSample } from "../../../inference/measurements/distribution-of-interest/transport-training.js";
import { type MixtureModel, mixtureParameters, type ResponseSide } from "../../../inference/model/mixture-model.js";
import { openSampler } from "../../../inference/model/sampling/sampling.js";
import { drawMixture } from "../../../inference/model/sampling/toys.js";
import { withUsedUnitsOf } from "../../../inference/model/used-units.js";
import { responseArchitecture } from "../../configuration/architectures.js";
import type { Configuration } from "../../configuration/table.js";
import type { RunContext } from "../../context.js";
import type { FitSummary } from "../../likelihood/fit-summary.js";
import { optimiserOf, summaryOf, trainStep } from "./training-step.js";
import { framed } from "./transport-training.js";

/**
 * What T's response has to cover [K]. Profiled errors lie between those with T fixed and those of x alone: a T that responds to
 * everything leaves x alone. Where a fit gave no errors, the prior's.
 */
export function errorsBeforeProfiling(fixed: FitSummary, xAlone: FitSummary | undefined): number[] {
  return fixed.names.map((_, k) => Math.max(fixed.sigma?.[k] ?? 1, xAlone?.sigma?.[k] ?? 0));
}

/**
 * Scale of the residual map in those errors: the validity range, twice as wide, then holds scans of several standard deviations. A wider one costs
 * precision near ν_0, where errors are made.
 */
const ERRORS_PER_SCALE = 2.5;

/**
 * Largest scale, in prior standard deviations: a validity range of three. Of a nuisance that nothing but its prior constrains the error is
 * 1 and the range would be five of them, where neither the prior (0.3% beyond three) nor simulation at ±1 has anything to say, and on
 * which most of the training would be spent.
 */
const LARGEST_SCALE = 1.5;

/** @param errors  as of `errorsBeforeProfiling` [K] */
export const responseScales = (errors: readonly number[]) =>
  errors.map((sigma) => Math.min(LARGEST_SCALE, ERRORS_PER_SCALE * sigma));

export interface ResponseTask {
  readonly key: string;
  /** Expected errors [K], which set the scale where the configuration does not. */
  readonly errors: readonly number[];
  /** ν_0 [K] */
  readonly nominal: readonly number[];
  /** Every T_φ that the response is to serve, that of the model first. */
  readonly members: readonly Weights[];
}

/** Step 2. */
export async function trainResponse(context: RunContext, whole: MixtureModel, task: ResponseTask) {
  const { analysis, events, sizes, store } = context;
  const { response, seed } = analysis.configuration;
  const { key, errors, nominal, members } = task;
  const architecture = responseArchitecture(analysis.configuration, nominal, responseScales(errors));
  const { actsOn } = response;
  const fitted = withUsedUnitsOf(whole);
  const data = framed(context, fitted, events.data);
  const initial = initialResponse(architecture, data, sizes.processes, seed, actsOn);
  const model: MixtureModel = { ...fitted, response: initial };
  const inputs = { key, data: context.dataKey, architecture, ...trainingOfResponse(response) };
  const step = await store.run("response", inputs, async (checkpoint) => {
    const own = await responseEvents(context, fitted, nominal);
    try {
      const training = responseTraining({
        model,
        isWeighted: response.sample === "data" && events.data.weights !== undefined,
        optimiser: optimiserOf(response.training),
      });
      const points = withPoints(context, own, responseRange(architecture, response.range));
      const { backend, signal, progress } = context;
      const sample = await own.training(0);
      const validation = points.validation?.[DATA] ?? (await points.data(0))[DATA]!;
      const start = await responseToFirstOrder({ backend, model, members, sample, training, validation, signal });
      progress.note(`response of T to first order in nu, by least squares: ${lossText(start, actsOn)}`);
      const task = {
        model: training,
        initial: mixtureParameters({ ...model, response: { architecture, weights: start.weights } }),
        ...points,
        ...(members.length > 1 && { perStep: memberTransports(members, seed) }),
        purpose: "response",
      };
      const label = "fit the response of T (step 2)";
      return await trainStep(context, label, response.training, task, checkpoint, (name) =>
        name.startsWith("response."),
      );
    } finally {
      await own.close();
    }
  });
  return {
    response: { ...initial, weights: updated("response", initial.weights, step.arrays) },
    key: step.key,
    summary: summaryOf(step.record),
  };
}

/** A change of the likelihood is 0 where T does best, and below it by chance: no part of it can be said. */
function lossText({ initialLoss, loss }: ResponseStart, actsOn: ResponseSide): string {
  if (actsOn === "simulation")
    return `its loss is ${(100 * (loss / initialLoss)).toFixed(0)}% of that without a response`;
  return `its loss is ${loss.toPrecision(2)} per event, ${initialLoss.toPrecision(2)} without a response`;
}

/** What a training follows from, besides the architecture. What acts on simulation has the key that it had when nothing else did. */
function trainingOfResponse(response: Configuration["response"]) {
  const { actsOn, nodes, points, range, sample, events, heldOut, training } = response;
  return {
    ...(actsOn === "data" && { actsOn }),
    nodes,
    ...(nodes === "quadrature" && { points }),
    range,
    sample,
    ...(sample === "model" && { events }),
    heldOut,
    training,
  };
}

/** Events of an epoch, the same in every epoch where they are the data. */
type EventSource = (epoch: number) => Promise<EventSample>;

/** Least number of events of an epoch that are drawn from the model. */
const LEAST_EVENTS = 50_000;

/**
 * Events by which the response is trained, and others by which it is validated. From the model they are those that the fit expects:
 * at ν_0, moved by the inverse of T. Whatever ν does to the densities, T's best response undoes it, and that follows
 * from the densities alone: data would only add their fluctuation, which a response then follows (10 000 events of the toy:
 * σ 0.025 profiled over the data, 0.029 of x alone, which is what should remain).
 */
async function responseEvents(context: RunContext, fitted: MixtureModel, nominal: readonly number[]) {
  const { analysis, events, backend } = context;
  const { response, seed } = analysis.configuration;
  const { heldOut } = response;
  if (response.sample === "data") {
    const all = dataSample(framed(context, fitted, events.data));
    const split = heldOut > 0 ? splitSample(all, { seed, purpose: "response", validation: heldOut }) : undefined;
    const training: EventSource = async () => split?.training ?? all;
    return { training, validation: split?.validation, close: async () => {} };
  }
  const count = response.events ?? Math.max(LEAST_EVENTS, events.data.count);
  const sampler = await openSampler(backend, fitted);
  const draw = async (part: number, purpose: string): Promise<EventSample> => {
    const drawn = await drawMixture(sampler, fitted, { nu: nominal, count: Math.ceil(part * count), seed, purpose });
    return dataSample(framed(context, fitted, drawn));
  };
  return {
    training: (epoch: number) => draw(1, `response/${epoch}`),
    validation: heldOut > 0 ? await draw(heldOut, "response/held out") : undefined,
    close: sampler.close,
  };
}

/** Those events with points of the validity range: by the law asked for in training, off any grid in validation. */
function withPoints(
  { analysis }: RunContext,
  { training, validation }: { readonly training: EventSource; readonly validation: EventSample | undefined },
  range: readonly number[],
) {
  const { response, seed } = analysis.configuration;
  const { nodes, points } = response;
  const law: NodeLaw =
    nodes === "random" ? { kind: nodes, halfWidths: range } : { kind: nodes, halfWidths: range, points };
  const offGrid = { seed, purpose: "profile/held out", epoch: 0 };
  return {
    data: async (epoch: number) => ({
      [DATA]: responseSample(await training(epoch), law, { seed, purpose: "profile/nodes", epoch }),
    }),
    ...(validation && {
      validation: { [DATA]: responseSample(validation, { kind: "random", halfWidths: range }, offGrid) },
    }),
  };
}
