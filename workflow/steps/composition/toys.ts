/** Toy experiments of a likelihood of a composition: events and outcomes of auxiliary measurements drawn anew, and fitted as the data are. */
import { randomKey, word } from "../../../engine/random/random.js";
import type { Backend } from "../../../engine/runtime/backend.js";
import { type CheckedComposition, checkedComposition } from "../../../inference/model/composition/composition.js";
import { drawCompositionToy, type ToyChannel } from "../../../inference/model/composition/toys.js";
import type { ChannelData, ChannelsLikelihood } from "../../../inference/model/likelihood/channels.js";
import { weightSums } from "../../../inference/model/likelihood/event-stream.js";
import { fitLikelihood } from "../../../inference/model/likelihood/fit-likelihood.js";
import { constraintLeast } from "../../../inference/model/parameters/constraints.js";
import { freeParameters, type ParameterPoint } from "../../../inference/model/parameters/parameter.js";
import type { ChannelEvents } from "../../events/channel-events.js";
import { storedEvents } from "../../events/channel-stream.js";
import { keyOf } from "../../store/step-store.js";
import type { ToyRecord } from "../toy-files.js";
import { type BoundPlan, fitOptions } from "./context.js";
import { openPlan } from "./open-plan.js";

/** What the toys of a likelihood have in common: data alone, but for what is known of the composition of the plan. */
export interface CompositionToys extends Pick<BoundPlan, "plan"> {
  /** What is drawn of each channel. */
  readonly channels: readonly ToyChannel[];
  /** Where they are drawn, by name. */
  readonly point: ParameterPoint;
  /** True values of the free parameters [K]. */
  readonly truth: readonly number[];
  /** Of the analysis. */
  readonly seed: number;
  /** Stands for all that toys follow from. */
  readonly key: string;
}

/** @param fit  key of the fit of the data, which stands for densities, selections and starts */
export function compositionToys(
  { plan, events }: Pick<BoundPlan, "plan" | "events">,
  point: ParameterPoint,
  seed: number,
  fit: string,
): CompositionToys {
  const truth = freeParameters(plan.composition.parameters).map(({ name, start }) => point[name] ?? start);
  const channels = plan.channels.map((channel, c) => channelOf(plan, channel, events[c]!));
  return { plan, channels, point, truth, seed, key: keyOf({ toys: plan.name, fit, point }) };
}

/** The name of the only fit of a toy. */
export const FIT = "fit";

/** Toys one after another on a backend: their likelihood is opened with the first, and bound to the events of those that follow. */
export class ToyLane {
  private likelihood: ChannelsLikelihood | undefined;

  constructor(
    private readonly toys: CompositionToys,
    private readonly backend: Backend,
    private readonly signal: AbortSignal,
  ) {}

  async run(toy: number): Promise<ToyRecord> {
    const { plan, channels, point, truth, seed, key } = this.toys;
    const toyOf = await drawCompositionToy({
      composition: trueComposition(plan, point),
      channels,
      point,
      seed: word(randomKey(seed, `toy/${plan.name}`), toy),
    });
    const data = toyOf.events.map(({ count, columns }): ChannelData => ({ count, columns }));
    const own = { ...plan, composition: withOutcomes(plan, toyOf.composition) };
    const likelihood = await this.open(own, data);
    const { signal, backend } = this;
    const fit = await fitLikelihood(likelihood, { ...fitOptions(own, likelihood, backend), signal });
    signal.throwIfAborted();
    // Parameters at a limit have no errors, and then the toy has no covariance of all.
    const errors = fit.covariance?.names.length === truth.length ? fit.covariance : undefined;
    return {
      toy,
      key,
      truth,
      point: null,
      events: data.reduce((sum, one) => sum + one.count, 0),
      fits: {
        [FIT]: {
          label: plan.name,
          status: fit.status,
          estimate: fit.estimate.values,
          covariance: errors?.matrix ?? null,
          sigma: errors?.sigma ?? null,
        },
      },
      warnings: [],
    };
  }

  private async open(plan: BoundPlan["plan"], data: readonly ChannelData[]): Promise<ChannelsLikelihood> {
    if (this.likelihood === undefined) {
      this.likelihood = await openPlan({ backend: this.backend, signal: this.signal }, plan, data);
      return this.likelihood;
    }
    const outcomes = plan.composition.parameters.flatMap(({ name, constraint }) =>
      constraint === undefined ? [] : [[name, constraint.observed] as const],
    );
    const byName = plan.channels.map(({ name }, c) => [name, data[c]!] as const);
    await this.likelihood.bind(Object.fromEntries(byName), Object.fromEntries(outcomes));
    return this.likelihood;
  }

  async close(): Promise<void> {
    await this.likelihood?.close();
  }
}

/** With the true values of fixed parameters, which may be others than those of the fit. */
function trueComposition({ composition }: BoundPlan["plan"], point: ParameterPoint): CheckedComposition {
  const parameters = composition.parameters.map((own) => {
    const value = own.isFixed ? point[own.name] : undefined;
    return value === undefined ? own : { ...own, start: value };
  });
  return checkedComposition({ ...composition, parameters });
}

/** The composition of the fit, with the outcomes of the auxiliary measurements of a toy. */
function withOutcomes({ composition }: BoundPlan["plan"], toy: CheckedComposition): CheckedComposition {
  const parameters = composition.parameters.map((own, k) => {
    const { constraint, start } = toy.parameters[k]!;
    // Of a fixed parameter it is a constant.
    if (constraint === undefined || own.isFixed) return own;
    return { ...own, constraint, start: own.start < constraintLeast(constraint) ? start : own.start };
  });
  return checkedComposition({ ...composition, parameters });
}

/** As many events as the data have where the channel is not extended, with the columns that its density is conditional on. */
function channelOf(
  { composition }: BoundPlan["plan"],
  { name, selected, isExtended }: BoundPlan["plan"]["channels"][number],
  { data, file }: ChannelEvents,
): ToyChannel {
  const { given } = composition.shape(selected);
  const columns =
    given.length === 0
      ? {}
      : storedEvents(data, file, "toys of a density that is conditional on their columns").columns;
  return {
    name,
    density: selected,
    isExtended,
    count: given.length > 0 ? data.count : Math.round(weightSums(data).total),
    given: Object.fromEntries(given.map((column) => [column, Float64Array.from(columns[column]!)])),
  };
}
