/**
 * The likelihood of a composition: a sum over channels, each a density with a sample, and the constraints of the parameters; a function of all
 * free parameters θ, with exact derivatives by double backward.
 */
import { UsageError } from "../../../engine/errors.js";
import { aList, aNumber, anObject, aSignal, checkOptions, type Options, optional } from "../../../engine/options.js";
import type { Backend, ColumnData } from "../../../engine/runtime/backend.js";
import { sharedColumn } from "../../../engine/runtime/shared-column.js";
import { add, broadcastEvents } from "../../../engine/tape/operations.js";
import { Tape, type Var } from "../../../engine/tape/tape.js";
import { parametersOf } from "../../../flows/networks/weights.js";
import { effectiveEvents } from "../../statistics/fit/covariance.js";
import type { Evaluation, Objective } from "../../statistics/objective.js";
import { bindComposition, TapeParts } from "../composition/bind-composition.js";
import type { CheckedComposition } from "../composition/composition.js";
import { compositionParameters } from "../composition/composition-parameters.js";
import { derivedColumns } from "../language/framed-columns.js";
import { freeParameters, type Parameter } from "../parameters/parameter.js";
import {
  type BoundSample,
  boundTerms,
  computedOf,
  constraintTerm,
  extendedTerm,
  functionOfTheta,
  logProbOf,
  parameterPrograms,
  scoresOf,
} from "./bound-terms.js";
import type { Order, OuterProduct } from "./evaluation.js";
import { eventPrograms, type Member } from "./event-programs.js";
import { CACHE_BYTES } from "./likelihood-request.js";
import { type Traced, WEIGHT } from "./likelihood-terms.js";

/** Events of one channel, by the columns of the composition. */
export interface ChannelData {
  readonly count: number;
  /** [events] each: those that the density is of, and those that it is conditional on. */
  readonly columns: Readonly<Record<string, ColumnData>>;
  /** [events], of either sign. Absent: every event counts 1. */
  readonly weights?: ColumnData | undefined;
}

export interface Channel {
  readonly name: string;
  /** Of the composition. */
  readonly density: string;
  readonly data: ChannelData;
  /** With the Poisson term of the number of events. */
  readonly isExtended: boolean;
}

export interface ChannelsRequest {
  readonly backend: Backend;
  readonly composition: CheckedComposition;
  readonly channels: readonly Channel[];
  /** As of `likelihood`, for each channel. */
  readonly cacheBytes?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface ChannelsLikelihood extends Objective {
  /** The free ones: θ lists them in this order. */
  readonly parameters: readonly Parameter[];
  /** -Σ w log p of every channel, and constraints with extended terms. */
  evaluateParts(theta: ArrayLike<number>, order: Order): Promise<ChannelParts>;
  /** log p of every event of a channel, unweighted: f64 [events]. */
  logProb(channel: string, theta: ArrayLike<number>): Promise<Float64Array>;
  /** Gradient of every event's log p, with that of the logarithm of the expected number where it counts: f64 [K, events]. */
  eventScores(channel: string, theta: ArrayLike<number>): Promise<Float64Array>;
  /** Expected numbers of events by channel, where its density has one. */
  expected(theta: ArrayLike<number>): Promise<Readonly<Record<string, number>>>;
  /** J of the sandwich covariance, row-major [K, K]: Σ w² g gᵀ over events, and the curvature of the constraints. */
  scoreProduct(theta: ArrayLike<number>): Promise<Float64Array>;
  /** Integrals that are refused at the start of the parameters: a fit may go to where they are as uncertain. */
  uncertainIntegrals(theta: ArrayLike<number>): Promise<readonly UncertainIntegral[]>;
  /** BHHH: Σ w g gᵀ, and the curvature of the constraints. */
  outerProduct(theta: ArrayLike<number>): Promise<OuterProduct>;
  /** (Σw)² / Σw² of all channels together. */
  readonly effectiveEvents: number;
  readonly isWeighted: boolean;
  readonly crossesKnots: boolean;
  close(): Promise<void>;
}

export interface ChannelParts {
  readonly channels: Readonly<Record<string, Evaluation>>;
  readonly penalty: Evaluation;
  readonly total: Evaluation;
}

const requestOptions: Options<ChannelsRequest> = {
  backend: anObject,
  composition: anObject,
  channels: aList,
  cacheBytes: optional(aNumber),
  signal: optional(aSignal),
};

/** Of messages: rows are counted from 0, as in arrays. */
function checkChannel(composition: CheckedComposition, { name, density, data, isExtended }: Channel): void {
  const where = `channel ${name}`;
  if (!Object.hasOwn(composition.densities, density)) {
    const known = Object.keys(composition.densities).join(", ");
    throw new UsageError(where, { expected: `a density (${known})`, got: JSON.stringify(density) });
  }
  const shape = composition.shape(density);
  if (isExtended && !shape.isExtended) {
    throw new UsageError(where, {
      expected: `numbers of events in ${density}, as the channel is extended`,
      got: "fractions alone",
      hint: "Give the mixture numbers of events, or set extended to false",
    });
  }
  const { count, columns, weights } = data;
  if (!(count > 0 || (count === 0 && isExtended))) {
    throw new UsageError(where, { expected: "at least one event, unless it is extended", got: `${count}` });
  }
  if (weights !== undefined && weights.length !== count) {
    throw new UsageError(where, { expected: `${count} weights`, got: `${weights.length}` });
  }
  for (const column of [...shape.of, ...shape.given]) {
    const own = Object.hasOwn(columns, column) ? columns[column]! : undefined;
    if (own === undefined || own.length !== count) {
      const got = own === undefined ? `none (${Object.keys(columns).join(", ")})` : `${own.length}`;
      throw new UsageError(where, { expected: `${count} numbers of the column ${column}`, got });
    }
    const [low, high] = composition.domain(column);
    const classes = composition.classes(column);
    const isIn = (value: number) => (classes ? classes.includes(value) : value >= low && value <= high);
    const bad = own.findIndex((value) => !isIn(value));
    if (bad < 0) continue;
    const number = Array.from(own).filter((value) => !isIn(value)).length;
    throw new UsageError(where, {
      expected: classes ? `${column} of ${classes.join(", ")}` : `${column} within [${low}, ${high}]`,
      got: `${own[bad]} in row ${bad} (counted from 0); ${number} such events of ${count}`,
      hint: "Select the events within the range of the column, or widen it",
    });
  }
}

const columnsOf = (composition: CheckedComposition, density: string): readonly string[] => {
  const { of, given } = composition.shape(density);
  return [...of, ...given];
};

/** What a channel computes from its events, and what is bound to its tape beside the data. */
interface TracedChannel {
  readonly traced: Traced;
  readonly tape: Tape;
  readonly parts: TapeParts;
  readonly integrals: TapeParts["integrals"];
}

function traceChannel(composition: CheckedComposition, { density, data, isExtended }: Channel): TracedChannel {
  const tape = new Tape();
  const size = freeParameters(composition.parameters).length;
  const nu = tape.parameter("nu", [size]);
  const events = tape.events();
  const columns = Object.fromEntries(columnsOf(composition, density).map((name) => [name, tape.column(name)]));
  const parts = new TapeParts();
  const ownNu = broadcastEvents(nu, events);
  const at = (theta: Var) => bindComposition(composition, theta, columns, parts).density(density);
  const logProb = broadcastEvents(at(nu).logProb(), events);
  // The same stand on the tape a second time, where every event has its own parameters.
  const integrals = [...parts.integrals];
  const own = at(ownNu);
  const ownLog = broadcastEvents(own.logProb(), events);
  const traced = {
    nu,
    ownNu,
    logProb,
    ownScore: isExtended ? add(ownLog, own.logExpected!) : ownLog,
    weight: data.weights ? tape.column(WEIGHT, []) : tape.constant(1, [], events),
  };
  return { traced, tape, parts, integrals };
}

/** What looks at no event: constraints, extended terms, and expected numbers. */
function withoutEvents(composition: CheckedComposition, channels: readonly Channel[]) {
  const free = freeParameters(composition.parameters);
  const tape = new Tape();
  const nu = tape.parameter("nu", [free.length]);
  // Numbers of events look at no column, but the densities that they are of may.
  const columns = Object.fromEntries(Object.keys(composition.columns).map((name) => [name, tape.column(name)]));
  const at = bindComposition(composition, nu, columns, new TapeParts());
  const expected: Record<string, Var> = {};
  const terms: Var[] = [];
  for (const { name, density, data, isExtended } of channels) {
    if (!composition.shape(density).isExtended) continue;
    const own = at.density(density);
    const [total, logTotal] = [own.expected!, own.logExpected!];
    if (total.events !== undefined) {
      if (!isExtended) continue;
      throw new UsageError(`channel ${name}`, {
        expected: `numbers of events of ${density} that look at no column`,
        got: "numbers that do",
        hint: "A region of a density that is conditional on a column has a part of its own for each event: set extended to false",
      });
    }
    expected[`expected ${name}`] = total;
    if (isExtended) terms.push(extendedTerm(total, logTotal, data));
  }
  const weights = parametersOf(tape, compositionParameters(composition));
  const programs = parameterPrograms(nu, constraintTerm(composition.parameters, at), terms, weights);
  if (Object.keys(expected).length === 0) return { ...programs, expected: undefined };
  return { ...programs, expected: functionOfTheta(expected, weights) };
}

/** Error of the logarithm of an integral that is too large to be passed over: as of densities that are known from samples. */
const MOST_INTEGRAL_ERROR = 5e-4;

/** An integral of a density that quadrature does not know well enough. */
export interface UncertainIntegral {
  readonly channel: string;
  readonly what: string;
  /** Estimate of the error of its logarithm: the largest of all events. */
  readonly error: number;
}

interface OpenChannel extends BoundSample {
  readonly channel: Channel;
  readonly integrals: TapeParts["integrals"];
}

/**
 * Binds a composition to data. Programs are compiled when first needed. What data and weights alone decide is computed with the first of
 * them, and cached.
 */
export async function channelsLikelihood(request: ChannelsRequest): Promise<ChannelsLikelihood> {
  checkOptions("channelsLikelihood", request, requestOptions);
  const { backend, composition, channels, cacheBytes = CACHE_BYTES, signal } = request;
  if (channels.length === 0) throw new UsageError("channelsLikelihood", { expected: "a channel", got: "none" });
  const names = channels.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) {
    throw new UsageError("channelsLikelihood", { expected: "channels of different names", got: `${twice} twice` });
  }
  const parameters = freeParameters(composition.parameters);
  if (parameters.length === 0) {
    throw new UsageError("channelsLikelihood", { expected: "at least one free parameter", got: "none" });
  }
  for (const channel of channels) checkChannel(composition, channel);
  const ofParameters = withoutEvents(composition, channels);
  const open: OpenChannel[] = [];
  for (const channel of channels) {
    const { count, columns, weights } = channel.data;
    const kept = columnsOf(composition, channel.density).map((name) => [name, columns[name]!] as const);
    const { traced, tape, parts, integrals } = traceChannel(composition, channel);
    const member: Member = { parameters: parametersOf(tape, compositionParameters(composition)), columns: {} };
    const derived = Object.entries(derivedColumns(parts.derived, columns));
    const all = [...kept, ...derived].map(([name, values]) => [name, sharedColumn(values)] as const);
    const data = { ...Object.fromEntries(all), ...(weights && { [WEIGHT]: sharedColumn(weights) }) };
    open.push({
      channel,
      member,
      count,
      integrals,
      events: eventPrograms({
        backend,
        traced: { ...traced } as Record<keyof Traced, Var>,
        columns: data,
        count,
        members: [member],
        cacheBytes,
        signal,
      }),
    });
  }
  const opened = (name: string): OpenChannel => {
    const found = open.find(({ channel }) => channel.name === name);
    if (found !== undefined) return found;
    throw new UsageError("channelsLikelihood", { expected: `a channel (${names.join(", ")})`, got: name });
  };
  const boundAll = boundTerms(open, ofParameters);

  async function evaluateParts(theta: ArrayLike<number>, order: Order): Promise<ChannelParts> {
    const { samples, penalty, total } = await boundAll.evaluate(theta, order);
    return { channels: Object.fromEntries(samples.map((own, i) => [names[i]!, own])), penalty, total };
  }

  async function uncertainIntegrals(theta: ArrayLike<number>): Promise<UncertainIntegral[]> {
    const found: UncertainIntegral[] = [];
    for (const own of open) {
      const { name, data } = own.channel;
      const known = own.integrals.filter(({ error }) => data.count > 0 || error.events === undefined);
      if (known.length === 0) continue;
      const outputs = Object.fromEntries(known.map(({ error }, i) => [`${i}`, error]));
      const values = await computedOf(own, "integrals", theta, outputs);
      for (const [i, { what }] of known.entries()) {
        const error = values[`${i}`]!.reduce((a, b) => Math.max(a, b), 0);
        if (!(error <= MOST_INTEGRAL_ERROR)) found.push({ channel: name, what, error });
      }
    }
    return found;
  }

  async function close() {
    for (const { events } of open) await events.close();
  }

  const [uncertain] = await uncertainIntegrals(parameters.map(({ start }) => start));
  if (uncertain !== undefined) {
    await close();
    throw new UsageError(`channel ${uncertain.channel}`, {
      expected: `${uncertain.what} to ${MOST_INTEGRAL_ERROR} of itself`,
      got: Number.isNaN(uncertain.error)
        ? "no number, as the density is below 0 or not finite in a part of the range"
        : `an error of ${uncertain.error.toPrecision(2)} by quadrature`,
      hint: "Give its columns ranges in which the density has no narrow peaks, or none",
    });
  }
  const weights = channels.flatMap(({ data }) => Array.from(data.weights ?? new Float64Array(data.count).fill(1)));
  const isWeighted = channels.some(({ data }) => data.weights !== undefined);
  return {
    names: parameters.map(({ name }) => name),
    parameters,
    isWeighted,
    crossesKnots: channels.some(({ density }) => composition.shape(density).crossesKnots),
    effectiveEvents: isWeighted && weights.length > 0 ? effectiveEvents(weights) : weights.length,
    evaluateParts,
    evaluate: async (theta, order) => (await evaluateParts(theta, order)).total,
    logProb: async (channel, theta) => logProbOf(opened(channel), theta),
    eventScores: async (channel, theta) => scoresOf(opened(channel), theta),
    async expected(theta) {
      if (ofParameters.expected === undefined) return {};
      const found = ofParameters.expected(theta);
      return Object.fromEntries(
        Object.entries(found).map(([name, values]) => [name.slice("expected ".length), values[0]!]),
      );
    },
    scoreProduct: boundAll.scoreProduct,
    outerProduct: boundAll.outerProduct,
    uncertainIntegrals,
    close,
  };
}
