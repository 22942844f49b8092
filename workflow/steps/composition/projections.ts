/** Projections of the channels of a likelihood on each of their columns, and whether the fitted density describes them. */

import { weightSums } from "../../../inference/model/likelihood/event-stream.js";
import { freeParameters } from "../../../inference/model/parameters/parameter.js";
import { binEdges } from "../../../inference/model/predictions/closure.js";
import {
  type BinProbabilities,
  type BinSource,
  binSource,
  type DensityBins,
  densityInBins,
} from "../../../inference/model/predictions/density-in-bins.js";
import {
  type BinnedEvents,
  type ChiSquareResult,
  chiSquareTest,
} from "../../../inference/statistics/goodness/goodness-of-fit.js";
import type { ChannelPlan, LikelihoodPlan } from "../../configuration/composition/likelihood-plans.js";
import type { ChannelEvents } from "../../events/channel-events.js";
import { binned, sampleOf } from "../../events/channel-stream.js";
import { grid } from "../../likelihood/nuisance-scan.js";
import { type LazyStep, lazyStep } from "../../store/lazy-step.js";
import type { Verdict } from "../../verdicts.js";
import { leastProbable, misfitText } from "../goodness-of-fit.js";
import type { BoundPlan, StepContext } from "./context.js";
import type { CompositionFit } from "./fit.js";

export interface ChannelPrediction {
  readonly expected: BinnedEvents;
  readonly result: ChiSquareResult;
}

export interface ChannelProjection {
  readonly channel: string;
  readonly column: string;
  /** How the expectation was found. */
  readonly method: BinProbabilities["method"];
  readonly observed: BinnedEvents;
  readonly before: ChannelPrediction;
  readonly after: ChannelPrediction;
  /** Expected events of each summand after the fit [bins]; none where they are not known. */
  readonly summands: BinProbabilities["summands"];
}

export interface ProjectionSettings {
  readonly bins: number;
}

export function projectionStep(
  { store, common, backend }: StepContext,
  bound: BoundPlan,
  fit: LazyStep<CompositionFit>,
  report: ProjectionSettings,
): LazyStep<readonly ChannelProjection[]> {
  const { seed } = common;
  const { plan, events } = bound;
  return lazyStep(store, common, `projections.${plan.name}`, { fit: fit.key, bins: report.bins }, async ({ bins }) => {
    const found = await fit.result();
    const { composition } = plan;
    const start = freeParameters(composition.parameters).map((own) => own.start);
    const sources = plan.channels.map(({ selected }, c) => {
      const at = (theta: readonly number[]) =>
        binSource({ composition, density: selected }, { theta, data: sampleOf(events[c]!.data), seed, backend });
      return { before: at(start), after: at(found.fit.estimate.values) };
    });
    const all: ChannelProjection[] = [];
    for (const { c, column, edges } of binnedColumns(bound, bins)) {
      all.push(await projected(plan, plan.channels[c]!, column, edges, events[c]!, found, sources[c]!));
    }
    return all;
  });
}

/** A column of a channel, the `c`-th, in bins. */
interface BinnedColumn {
  readonly c: number;
  readonly column: string;
  readonly edges: readonly number[];
}

/** Every column that the densities of the channels are of, where it has bins. */
export const binnedColumns = ({ plan, events }: Pick<BoundPlan, "plan" | "events">, bins: number): BinnedColumn[] =>
  plan.channels.flatMap((channel, c) =>
    plan.composition.shape(channel.selected).of.flatMap((column) => {
      const edges = edgesOf(plan, channel, column, events[c]!, bins);
      return edges === undefined ? [] : [{ c, column, edges }];
    }),
  );

/** Over the range of the column; where that has no end, around the events. Undefined where there are too few, or values of a category. */
function edgesOf(
  { composition }: LikelihoodPlan,
  { region }: ChannelPlan,
  column: string,
  { data }: ChannelEvents,
  bins: number,
): number[] | undefined {
  if (composition.classes(column) !== undefined) return undefined;
  const [low, high] = composition.domain(column);
  const own = region[column] ?? [[low, high] as const];
  const [from, to] = [own[0]![0], own.at(-1)![1]];
  if (Number.isFinite(from) && Number.isFinite(to)) return grid(from, to, bins + 1);
  const { columns, weights } = sampleOf(data);
  const values = columns[column]!;
  return values.every((value) => value === values[0]) ? undefined : binEdges(values, bins, weights);
}

async function projected(
  { composition }: LikelihoodPlan,
  { name, selected, isExtended }: ChannelPlan,
  column: string,
  edges: readonly number[],
  { data }: ChannelEvents,
  { expected, expectedBefore }: CompositionFit,
  sources: { readonly before: BinSource; readonly after: BinSource },
): Promise<ChannelProjection> {
  const bins: DensityBins = { composition, density: selected, column, edges };
  const observed = await binned(data, column, edges);
  const number = (of: Readonly<Record<string, number>>) => (isExtended ? of[name]! : weightSums(data).total);
  const predicted = ({ total, drawn }: BinProbabilities, events: number): ChannelPrediction => {
    const sums = total.map((share) => events * share);
    const squares = sums.map((sum) => (drawn === undefined ? 0 : (sum * events) / drawn));
    const own: BinnedEvents = { edges, sums, squares, outside: [0, 0] };
    return { expected: own, result: chiSquareTest(observed, own, isExtended ? 0 : 1) };
  };
  const before = await densityInBins(bins, sources.before);
  const after = await densityInBins(bins, sources.after);
  return {
    channel: name,
    column,
    method: after.method,
    observed,
    before: predicted(before, number(expectedBefore)),
    after: predicted(after, number(expected)),
    summands: after.summands.map(({ name: own, values }) => ({
      name: own,
      values: values.map((share) => share * number(expected)),
    })),
  };
}

export interface CompositionGoodness {
  readonly tests: number;
  /** Probability of a least p-value as small among so many tests. */
  readonly pValue: number;
}

/** Of the projections after the fit; null where nothing can be tested. */
export function goodnessOf(label: string, projections: readonly ChannelProjection[]) {
  const tests = projections.map(({ channel, column, observed, after }) => {
    return { channel, column, observed, result: after.result };
  });
  const found = leastProbable(tests);
  if (found === undefined) return { goodness: null, verdicts: [] };
  const { channel, column } = found.least;
  const verdict: Verdict = {
    check: "goodness of fit",
    about: "fit",
    failed: true,
    text: `${label}: ${misfitText(column, `${column} of the channel ${channel}`, found)}`,
    advice:
      "Look at the projections in the report: is a density missing, or one too simple? Estimates and errors hold for a density that " +
      "describes the data only",
  };
  const goodness: CompositionGoodness = { tests: found.tests, pValue: found.pValue };
  return { goodness, verdicts: found.passed ? [] : [verdict] };
}
