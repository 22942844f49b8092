/** Gradients in ν of single events, of any sample: one program for all that are bound to it in turn. */
import { aFlag, anObject, aSignal, checkOptions, type Options, oneOf, optional } from "../../../engine/options.js";
import type { Backend, ColumnData } from "../../../engine/runtime/backend.js";
import { framedEvents } from "../feature-frame.js";
import type { LikelihoodForm } from "../mixture.js";
import { type MixtureModel, parametersOn } from "../mixture-model.js";
import { withUsedUnitsOf } from "../used-units.js";
import { scoreOf, trace } from "./likelihood-terms.js";

export interface EventScoresRequest {
  readonly backend: Backend;
  readonly model: MixtureModel;
  readonly form: LikelihoodForm;
  /** Adds the gradient of log N_tot: what an event adds where the number of events counts. */
  readonly extended: boolean;
  readonly signal?: AbortSignal | undefined;
}

export interface EventScores {
  /**
   * The gradient of each event's log p (+ log N_tot), unweighted: f64 [K, events].
   *
   * @param nu  [K]
   * @param x   [Dx, events], in the units of the features
   * @param y   [Dy, events], where the model has y
   */
  scores(nu: ArrayLike<number>, x: ColumnData, y?: ColumnData): Promise<Float64Array>;
  close(): Promise<void>;
}

const scoresOptions: Options<EventScoresRequest> = {
  backend: anObject,
  model: anObject,
  form: oneOf("joint", "conditional"),
  extended: aFlag,
  signal: optional(aSignal),
};

/** Scores of x and y where the model has y, else of x alone. */
export async function openEventScores(request: EventScoresRequest): Promise<EventScores> {
  checkOptions("openEventScores", request, scoresOptions);
  const { backend, form, extended, signal } = request;
  const model = withUsedUnitsOf(request.model);
  const traced = trace({ model, form, extended }, { hasY: model.y !== undefined, isWeighted: false, weighsY: false });
  const program = await backend.compile({ outputs: { scores: scoreOf(traced, traced.ownScore) } });
  await program.write(parametersOn(traced.nu.tape, model));
  return {
    async scores(nu, x, y) {
      await program.write({ nu });
      const framed = framedEvents(model.frame, { x, ...(y && { y }) }, backend.precision);
      await program.bind({ x: framed.x, ...(framed.y && { y: framed.y }) });
      return (await program.run({ signal })).scores!;
    },
    close: () => program.close(),
  };
}
