/** The negative log-likelihood of a data set as a function of ν, with exact derivatives by double backward. */
import type { Backend, ColumnData, Program, RunOptions } from "../engine/backend.js";
import { gradient, hessian } from "../engine/derivatives.js";
import { UsageError } from "../engine/errors.js";
import { add, broadcastEvents, mul, neg, reshape, square, sumEvents } from "../engine/operations.js";
import { referenceBackend } from "../engine/reference.js";
import { Tape, type Var } from "../engine/tape.js";
import { totalWeight } from "../flows/weighted-moments.js";
import { effectiveEvents } from "./covariance.js";
import { bindMixture, type LikelihoodForm } from "./mixture.js";
import { type MixtureModel, mixtureParameters, nuisanceNamesOf } from "./mixture-model.js";
import type { Evaluation, Objective } from "./objective.js";
import { extendedTerm, gaussianConstraints, logTotalYield, logYields } from "./yields.js";

/** A sample of events, each column `[features, events]` with the events contiguous. */
export interface EventData {
  readonly count: number;
  /** [Dx, events] */
  readonly x: ColumnData;
  /** [Dy, events]. Absent: the likelihood of x alone, whatever else the model knows. */
  readonly y?: ColumnData | undefined;
  /** [events]; of either sign. Absent: every event counts 1. */
  readonly weights?: ColumnData | undefined;
}

export interface LikelihoodRequest {
  readonly backend: Backend;
  readonly model: MixtureModel;
  readonly data: EventData;
  readonly form: LikelihoodForm;
  /** With the Poisson term of the number of events. */
  readonly extended: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** The same order of derivatives for each part; total = data + penalty. */
export interface EvaluationParts {
  /** -Σ w log p over the events */
  readonly data: Evaluation;
  /** Gaussian constraints, and the extended term where there is one */
  readonly penalty: Evaluation;
  readonly total: Evaluation;
}

export interface Likelihood extends Objective {
  /** @param onEvents  called with the number of events done, now and then */
  evaluateParts(nu: ArrayLike<number>, order: 0 | 1 | 2, onEvents?: (done: number) => void): Promise<EvaluationParts>;
  /** Per event log p, unweighted, no constraint, no extended term: f64 [events of the range]. */
  logProb(nu: ArrayLike<number>, range?: readonly [number, number]): Promise<Float64Array>;
  /**
   * J of the sandwich covariance, row-major [K, K]: Σ w² g gᵀ with g the gradient of an event's log p (+ log N_tot where
   * the number of events counts), and 1 on the diagonal for each Gaussian constraint.
   */
  scoreProduct(nu: ArrayLike<number>): Promise<Float64Array>;
  /** What the scores of the events say about the curvature of the NLL. */
  information(nu: ArrayLike<number>): Promise<Information>;
  /** (Σw)² / Σw²; the number of events where they are unweighted. */
  readonly effectiveEvents: number;
  readonly isWeighted: boolean;
  /** What the program with the Hessian was lowered to. */
  describe(): Promise<string>;
  close(): Promise<void>;
}

/** The information in the scores g of the events: on average the Hessian of the NLL where the model describes the data. */
export interface Information {
  /** Σ w g gᵀ, and 1 on the diagonal for each Gaussian constraint; row-major [K, K] */
  readonly matrix: Float64Array;
  /** Standard deviation of each diagonal entry from one data set to another, √Σ w² g_k⁴ [K] */
  readonly scatter: Float64Array;
}

/** Everything of the likelihood that looks at events, on one tape. */
interface EventTape {
  readonly nu: Var;
  /** Per event, []. */
  readonly logProb: Var;
  readonly nll: Var;
  /** Σ w g gᵀ, the same with w² [K, K], and Σ w² g⁴ [K] */
  readonly scores: () => { readonly information: Var; readonly product: Var; readonly fourth: Var };
}

function eventTape({ model, data, form, extended }: LikelihoodRequest): EventTape {
  const tape = new Tape();
  const mixture = bindMixture(tape, model);
  const nu = tape.parameter("nu", [model.nuisances.length]);
  const x = tape.column("x", [model.x.nominal.architecture.features]);
  const y = data.y && tape.column("y", [model.y?.nominal.architecture.features ?? 0]);
  const weight = data.weights && tape.column("weight", []);
  const logProb = broadcastEvents(mixture.logProb({ x, y }, nu, form), tape.events());
  const weighted = (term: Var, factor: Var | undefined) => sumEvents(factor === undefined ? term : mul(factor, term));

  function scores() {
    // One ν per event: its cotangent is each event's own gradient.
    const own = broadcastEvents(nu, tape.events());
    const ofEvent = mixture.logProb({ x, y }, own, form);
    const score = extended ? add(ofEvent, logTotalYield(logYields(model, own))) : ofEvent;
    const [g] = gradient(sumEvents(score), [own]) as [Var];
    const size = model.nuisances.length;
    const outer = mul(reshape(g, [size, 1]), reshape(g, [1, size]));
    const squaredWeight = weight && square(weight);
    return {
      information: weighted(outer, weight),
      product: weighted(outer, squaredWeight),
      fourth: weighted(square(square(g)), squaredWeight),
    };
  }
  return { nu, logProb, nll: neg(weighted(logProb, weight)), scores };
}

/** Constraints and extended term as a function of ν alone. They have no events: f64 on any machine, at no cost. */
async function penaltyProgram({ model, extended, data }: LikelihoodRequest): Promise<Program> {
  const tape = new Tape();
  const nu = tape.parameter("nu", [model.nuisances.length]);
  const constraints = gaussianConstraints(model, nu);
  const nll = extended ? add(constraints, extendedTerm(logYields(model, nu), totalWeight(data))) : constraints;
  const [g] = gradient(nll, [nu]) as [Var];
  return referenceBackend().compile({ outputs: { nll, gradient: g, hessian: hessian(nll, nu) } });
}

function checkData({ model, data }: LikelihoodRequest): void {
  const { count, x, y, weights } = data;
  if (model.nuisances.length === 0) {
    throw new UsageError("likelihood", { expected: "at least one nuisance", got: "none" });
  }
  if (y !== undefined && model.y === undefined) {
    throw new UsageError("likelihood", { expected: "data without y: the model knows x alone", got: "a column y" });
  }
  const widths = {
    x: model.x.nominal.architecture.features,
    y: model.y?.nominal.architecture.features ?? 0,
    weights: 1,
  };
  for (const [name, column] of Object.entries({ x, y, weights })) {
    const width = widths[name as keyof typeof widths];
    if (column !== undefined && column.length !== width * count) {
      throw new UsageError("likelihood", {
        expected: `${width} x ${count} numbers in column "${name}"`,
        got: `${column.length}`,
      });
    }
  }
  if (!(count > 0)) throw new UsageError("likelihood", { expected: "at least one event", got: `${count}` });
}

type Order = 0 | 1 | 2;
type Output = Record<string, Float64Array>;

function evaluationOf(output: Output, order: Order): Evaluation {
  const [nll] = output.nll as Float64Array;
  return {
    nll: nll as number,
    ...(order >= 1 && { gradient: output.gradient as Float64Array }),
    ...(order >= 2 && { hessian: output.hessian as Float64Array }),
  };
}

function sumOf(a: Evaluation, b: Evaluation): Evaluation {
  const plus = (p: Float64Array | undefined, q: Float64Array | undefined) => p?.map((value, i) => value + q![i]!);
  const [g, h] = [plus(a.gradient, b.gradient), plus(a.hessian, b.hessian)];
  return { nll: a.nll + b.nll, ...(g && { gradient: g }), ...(h && { hessian: h }) };
}

/** Events between two reports of progress. */
const PORTION = 2 ** 14;

type Parameters = Readonly<Record<string, Float64Array>>;

const NO_PARAMETERS: Parameters = {};

interface EventPrograms {
  /** Compiles the outputs under this name when first asked. */
  open(name: string, outputs: () => Record<string, Var>): Promise<Program>;
  /** One at a time: each run has its own ν and parameters. */
  run(of: Promise<Program>, nu: ArrayLike<number>, parameters: Parameters, options?: RunOptions): Promise<Output>;
  close(): Promise<void>;
}

/** Programs bound to the data of a request. */
function eventPrograms({ backend, data, signal }: LikelihoodRequest): EventPrograms {
  const columns: Record<string, ColumnData> = {
    x: data.x,
    ...(data.y && { y: data.y }),
    ...(data.weights && { weight: data.weights }),
  };
  const programs = new Map<string, Promise<Program>>();
  /** Whose parameters a program holds. */
  const held = new Map<Program, Parameters>();
  let last: Promise<unknown> = Promise.resolve();

  async function runAlone(of: Promise<Program>, nu: ArrayLike<number>, parameters: Parameters, options: RunOptions) {
    const program = await of;
    if (held.get(program) !== parameters) await program.write(parameters);
    held.set(program, parameters);
    await program.write({ nu });
    return program.run({ ...options, signal });
  }

  return {
    open(name, outputs) {
      const known = programs.get(name);
      if (known !== undefined) return known;
      const opened = (async () => {
        const made = await backend.compile({ outputs: outputs() });
        await made.bind(columns);
        return made;
      })();
      programs.set(name, opened);
      return opened;
    },
    run(of, nu, parameters, options = {}) {
      const own = last.then(() => runAlone(of, nu, parameters, options));
      // The one behind it waits for it, whatever became of it.
      last = own.catch(() => undefined);
      return own;
    },
    async close() {
      for (const opened of programs.values()) await (await opened).close();
      programs.clear();
    },
  };
}

/** Binds a model to data. Programs are compiled when first needed, one per order of derivatives. */
export async function likelihood(request: LikelihoodRequest): Promise<Likelihood> {
  return (await likelihoods(request, [request.model]))[0]!;
}

/**
 * One likelihood for each of several models that differ in the weights of their flows only, such as the replicas of an ensemble.
 * They share programs and bound data: `close` of one closes all.
 *
 * @param request  its model says what they have in common
 */
export async function likelihoods(
  request: LikelihoodRequest,
  models: readonly MixtureModel[],
): Promise<readonly Likelihood[]> {
  checkData(request);
  const events = eventTape(request);
  const programs = eventPrograms(request);
  const penalty = await penaltyProgram(request);
  return models.map((model) => boundLikelihood(request, events, programs, penalty, mixtureParameters(model)));
}

function boundLikelihood(
  { model, data }: LikelihoodRequest,
  events: EventTape,
  programs: EventPrograms,
  penalty: Program,
  parameters: Parameters,
): Likelihood {
  const ofOrder = (order: Order) =>
    programs.open(`order ${order}`, () => {
      const { nll, nu } = events;
      return {
        nll,
        ...(order >= 1 && { gradient: gradient(nll, [nu])[0] as Var }),
        ...(order >= 2 && { hessian: hessian(nll, nu) }),
      };
    });
  const run = (of: Promise<Program>, nu: ArrayLike<number>, options?: RunOptions) =>
    programs.run(of, nu, parameters, options);

  async function inPortions(nu: ArrayLike<number>, order: Order, onEvents: (done: number) => void) {
    let total: Evaluation | undefined;
    for (let start = 0; start < data.count; start += PORTION) {
      const stop = Math.min(data.count, start + PORTION);
      const part = evaluationOf(await run(ofOrder(order), nu, { range: { events: [start, stop] } }), order);
      total = total === undefined ? part : sumOf(total, part);
      onEvents(stop);
    }
    return total as Evaluation;
  }

  async function evaluateParts(
    nu: ArrayLike<number>,
    order: Order,
    onEvents?: (done: number) => void,
  ): Promise<EvaluationParts> {
    const ofData =
      onEvents === undefined
        ? evaluationOf(await run(ofOrder(order), nu), order)
        : await inPortions(nu, order, onEvents);
    const ofPenalty = evaluationOf(await programs.run(Promise.resolve(penalty), nu, NO_PARAMETERS), order);
    return { data: ofData, penalty: ofPenalty, total: sumOf(ofData, ofPenalty) };
  }

  /** With the information of the constraints, a unit Gaussian for each nuisance. */
  const constrained = (matrix: Float64Array) =>
    matrix.map((value, i) => value + (i % (model.nuisances.length + 1) === 0 ? 1 : 0));
  const scores = (nu: ArrayLike<number>) => run(programs.open("scores", events.scores), nu);

  return {
    names: nuisanceNamesOf(model),
    isWeighted: data.weights !== undefined,
    effectiveEvents: data.weights === undefined ? data.count : effectiveEvents(data.weights),
    evaluateParts,
    evaluate: async (nu, order) => (await evaluateParts(nu, order)).total,
    async logProb(nu, range) {
      const program = programs.open("log prob", () => ({ logProb: events.logProb }));
      const output = await run(program, nu, range === undefined ? {} : { range: { events: range } });
      return output.logProb as Float64Array;
    },
    scoreProduct: async (nu) => constrained((await scores(nu)).product!),
    async information(nu) {
      const { information, fourth } = await scores(nu);
      return { matrix: constrained(information!), scatter: fourth!.map(Math.sqrt) };
    },
    describe: async () => (await ofOrder(2)).description,
    close: programs.close,
  };
}
