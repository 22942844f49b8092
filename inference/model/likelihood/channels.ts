/**
 * The likelihood of a composition: a sum over channels, each a density with a sample, and the constraints of the parameters; a function of all
 * free parameters θ, with exact derivatives by double backward.
 */
import { entryOf } from "../../../engine/entry.js";
import { UsageError } from "../../../engine/errors.js";
import {
  aList,
  aNumber,
  anObject,
  aSignal,
  checkArgument,
  checkOptions,
  type Options,
  optional,
} from "../../../engine/options.js";
import type { Backend } from "../../../engine/runtime/backend.js";
import { add, broadcastEvents } from "../../../engine/tape/operations.js";
import { Tape, type Var } from "../../../engine/tape/tape.js";
import { parametersOf } from "../../../flows/networks/weights.js";
import type { Evaluation, Objective } from "../../statistics/objective.js";
import { bindComposition, TapeParts } from "../composition/bind-composition.js";
import type { CheckedComposition } from "../composition/composition.js";
import { compositionParameters } from "../composition/composition-parameters.js";
import { freeParameters, type Parameter } from "../parameters/parameter.js";
import { type BoundSample, boundTerms, computedOf, type EachPiece, logProbOf, scoresOf } from "./bound-terms.js";
import {
  boundEvents,
  type Channel,
  type ChannelData,
  type ChannelStream,
  checkChannel,
  checkHasWeights,
  columnsOf,
} from "./channel-data.js";
import { ChannelParameters, withOutcomes } from "./channel-parameters.js";
import type { Order, OuterProduct } from "./evaluation.js";
import { eventPrograms, type Member } from "./event-programs.js";
import { effectiveOf, isWeighted } from "./event-stream.js";
import { CACHE_BYTES } from "./likelihood-request.js";
import { type Traced, WEIGHT } from "./likelihood-terms.js";

export type { Channel, ChannelData, ChannelStream } from "./channel-data.js";

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
  /** log p of every event of a channel, unweighted: f64 [events]. Of a stream `each` takes them, piece by piece. */
  logProb(channel: string, theta: ArrayLike<number>, each?: EachPiece): Promise<Float64Array>;
  /** Gradient of every event's log p, with that of the logarithm of the expected number where it counts: f64 [K, events]; of a stream as `logProb`. */
  eventScores(channel: string, theta: ArrayLike<number>, each?: EachPiece): Promise<Float64Array>;
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
  /**
   * Takes other events of the channels that are named, and other outcomes of the constraints of parameters: what is compiled stays, so that fits of
   * many data sets, of toys for example, compile once. Not while an evaluation is under way.
   *
   * @param outcomes  `observed` of constraints, by the names of their parameters
   */
  bind(
    data: Readonly<Record<string, ChannelData | ChannelStream>>,
    outcomes?: Readonly<Record<string, number>>,
  ): Promise<void>;
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
    weight: isWeighted(data) ? tape.column(WEIGHT, []) : tape.constant(1, [], events),
  };
  return { traced, tape, parts, integrals };
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
  channel: Channel;
  count: number;
  readonly parts: TapeParts;
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
  if (freeParameters(composition.parameters).length === 0) {
    throw new UsageError("channelsLikelihood", { expected: "at least one free parameter", got: "none" });
  }
  for (const channel of channels) checkChannel(composition, channel);
  let current = composition;
  const ofParameters = new ChannelParameters(composition, channels);
  const open = channels.map((channel): OpenChannel => {
    const { traced, tape, parts, integrals } = traceChannel(composition, channel);
    const member: Member = { parameters: parametersOf(tape, compositionParameters(composition)), columns: {} };
    const events = eventPrograms({
      backend,
      traced: { ...traced } as Record<keyof Traced, Var>,
      events: boundEvents(composition, channel, parts),
      members: [member],
      cacheBytes,
      signal,
    });
    return { channel, member, count: channel.data.count, parts, integrals, events };
  });
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
      const worst = new Float64Array(known.length);
      await computedOf(own, "integrals", theta, outputs, (values) => {
        for (const i of worst.keys()) worst[i] = values[`${i}`]!.reduce((a, b) => Math.max(a, b), worst[i]!);
      });
      for (const [i, { what }] of known.entries()) {
        if (!(worst[i]! <= MOST_INTEGRAL_ERROR)) found.push({ channel: name, what, error: worst[i]! });
      }
    }
    return found;
  }

  async function close() {
    for (const { events } of open) await events.close();
  }

  async function checkIntegrals() {
    const [uncertain] = await uncertainIntegrals(freeParameters(current.parameters).map(({ start }) => start));
    if (uncertain === undefined) return;
    throw new UsageError(`channel ${uncertain.channel}`, {
      expected: `${uncertain.what} to ${MOST_INTEGRAL_ERROR} of itself`,
      got: Number.isNaN(uncertain.error)
        ? "no number, as the density is below 0 or not finite in a part of the range"
        : `an error of ${uncertain.error.toPrecision(2)} by quadrature`,
      hint: "Give its columns ranges in which the density has no narrow peaks, or none",
    });
  }

  async function bind(
    data: Readonly<Record<string, ChannelData | ChannelStream>>,
    outcomes: Readonly<Record<string, number>> = {},
  ) {
    checkArgument("bind", "the data", data, anObject);
    checkArgument("bind", "the outcomes", outcomes, anObject);
    for (const name of Object.keys(data)) opened(name);
    const next = open.map(({ channel }) => ({ ...channel, data: entryOf(data, channel.name) ?? channel.data }));
    for (const [i, channel] of next.entries()) {
      checkChannel(composition, channel);
      checkHasWeights(channel.name, channel.data, isWeighted(open[i]!.channel.data));
    }
    const own = withOutcomes(current, outcomes);
    ofParameters.bind(own, next);
    current = own;
    for (const [i, channel] of next.entries()) {
      const { events, parts } = open[i]!;
      open[i]!.channel = channel;
      open[i]!.count = channel.data.count;
      await events.bind(boundEvents(composition, channel, parts));
    }
    await checkIntegrals();
  }

  await checkIntegrals().catch(async (error) => {
    await close();
    throw error;
  });
  return {
    names: freeParameters(composition.parameters).map(({ name }) => name),
    get parameters() {
      return freeParameters(current.parameters);
    },
    isWeighted: channels.some(({ data }) => isWeighted(data)),
    crossesKnots: channels.some(({ density }) => composition.shape(density).crossesKnots),
    get effectiveEvents() {
      return effectiveOf(open.map(({ channel }) => channel.data));
    },
    bind,
    evaluateParts,
    evaluate: async (theta, order) => (await evaluateParts(theta, order)).total,
    logProb: async (channel, theta, each) => logProbOf(opened(channel), theta, undefined, each),
    eventScores: async (channel, theta, each) => scoresOf(opened(channel), theta, undefined, each),
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
