/** The likelihoods of a model with its data, and what T does in them. */
import type { Backend } from "../../engine/runtime/backend.js";
import { type BindableLikelihood, type Likelihood, likelihood } from "../../inference/model/likelihood/likelihood.js";
import type { MixtureModel } from "../../inference/model/mixture-model.js";
import { F32_PRECISION, F64_PRECISION } from "../../inference/statistics/fit/covariance.js";
import type { Analysis } from "../configuration/analysis.js";
import type { LoadedEvents } from "../events/event-data.js";
import type { TransportLabel } from "./covariance-summary.js";

export interface OpenLikelihood {
  readonly analysis: Analysis;
  /** Its yields are those of the events looked at: with --head, that part of the exposure. */
  readonly model: MixtureModel;
  readonly events: LoadedEvents;
  readonly likelihood: Likelihood;
  /** The same with T fixed at its response to ν_0; undefined where T does not respond to ν. */
  readonly withFixedTransport: Likelihood | undefined;
  /** Least relative eigenvalue of a Hessian that counts as positive. */
  readonly precision: number;
  close(): Promise<void>;
}

export interface BoundLikelihoods extends OpenLikelihood {
  readonly likelihood: BindableLikelihood;
}

/** Bytes that a likelihood may cache of its events, from MiB. */
export const cacheBytesOf = ({ configuration }: Analysis): number => configuration.likelihood.cache * 2 ** 20;

export interface BoundRequest {
  readonly analysis: Analysis;
  readonly backend: Backend;
  readonly model: MixtureModel;
  readonly events: LoadedEvents;
  readonly signal: AbortSignal;
}

/** The likelihoods of a model with these data: its own and, where T responds to ν, that with T fixed. The backend stays open. */
export async function bindLikelihoods(request: BoundRequest): Promise<BoundLikelihoods> {
  const { analysis, backend, model, events, signal } = request;
  const { form, extended } = analysis.configuration.likelihood;
  const { data } = events;
  const hasY = data.y !== undefined;
  const bind = (of: MixtureModel) =>
    likelihood({
      backend,
      model: of,
      data,
      form: hasY ? form : "joint",
      extended,
      cacheBytes: cacheBytesOf(analysis),
      signal,
    });
  const { response, ...fixed } = model;
  const own = await bind(model);
  const withFixedTransport = response !== undefined && hasY ? await bind(fixed) : undefined;
  return {
    analysis,
    model,
    events,
    likelihood: own,
    withFixedTransport,
    precision: backend.precision === "f64" ? F64_PRECISION : F32_PRECISION,
    close: async () => {
      await own.close();
      await withFixedTransport?.close();
    },
  };
}

/** What T does while ν varies. */
export function transportLabel({ model, events, withFixedTransport }: OpenLikelihood): TransportLabel {
  if (withFixedTransport !== undefined) return "profiled";
  return events.data.y === undefined || model.transport === undefined ? "none" : "fixed";
}
