/** After the fit: data that simulation does not describe, by range and by log-density, and what single events do to the estimates. */
import { type LowDensity, lowDensityEvents } from "../../inference/data-checks/low-density.js";
import { NAMED_ROWS } from "../../inference/data-checks/stray-values.js";
import type { MixtureModel } from "../../inference/model/mixture-model.js";
import { joinedColumns, type SimulatedEvents } from "../../inference/model/sampling/simulated-events.js";
import { expectedYields } from "../../inference/model/yields.js";
import { nominalShapes, nuisanceVector, willMoveY } from "../configuration/analysis.js";
import { looksAtY, type RunContext } from "../context.js";
import { checkedFeatures, eventText } from "../events/column-checks.js";
import type { DataVerdict } from "../events/data-verdicts.js";
import type { OpenLikelihood } from "../likelihood/bound-likelihood.js";
import { eventInfluence, type ParameterInfluence, togetherText } from "../likelihood/event-influence.js";
import { openFit } from "../likelihood/open-fit.js";
import type { NamedFit } from "./fits/fitted-model.js";

export interface FittedEvents {
  readonly verdicts: readonly DataVerdict[];
  /** The events that move each parameter most. */
  readonly influence: readonly ParameterInfluence[];
}

/** @param before  what the columns said before the fit */
export async function checkFittedEvents(
  context: RunContext,
  model: MixtureModel,
  { fit, summary }: NamedFit,
  before: readonly DataVerdict[],
): Promise<FittedEvents> {
  const { events, signal } = context;
  const low = events.data.count === 0 ? undefined : await lowDensity(context, model, summary.estimate);
  const outside = before.some(({ check }) => check === "support") ? eventsOutside(context, model) : [];
  const open = await openFit(context, model, events.data);
  try {
    const group = new Set([...outside, ...(low?.found.events ?? [])]);
    const at = { estimate: summary.estimate, covariance: fit.covariance };
    const { verdicts, largest, together } = await eventInfluence(open, at, group, signal);
    const moved = group.size === 0 ? "" : togetherText(open.likelihood.names, together);
    const support =
      low === undefined ? outsideVerdicts(open, outside, moved) : [lowDensityVerdict(open, low, outside, moved)];
    return { verdicts: [...support, ...verdicts], influence: largest };
  } finally {
    await open.close();
  }
}

/** Positions of the events beyond the simulated range of a feature. */
function eventsOutside({ analysis, events }: RunContext, model: MixtureModel): number[] {
  const movesY = willMoveY(analysis.configuration);
  const features = checkedFeatures(analysis, events.data, model.simulated, movesY);
  return Array.from({ length: events.data.count }, (_, event) => event).filter((event) =>
    features.some(({ values, expected }) => expected && (values[event]! < expected[0] || values[event]! > expected[1])),
  );
}

interface FoundLow {
  readonly found: LowDensity;
  readonly logProb: Float64Array;
  /** "x" or "x and y" */
  readonly of: string;
  /** Held-out events of simulation. */
  readonly simulated: number;
}

/**
 * Events of the data at ν̂ beside held-out events of the nominal simulation. T moves y of the data, so that where there is one x alone is
 * compared.
 */
async function lowDensity(
  context: RunContext,
  model: MixtureModel,
  estimate: readonly number[],
): Promise<FoundLow | undefined> {
  const hasY = looksAtY(context) && model.transport === undefined;
  const { y, transport: _t, response: _r, ...ofX } = model;
  const compared: MixtureModel = hasY && y ? { ...ofX, y } : ofX;
  const heldOut = await nominalHeldOut(context);
  const joint = (of: "x" | "y") => joinedColumns(heldOut.map((own) => ({ count: own.count, column: own[of]! })));
  const count = heldOut.reduce((sum, own) => sum + own.count, 0);
  const simulated = { count, x: joint("x"), ...(hasY && { y: joint("y") }) };
  const { x, y: dataY } = context.events.data;
  const data = { count: context.events.data.count, x, ...(hasY && { y: dataY }) };
  const nominal = nuisanceVector(context.analysis.configuration, {});
  const logProb = await logProbOf(context, compared, data, estimate);
  const reference = {
    logProb: await logProbOf(context, compared, simulated, nominal),
    weights: mixtureWeights(heldOut, await expectedYields(compared, nominal)),
  };
  const found = lowDensityEvents(logProb, reference);
  return found && { found, logProb, of: hasY ? "x and y" : "x", simulated: count };
}

/** Nominal events that no training has seen: those by which it has chosen an epoch are as good here. */
async function nominalHeldOut({ analysis, simulation }: RunContext): Promise<SimulatedEvents[]> {
  const nominal = nominalShapes(analysis.configuration);
  const anchors = simulation.anchors.filter(({ at }) => at.every((value, k) => value === nominal[k]));
  return [...((await simulation.validation(anchors)) ?? []), ...(await simulation.test(anchors))];
}

/** Weights that give each process its yield. */
function mixtureWeights(parts: readonly SimulatedEvents[], yields: readonly number[]): Float64Array {
  const sums = yields.map(() => 0);
  const weightOf = ({ weights }: SimulatedEvents, event: number) => weights?.[event] ?? 1;
  for (const part of parts) for (let e = 0; e < part.count; e++) sums[part.process]! += weightOf(part, e);
  return Float64Array.from(
    parts.flatMap((part) =>
      Array.from({ length: part.count }, (_, e) => (weightOf(part, e) * yields[part.process]!) / sums[part.process]!),
    ),
  );
}

async function logProbOf(context: RunContext, model: MixtureModel, data: LikelihoodData, nu: readonly number[]) {
  const { configuration } = context.analysis;
  const likelihood = { ...configuration.likelihood, form: "joint" as const };
  const analysis = { ...context.analysis, configuration: { ...configuration, likelihood } };
  const open = await openFit({ ...context, analysis }, model, data);
  try {
    return await open.likelihood.logProb(nu);
  } finally {
    await open.close();
  }
}

type LikelihoodData = Parameters<typeof openFit>[2];

function lowDensityVerdict(
  { analysis, events }: OpenLikelihood,
  { found, logProb, of, simulated }: FoundLow,
  outside: readonly number[],
  moved: string,
): DataVerdict {
  const { count, below, simulated: part, pValue, events: low } = found;
  const named = low.slice(0, NAMED_ROWS);
  const worst = named
    .map((event) => `${eventText(analysis, events, event)}, with log p = ${logProb[event]!.toPrecision(4)}`)
    .join("; ");
  const isLow = new Set(low);
  const others = outside.filter((event) => !isLow.has(event)).length;
  const more = others === 0 ? "" : `, and ${others} more lie outside of its range`;
  const text =
    `${events.file}: ${count} of ${events.data.count} events have a log p of ${of} below ${below.toPrecision(4)}, which ` +
    `${(100 * part).toPrecision(2)}% of ${simulated} held-out simulated events do not exceed (probability ` +
    `${pValue < 1e-12 ? "below 1e-12" : pValue.toExponential(1)} where their tail is three times that of simulation)${more}. ` +
    `The lowest: ${worst}.${moved} Simulation does not describe them`;
  return {
    check: "support",
    about: "data",
    failed: true,
    text,
    advice: "Look for a process that is missing, or cut data and simulation alike",
    count: low.length + others,
    rows: named.map((event) => events.rows?.[event] ?? event),
  };
}

/** What the events that have been named before the fit did to it. */
function outsideVerdicts({ events }: OpenLikelihood, outside: readonly number[], moved: string): DataVerdict[] {
  if (outside.length === 0 || moved === "") return [];
  const rows = outside.slice(0, NAMED_ROWS).map((event) => events.rows?.[event] ?? event);
  const text =
    `${events.file}: ${outside.length} of ${events.data.count} events lie outside of the simulated ranges.${moved}`.replace(
      /\.$/,
      "",
    );
  const advice = "Set data.outside to drop to see the fit without them";
  return [{ check: "support", about: "data", failed: true, text, advice, count: outside.length, rows }];
}
