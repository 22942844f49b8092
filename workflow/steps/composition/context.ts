/** What the steps of a composition share. */
import type { Backend } from "../../../engine/runtime/backend.js";
import type { ChannelsLikelihood } from "../../../inference/model/likelihood/channels.js";
import { freeParameters, rangeOf } from "../../../inference/model/parameters/parameter.js";
import { F32_PRECISION, F64_PRECISION } from "../../../inference/statistics/fit/covariance.js";
import type { CommonInputs } from "../../common-inputs.js";
import type { CompositionAnalysis } from "../../configuration/composition/composition-file.js";
import type { LikelihoodPlan } from "../../configuration/composition/likelihood-plans.js";
import type { ChannelEvents } from "../../events/channel-events.js";
import { fitTolerance } from "../../likelihood/nuisance-fit.js";
import type { Reporter } from "../../reporter.js";
import type { StepStore } from "../../store/step-store.js";
import { openPlan } from "./open-plan.js";

/** What every step gets, besides its likelihood: nothing of the configuration, of which each is given what its key has. */
export interface StepContext extends Reporter {
  readonly store: StepStore;
  /** Of the store: what every step follows from. */
  readonly common: CommonInputs;
  readonly backend: Backend;
  /** Keys of the trainings of densities, by name; absent where none is trained. */
  readonly trainingKeys?: ReadonlyMap<string, string>;
}

export interface CompositionContext extends StepContext {
  readonly analysis: CompositionAnalysis;
}

/** One likelihood with its events. */
export interface BoundPlan {
  readonly plan: LikelihoodPlan;
  /** In the order of the channels. */
  readonly events: readonly ChannelEvents[];
  /** The likelihood, opened when it is first needed; `close` closes it. */
  open(): Promise<ChannelsLikelihood>;
  close(): Promise<void>;
}

export function boundPlan(
  { backend, signal }: Pick<StepContext, "backend" | "signal">,
  plan: LikelihoodPlan,
  events: readonly ChannelEvents[],
): BoundPlan {
  let opened: Promise<ChannelsLikelihood> | undefined;
  return {
    plan,
    events,
    open() {
      opened ??= openPlan(
        { backend, signal },
        plan,
        events.map(({ data }) => data),
      );
      return opened;
    },
    close: async () => (await opened)?.close(),
  };
}

/** Where fits and scans look, by the name of the free parameter. */
export const boundsOf = ({ composition }: LikelihoodPlan) =>
  Object.fromEntries(freeParameters(composition.parameters).map((own) => [own.name, rangeOf(own)] as const));

/** Least relative eigenvalue that counts as positive. */
export const precisionOf = ({ precision }: Backend) => (precision === "f64" ? F64_PRECISION : F32_PRECISION);

/** edm at which a fit in f64 stops where derivatives are smooth: 1e-5 of an error, for the price of a last step of Newton's. */
const SMOOTH_TOLERANCE = 1e-10;

/** How a likelihood is fitted: from the starts of the composition, within its ranges. */
export function fitOptions(
  plan: LikelihoodPlan,
  likelihood: Pick<ChannelsLikelihood, "crossesKnots">,
  backend: Backend,
) {
  return {
    start: freeParameters(plan.composition.parameters).map(({ start }) => start),
    bounds: boundsOf(plan),
    precision: precisionOf(backend),
    tolerance: toleranceOf(likelihood, backend),
  };
}

/** edm at which a fit stops, units of -ln L. */
export function toleranceOf({ crossesKnots }: Pick<ChannelsLikelihood, "crossesKnots">, backend: Backend): number {
  const precision = precisionOf(backend);
  return precision === F64_PRECISION && !crossesKnots ? SMOOTH_TOLERANCE : fitTolerance({ precision });
}
