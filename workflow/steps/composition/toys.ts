/** Toy experiments of a likelihood of a composition: events and outcomes of auxiliary measurements drawn anew, and fitted as the data are. */
import { randomKey, word } from "../../../engine/random/random.js";
import type { Backend } from "../../../engine/runtime/backend.js";
import { totalWeight } from "../../../flows/training/weighted-moments.js";
import { type CheckedComposition, checkedComposition } from "../../../inference/model/composition/composition.js";
import { drawCompositionToy, type ToyChannel } from "../../../inference/model/composition/toys.js";
import type { ChannelsLikelihood } from "../../../inference/model/likelihood/channels.js";
import { constraintLeast } from "../../../inference/model/parameters/constraints.js";
import { freeParameters, type ParameterPoint } from "../../../inference/model/parameters/parameter.js";
import type { ChannelEvents } from "../../events/channel-events.js";
import { keyOf, passingSteps } from "../../store/step-store.js";
import type { ToyRecord } from "../toy-files.js";
import { type BoundPlan, boundPlan, type CompositionContext } from "./context.js";
import { fitStep } from "./fit.js";

/** What the toys of a likelihood have in common. */
export interface CompositionToys {
  readonly context: CompositionContext;
  readonly bound: Pick<BoundPlan, "plan" | "events">;
  /** Where they are drawn, by name. */
  readonly point: ParameterPoint;
  /** True values of the free parameters [K]. */
  readonly truth: readonly number[];
  /** Stands for all that toys follow from. */
  readonly key: string;
}

/** @param fit  key of the fit of the data, which stands for densities, selections and starts */
export function compositionToys(
  context: CompositionContext,
  bound: CompositionToys["bound"],
  point: ParameterPoint,
  fit: string,
): CompositionToys {
  const { parameters } = bound.plan.composition;
  const truth = freeParameters(parameters).map(({ name, start }) => point[name] ?? start);
  return { context, bound, point, truth, key: keyOf({ toys: bound.plan.name, fit, point }) };
}

/** Quiet: many toys are one progress. */
const SILENT = { begin: () => ({ update() {}, done() {} }), note() {} };

/** The name of the only fit of a toy. */
export const FIT = "fit";

/** Toys one after another on a backend: their likelihood is opened with the first, and bound to the events of those that follow. */
export class ToyLane {
  private likelihood: ChannelsLikelihood | undefined;

  constructor(
    private readonly toys: CompositionToys,
    private readonly backend: Backend,
  ) {}

  run(toy: number): Promise<ToyRecord> {
    return runCompositionToy(this.toys, toy, this.backend, (plan, events) => this.open(plan, events));
  }

  private async open(plan: BoundPlan["plan"], events: readonly ChannelEvents[]): Promise<ChannelsLikelihood> {
    if (this.likelihood === undefined) {
      const { signal } = this.toys.context;
      this.likelihood = await boundPlan({ backend: this.backend, signal }, plan, events).open();
      return this.likelihood;
    }
    const outcomes = plan.composition.parameters.flatMap(({ name, constraint }) =>
      constraint === undefined ? [] : [[name, constraint.observed] as const],
    );
    const data = plan.channels.map(({ name }, c) => [name, events[c]!.data] as const);
    await this.likelihood.bind(Object.fromEntries(data), Object.fromEntries(outcomes));
    return this.likelihood;
  }

  async close(): Promise<void> {
    await this.likelihood?.close();
  }
}

async function runCompositionToy(
  { context, bound, point, truth, key }: CompositionToys,
  toy: number,
  backend: Backend,
  open: (plan: BoundPlan["plan"], events: readonly ChannelEvents[]) => Promise<ChannelsLikelihood>,
): Promise<ToyRecord> {
  const { plan, events } = bound;
  const toyOf = await drawCompositionToy({
    composition: trueComposition(plan, point),
    channels: plan.channels.map((channel, c) => channelOf(plan, channel, events[c]!)),
    point,
    seed: word(randomKey(context.analysis.configuration.seed, `toy/${plan.name}`), toy),
  });
  const { events: drawn } = toyOf;
  const composition = withOutcomes(plan, toyOf.composition);
  const warnings: string[] = [];
  const own: CompositionContext = {
    ...context,
    backend,
    store: passingSteps({ key, toy }),
    progress: SILENT,
    warn: (text) => warnings.push(text),
  };
  const data = drawn.map(({ count, columns }, c): ChannelEvents => {
    return { ...events[c]!, data: { count, columns }, total: count, leftOut: [], digest: `toy ${toy}` };
  });
  const toyPlan = { ...plan, composition };
  // The lane closes it.
  const toyBound = { plan: toyPlan, events: data, open: () => open(toyPlan, data), close: async () => {} };
  const { fit, errors } = await fitStep(own, toyBound).result();
  // Parameters at a limit have no errors, and then the toy has no covariance of all.
  const isWhole = errors.names.length === truth.length;
  return {
    toy,
    key,
    truth,
    point: null,
    events: data.reduce((sum, one) => sum + one.data.count, 0),
    fits: {
      [FIT]: {
        label: plan.name,
        status: fit.status,
        estimate: fit.estimate.values,
        covariance: isWhole ? errors.covariance : null,
        sigma: isWhole ? errors.sigma : null,
      },
    },
    warnings,
  };
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
  { data }: ChannelEvents,
): ToyChannel {
  const { given } = composition.shape(selected);
  return {
    name,
    density: selected,
    isExtended,
    count: given.length > 0 ? data.count : Math.round(totalWeight(data)),
    given: Object.fromEntries(given.map((column) => [column, Float64Array.from(data.columns[column]!)])),
  };
}
