/** The likelihood of a run's model with its data. */
import type { EventData } from "../../inference/model/likelihood/likelihood.js";
import type { MixtureModel } from "../../inference/model/mixture-model.js";
import type { RunContext } from "../context.js";
import { bindLikelihoods, type OpenLikelihood } from "./bound-likelihood.js";

/** The likelihood of a model with these data, the way the verbs open it. */
export function openFit(
  { backend, analysis, events, signal }: RunContext,
  model: MixtureModel,
  data: EventData,
): Promise<OpenLikelihood> {
  return bindLikelihoods({ backend, analysis, model, events: { ...events, data }, signal });
}
