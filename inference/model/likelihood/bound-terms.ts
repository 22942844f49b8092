/** The terms of a likelihood, bound: those that look at the events of samples, and those of the parameters alone. */
import { gradient, hessian } from "../../../engine/derivatives/gradient.js";
import { parameterFunction } from "../../../engine/reference/parameter-function.js";
import type { Program } from "../../../engine/runtime/backend.js";
import { add, less, log, mul, reshape, slice, where } from "../../../engine/tape/operations.js";
import type { Var } from "../../../engine/tape/tape.js";
import type { Evaluation } from "../../statistics/objective.js";
import type { Environment } from "../language/environment.js";
import { constraintNll } from "../parameters/constraints.js";
import type { Parameter } from "../parameters/parameter.js";
import { extendedTermOf, type ObservedTotal, observedTotal } from "../yields.js";
import { evaluationOf, type Order, type OuterProduct, sumOf, zeroEvaluation } from "./evaluation.js";
import type { EventPrograms, EventRunOptions, Member, Parameters } from "./event-programs.js";
import { type CountedEvents, weightSums } from "./event-stream.js";
import { derivatives, scoreOf, scoreSums, type Traced } from "./likelihood-terms.js";

/** A sample, with programs over its events. */
export interface BoundSample {
  readonly events: EventPrograms<keyof Traced>;
  readonly member: Member;
  readonly count: number;
  /** What its -Σ w log p is more than that of the programs: a number that follows from the data alone. */
  readonly constant?: number;
}

/** Events between two reports of progress. */
const PORTION = 2 ** 14;

const run = (
  { events, member }: BoundSample,
  of: Promise<Program>,
  theta: ArrayLike<number>,
  options?: EventRunOptions,
) => events.run(of, theta, member, options);

const rangeOf = (range: readonly [number, number] | undefined): EventRunOptions =>
  range === undefined ? {} : { range: { events: range } };

/** What is asked for again and again reads what is cached; log p, asked for once, does without. */
export const derivativesOf = ({ events }: BoundSample, order: Order) =>
  events.openCached(`order ${order}`, (traced) => derivatives(traced, order));

/** Numbers of a sample's events, piece by piece. @param start  the first of them */
export type EachPiece = (found: Float64Array, start: number) => void | Promise<void>;

/** [rows, events] of all pieces. */
function joined(pieces: readonly Float64Array[], rows: number): Float64Array {
  const [only] = pieces;
  if (pieces.length === 1) return only!;
  const count = pieces.reduce((sum, { length }) => sum + length / rows, 0);
  const all = new Float64Array(rows * count);
  let start = 0;
  for (const piece of pieces) {
    const width = piece.length / rows;
    for (let row = 0; row < rows; row++) all.set(piece.subarray(row * width, (row + 1) * width), row * count + start);
    start += width;
  }
  return all;
}

/** One output of every event [rows, events]; empty where `each` takes it. */
async function ofEvents(
  sample: BoundSample,
  theta: ArrayLike<number>,
  { program, output, rows }: { readonly program: Promise<Program>; readonly output: string; readonly rows: number },
  range: readonly [number, number] | undefined,
  each: EachPiece | undefined,
): Promise<Float64Array> {
  const pieces: Float64Array[] = [];
  const take = each ?? ((found: Float64Array) => void pieces.push(found));
  await run(sample, program, theta, { ...rangeOf(range), each: (found, start) => take(found[output]!, start) });
  return joined(pieces, rows);
}

/** log p of the events of a range, unweighted: f64 [events]; empty where `each` takes them. */
export function logProbOf(
  sample: BoundSample,
  theta: ArrayLike<number>,
  range?: readonly [number, number],
  each?: EachPiece,
): Promise<Float64Array> {
  const program = sample.events.open("log prob", ({ logProb }) => ({ logProb }));
  return ofEvents(sample, theta, { program, output: "logProb", rows: 1 }, range, each);
}

/** Gradient of log p of the events of a range, unweighted: f64 [K, events]; empty where `each` takes them. */
export function scoresOf(
  sample: BoundSample,
  theta: ArrayLike<number>,
  range?: readonly [number, number],
  each?: EachPiece,
): Promise<Float64Array> {
  const program = sample.events.open("event scores", (traced) => ({ g: scoreOf(traced, traced.ownScore) }));
  return ofEvents(sample, theta, { program, output: "g", rows: theta.length }, range, each);
}

/** Other numbers that a sample's tape has, everything computed from the data. @param each  as of `EventPrograms.run` */
export const computedOf = (
  sample: BoundSample,
  name: string,
  theta: ArrayLike<number>,
  outputs: Record<string, Var>,
  each?: EventRunOptions["each"],
): Promise<Record<string, Float64Array>> =>
  run(
    sample,
    sample.events.open(name, () => outputs),
    theta,
    each && { each },
  );

async function evaluated(
  sample: BoundSample,
  theta: ArrayLike<number>,
  order: Order,
  onEvents: ((done: number) => void) | undefined,
): Promise<Evaluation> {
  const { count, constant = 0 } = sample;
  // Of no event, log p has no derivatives where no number of them is expected.
  if (count === 0) return zeroEvaluation(theta.length, order);
  const program = derivativesOf(sample, order);
  const part = async (options: EventRunOptions) => evaluationOf(await run(sample, program, theta, options), order);
  const inOnePart = onEvents === undefined;
  const first = Math.min(count, PORTION);
  let total = await part(inOnePart ? {} : rangeOf([0, first]));
  for (let done = first; !inOnePart; done = Math.min(count, done + PORTION)) {
    onEvents(done);
    if (done === count) break;
    total = sumOf(total, await part(rangeOf([done, Math.min(count, done + PORTION)])));
  }
  return { ...total, nll: total.nll + constant };
}

/** Σ of the constraints of parameters: their term of -ln L []. @param outcome  as of `constraintNll`, by the name of the parameter */
export function constraintTerm(
  parameters: readonly Parameter[],
  at: Environment,
  outcome: (name: string) => Var | undefined = () => undefined,
): Var {
  const terms = parameters.flatMap(({ name, constraint }) =>
    constraint === undefined ? [] : [constraintNll(constraint, at.value(name), outcome(name))],
  );
  return terms.reduce(add, at.tape.constant(0, []));
}

/** Σ of the weights of a sample and its logarithm; undefined without events. */
export const observedOf = (data: CountedEvents) => (data.count > 0 ? observedTotal(weightSums(data).total) : undefined);

/**
 * Poisson term of the number of events of a sample; without events, the expected number itself, which may be 0 but not below.
 *
 * @param total     expected number []
 * @param logTotal  its logarithm
 * @param observed  Σ of the weights of the events, and its logarithm: numbers or nodes []
 */
export function extendedTerm(total: Var, logTotal: Var, observed: ObservedTotal<number | Var> | undefined): Var {
  if (observed !== undefined) return extendedTermOf(logTotal, observed);
  // Guard the input: at 0 the logarithm has no slope.
  return add(total, log(where(less(total, 0), total, 1)));
}

/** What looks at parameters alone, as functions of θ: it has no events, so that it is in f64 on any machine. */
export interface ParameterPrograms {
  penalty(theta: ArrayLike<number>): Output;
  /** Of the constraints. */
  curvature(theta: ArrayLike<number>): Output;
}

type Output = Record<string, Float64Array>;

/** Outputs that look at no event, as a function of the parameter "nu". @param weights  of the tape that they look at */
export function functionOfTheta(
  outputs: Record<string, Var>,
  weights: Parameters,
): (theta: ArrayLike<number>) => Output {
  const evaluate = parameterFunction(outputs);
  return (theta) => evaluate({ ...weights, nu: Float64Array.from(theta) });
}

/** @param weights  of the tape that the terms look at */
export function parameterPrograms(
  nu: Var,
  constraint: Var,
  others: readonly Var[],
  weights: Parameters,
): ParameterPrograms {
  // A term that depends on ν where no other one does.
  const zero = mul(reshape(slice(nu, -1, 0, 1), []), 0);
  const nll = others.reduce(add, add(constraint, zero));
  const [g] = gradient(nll, [nu]) as [Var];
  return {
    penalty: functionOfTheta({ nll, gradient: g, hessian: hessian(nll, nu) }, weights),
    curvature: functionOfTheta({ hessian: hessian(add(constraint, zero), nu) }, weights),
  };
}

export interface TermsEvaluation {
  readonly samples: readonly Evaluation[];
  readonly penalty: Evaluation;
  readonly total: Evaluation;
}

export interface BoundTerms {
  /** @param onEvents  called with the number of events of a sample that are done, now and then */
  evaluate(theta: ArrayLike<number>, order: Order, onEvents?: (done: number) => void): Promise<TermsEvaluation>;
  scoreProduct(theta: ArrayLike<number>): Promise<Float64Array>;
  outerProduct(theta: ArrayLike<number>): Promise<OuterProduct>;
}

/** All terms together. @param samples  at least one */
export function boundTerms(samples: readonly BoundSample[], parameters: ParameterPrograms): BoundTerms {
  /** Sums of products of gradients over all samples, and the curvature of the constraints. */
  async function products(theta: ArrayLike<number>, of: "product" | "outerProduct"): Promise<OuterProduct> {
    const matrix = parameters.curvature(theta).hessian!;
    const fourth = new Float64Array(theta.length);
    for (const sample of samples) {
      if (sample.count === 0) continue;
      const found = await run(sample, sample.events.openCached("scores", scoreSums), theta);
      for (const [i, value] of found[of]!.entries()) matrix[i]! += value;
      for (const [k, value] of found.fourth!.entries()) fourth[k]! += value;
    }
    return { matrix, scatter: fourth.map(Math.sqrt) };
  }

  return {
    async evaluate(theta, order, onEvents) {
      const found: Evaluation[] = [];
      for (const sample of samples) found.push(await evaluated(sample, theta, order, onEvents));
      const ofPenalty = evaluationOf(parameters.penalty(theta), order);
      return { samples: found, penalty: ofPenalty, total: found.reduce(sumOf, ofPenalty) };
    },
    scoreProduct: async (theta) => (await products(theta, "product")).matrix,
    outerProduct: (theta) => products(theta, "outerProduct"),
  };
}
