/** What single events, and groups of them, do to a fit. */

import { EventShifts } from "../../inference/data-checks/event-shifts.js";
import { InfluenceCheck } from "../../inference/data-checks/influence.js";
import { NAMED_ROWS } from "../../inference/data-checks/stray-values.js";
import type { FitResult } from "../../inference/statistics/fit/fit-result.js";
import { checkedFeatures, eventText } from "../events/column-checks.js";
import { type DataVerdict, rowText } from "../events/data-verdicts.js";
import { listed } from "../text-table.js";
import type { OpenLikelihood } from "./bound-likelihood.js";
import { scorePortions } from "./score-portions.js";

type CheckedLikelihood = Pick<OpenLikelihood, "analysis" | "likelihood" | "events">;

/** The events that move one parameter most. */
export interface ParameterInfluence {
  readonly parameter: string;
  readonly events: readonly {
    /** Of the file, counted from 0. */
    readonly row: number;
    /** By the name of the feature. */
    readonly values: Readonly<Record<string, number>>;
    /** Of the estimate, in standard deviations, in one Newton step. */
    readonly shift: number;
  }[];
}

export interface EventInfluence {
  /** Events that alone decide a parameter. */
  readonly verdicts: readonly DataVerdict[];
  /** For each parameter; none without an inverse Hessian. */
  readonly largest: readonly ParameterInfluence[];
  /** What the events of the group do together to each parameter, in standard deviations; undefined without an inverse Hessian. */
  readonly together: readonly number[] | undefined;
}

/** Of a fit, or of a point without one. */
export type InfluencePoint = Pick<FitResult, "covariance"> & { readonly estimate: readonly number[] };

/** The inverse Hessian with rows of zeros for parameters that a bound holds. */
function wholeCovariance({ covariance }: InfluencePoint, names: readonly string[]) {
  if (covariance === undefined) return undefined;
  const position = names.map((name) => covariance.names.indexOf(name));
  return position.map((i) => position.map((j) => (i < 0 || j < 0 ? 0 : covariance.matrix[i]![j]!)));
}

/** @param group  positions of events that are looked at together */
export async function eventInfluence(
  open: CheckedLikelihood,
  at: InfluencePoint,
  group: ReadonlySet<number>,
  signal: AbortSignal,
): Promise<EventInfluence> {
  const { likelihood, events } = open;
  const { count, weights } = events.data;
  const check = new InfluenceCheck(count, at.estimate.length);
  const covariance = wholeCovariance(at, likelihood.names);
  const shifts = covariance && new EventShifts(covariance, group);
  for await (const { start, stop, scores } of scorePortions(open, at.estimate, signal)) {
    const size = stop - start;
    const weighted = weights === undefined ? scores : scores.map((g, i) => g * weights[start + (i % size)]!);
    check.add(weighted, start);
    shifts?.add(weighted, start);
  }
  return {
    verdicts: await dominanceVerdicts(open, at.estimate, check),
    largest: shifts === undefined ? [] : largestOf(open, shifts),
    together: shifts && Array.from(shifts.together),
  };
}

function largestOf({ analysis, likelihood, events }: CheckedLikelihood, shifts: EventShifts): ParameterInfluence[] {
  if (events.data.count === 0) return [];
  const features = checkedFeatures(analysis, events.data, undefined, false);
  return likelihood.names.map((parameter, k) => ({
    parameter,
    events: shifts.largest[k]!.events.map(({ event, shift }) => ({
      row: events.rows?.[event] ?? event,
      values: Object.fromEntries(features.map(({ name, values }) => [name, values[event]!])),
      shift,
    })),
  }));
}

async function dominanceVerdicts(
  { analysis, likelihood, events }: CheckedLikelihood,
  nu: readonly number[],
  check: InfluenceCheck,
): Promise<DataVerdict[]> {
  const dominant = check.dominant();
  const [first] = dominant;
  if (first === undefined) return [];
  const [logProb] = await likelihood.logProb(nu, [first.row, first.row + 1]);
  const shift = Number.isFinite(first.shift)
    ? `by ${first.shift.toPrecision(3)} standard deviations`
    : "beyond measure";
  const rows = dominant.slice(0, NAMED_ROWS).map(({ row }) => events.rows?.[row] ?? row);
  const others = dominant.length === 1 ? "" : `; in all, ${rowText(rows, dominant.length)} do so`;
  return [
    {
      check: "influence",
      about: "data",
      failed: true,
      text:
        `${events.file}: ${eventText(analysis, events, first.row)}, with log p = ${logProb!.toPrecision(6)}, alone moves ` +
        `${likelihood.names[first.nuisance]} ${shift}${others}. It dominates the likelihood`,
      advice: "Remove it, or find out what it is",
      count: dominant.length,
      rows,
    },
  ];
}

/** Shifts that are worth a word, in standard deviations. */
const LEAST_TOGETHER = 0.05;

/** "Together they move scale by +0.21 and norm by -6.10 standard deviations." */
export function togetherText(names: readonly string[], together: readonly number[] | undefined): string {
  if (together === undefined) return "";
  const moved = names.flatMap((name, k) => {
    const shift = together[k]!;
    if (Math.abs(shift) < LEAST_TOGETHER) return [];
    return [`${name} by ${shift < 0 ? "" : "+"}${shift.toPrecision(2)}`];
  });
  if (moved.length === 0) return ` Together they move no estimate by ${LEAST_TOGETHER} standard deviations.`;
  const list = listed(moved);
  return ` Together they move ${list} standard deviations, in one Newton step.`;
}
