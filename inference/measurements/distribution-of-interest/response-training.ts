/**
 * Step 2: how T responds to the nuisances in a range around the ν_0 of step 1. Where its response acts on simulation, T undoes exactly
 * what they do to p(y | x), and the response that is trained corrects for how they mix the processes. A response that acts on data learns
 * both. `BoundTransport` has the formulas.
 */
import { UsageError } from "../../../engine/errors.js";
import {
  aFlag,
  aList,
  aNumber,
  anObject,
  aText,
  checkArgument,
  checkOptions,
  checkParts,
  type Options,
} from "../../../engine/options.js";
import { fillUniform, randomKey, word } from "../../../engine/random/random.js";
import { add, mul, square, stopGradient, sub } from "../../../engine/tape/operations.js";
import type { Var } from "../../../engine/tape/tape.js";
import { type FactorizableArchitecture, initialise } from "../../../flows/architecture/architecture.js";
import { withCommonUnits } from "../../../flows/first-order.js";
import { named, type Weights } from "../../../flows/networks/weights.js";
import { withStandardisation } from "../../../flows/standardisation.js";
import type { EventSample } from "../../../flows/training/event-sample.js";
import type { Optimiser } from "../../../flows/training/optimiser.js";
import type { ModelBuilder } from "../../../flows/training/training-program.js";
import { gaussLegendre } from "../../model/language/quadrature.js";
import type { EventData } from "../../model/likelihood/likelihood.js";
import { bindMixture } from "../../model/mixture.js";
import {
  type MixtureModel,
  parameterPrefixes,
  type ResponseModel,
  type ResponseSide,
  sideOf,
} from "../../model/mixture-model.js";
import { meanLoss } from "../../model/training/densities.js";
import { DATA, dataColumns, dataFrame } from "./transport-training.js";

/** Column of δ, each event's own point of that range [K]. */
const DELTA = "data/delta";

/**
 * T_ψ that starts as the identity everywhere, in the frame of the data, which that of simulation is close to.
 *
 * @param architecture  Dy features, context (process, x) [F + Dx], all K nuisances with nominal values ν_0, standardisation "both"
 * @param data          with y, in the frame of the model
 */
export function initialResponse(
  architecture: FactorizableArchitecture,
  data: EventData,
  nProcesses: number,
  seed: number,
  actsOn: ResponseSide = "simulation",
): ResponseModel {
  const weights = withCommonUnits(architecture, initialise(architecture, seed));
  const framed = withStandardisation(weights, dataFrame(data, nProcesses));
  return { architecture, weights: framed, ...(actsOn === "data" && { actsOn }) };
}

/** Half-width of the validity range of each nuisance, in scales of the residual map, where nothing else is asked for. */
const SCALES_PER_HALF_WIDTH = 2;

/** Half-widths of the validity range of T_ψ, in which it is trained and believed, prior standard deviations [K]. */
export function responseRange(
  { nuisances }: FactorizableArchitecture,
  halfWidth: number | undefined,
): readonly number[] {
  return nuisances.map(({ scale }) => halfWidth ?? SCALES_PER_HALF_WIDTH * scale);
}

/**
 * Where δ is drawn from: the whole validity range, of half-widths [K] in prior standard deviations, evenly, or the nodes of a
 * Gauss-Legendre grid with their weights as probabilities.
 */
export type NodeLaw =
  | { readonly kind: "random"; readonly halfWidths: readonly number[] }
  | { readonly kind: "quadrature"; readonly halfWidths: readonly number[]; readonly points: number };

/**
 * The data, each event with a point δ of its own that changes with every epoch. Over epochs this is the loss
 * Σ_i Σ_g w_g loss(event i, δ_g) of all nodes, at the cost of one; each δ comes with its mirror image -δ in the loss.
 *
 * @param sample   of `dataSample`
 * @param purpose  names the stream of random numbers, "profile/nodes" in training
 */
export function responseSample(
  sample: EventSample,
  law: NodeLaw,
  key: { readonly seed: number; readonly purpose: string; readonly epoch: number },
): EventSample {
  checkParts("responseSample", "a sample", sample, { columns: anObject, count: aNumber });
  checkParts("responseSample", "a law", law, { halfWidths: aList });
  checkParts("responseSample", "a key", key, { seed: aNumber, purpose: aText, epoch: aNumber });
  const { seed, purpose, epoch } = key;
  const delta = new Float32Array(law.halfWidths.length * sample.count);
  fillUniform(randomKey(seed, purpose, epoch), 0, delta);
  const place = placeOf(law);
  for (let i = 0; i < delta.length; i++) delta[i] = law.halfWidths[Math.floor(i / sample.count)]! * place(delta[i]!);
  return { ...sample, columns: { ...sample.columns, [DELTA]: delta } };
}

/** From a uniform number in (0, 1) to a value in [-1, 1]. */
function placeOf(law: NodeLaw): (uniform: number) => number {
  if (law.kind === "random") return (uniform) => 2 * uniform - 1;
  const { nodes, weights } = gaussLegendre(law.points);
  const upTo: number[] = [];
  for (const weight of weights) upTo.push((upTo.at(-1) ?? 0) + weight / 2);
  return (uniform) => {
    const at = upTo.findIndex((edge) => uniform < edge);
    return nodes[at < 0 ? nodes.length - 1 : at]!;
  };
}

/**
 * For the training's `perStep`: in each step the T_φ of one member of an ensemble, drawn evenly, so that one response serves
 * all of them.
 */
export function memberTransports(
  members: readonly Weights[],
  seed: number,
): (step: number) => Record<string, Float64Array> {
  checkArgument("memberTransports", "members", members, aList);
  const parameters = members.map((weights) => named(parameterPrefixes.transport, weights));
  const key = randomKey(seed, "profile/replica");
  return (step: number) => parameters[word(key, step) % parameters.length]!;
}

export interface ResponseRequest {
  /** T_ψ is what is trained; its nominal values are ν_0. */
  readonly model: MixtureModel;
  readonly isWeighted: boolean;
  readonly optimiser: Optimiser;
}

const trainingOptions: Options<ResponseRequest> = {
  model: anObject,
  isWeighted: aFlag,
  optimiser: anObject,
};

/**
 * For `train`: parameters `mixtureParameters(model)`, event set `DATA` of `responseSample`. Afterwards `response…` holds T_ψ.
 *
 * With d(δ) = log p(y | x, ν_0 + δ) - log p(y | x, ν_0):
 *
 * - Of a response that acts on simulation, how much y still depends on ν: ½ Σ w [d(δ)² + d(-δ)²] / Σ w. It is 0 if the response of T
 *   cancels all effects of ν. For events of the model and small δ it is twice the Kullback-Leibler divergence that likelihood as a loss has,
 *   whose first-order terms vanish only on average over events, where these vanish event by event.
 * - Of a response that acts on data, the likelihood as published: -½ Σ w [d(δ) + d(-δ)] / Σ w. This is the loss of arXiv:2602.13184, step 2,
 *   less what does not depend on T_ψ: log p(x | ν), and log p(y | x, ν_0), as T_ψ is the identity at ν_0.
 *
 * Constraints do not depend on T: they enter at inference only.
 */
export function responseTraining(request: ResponseRequest): ModelBuilder {
  checkOptions("responseTraining", request, trainingOptions);
  const { model, isWeighted, optimiser } = request;
  const size = model.nuisances.length;
  if (model.response === undefined) {
    throw new UsageError("responseTraining", {
      expected: "a model with a response of T to train",
      got: "none",
      hint: "Give it one with initialResponse",
    });
  }
  const nominal = model.response.architecture.nuisances.map((nuisance) => nuisance.nominal);
  const actsOnData = sideOf(model.response) === "data";
  return (tape, normalisers) => {
    const mixture = bindMixture(tape, model);
    const { x, y, weight } = dataColumns(tape, model, isWeighted);
    const delta = tape.column(DELTA, [size], tape.events(DATA));
    const nu0 = tape.constant(nominal);
    const atOrigin = stopGradient(mixture.logProb({ x, y }, nu0, "conditional"));
    const change = (nu: Var) => sub(mixture.logProb({ x, y }, nu, "conditional"), atOrigin);
    const [sign, ofChange] = actsOnData ? [1, (own: Var) => own] : [-1, square];
    const loss = mul(add(ofChange(change(add(delta, nu0))), ofChange(change(sub(nu0, delta)))), 0.5 * sign);
    return {
      loss: meanLoss(loss, weight, normalisers[DATA]!),
      trainable: [{ parameters: [...mixture.responseParameters.values()], optimiser }],
      moved: [y, delta],
    };
  };
}
