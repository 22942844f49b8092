/** The mixture of processes on a tape: arXiv:2602.13184 with the factorizable flows of arXiv:2606.30489. */
import { UsageError } from "../engine/errors.js";
import { add, broadcast, concatenate, logSumExp, mul, reshape, slice, sub } from "../engine/operations.js";
import type { Tape, Var } from "../engine/tape.js";
import { type BoundFactorizableFlow, bindFactorizableFlow, type NuisanceValues } from "../flows/factorizable.js";
import { type BoundFlow, bindFlow, chain } from "../flows/flow.js";
import type { Transformed } from "../flows/shapes.js";
import { checkedModel, type DensityModel, type MixtureModel } from "./mixture-model.js";
import { logTotalYield, logYields } from "./yields.js";

/** `joint`: p(x, y | ν). `conditional`: p(y | x, ν), the fractions of the processes following from p(x). */
export type LikelihoodForm = "joint" | "conditional";

/** One event's observables, without y where the likelihood looks at x alone. */
export interface Observed {
  /** [Dx] */
  readonly x: Var;
  /** [Dy] */
  readonly y?: Var | undefined;
}

/**
 * Densities of F processes; ν [K] in the order of `model.nuisances`, with events or without. Parameters are those of
 * `mixtureParameters(model)`.
 */
export interface BoundMixture {
  readonly model: MixtureModel;
  /** log N_f(ν) [F] */
  logYields(nu: Var): Var;
  /** log p_f(x | ν) [F] */
  logProbX(x: Var, nu: Var): Var;
  /** log p_f(y | x, ν) [F], T included */
  logProbY(y: Var, x: Var, nu: Var): Var;
  /** T_f(y | x, ν), data to simulation: [F, Dy], logDet [F] */
  toSimulation(y: Var, x: Var, nu: Var): Transformed;
  /** T_f⁻¹, simulation to data: y [Dy] or [F, Dy] → [F, Dy], logDet [F] */
  fromSimulation(y: Var, x: Var, nu: Var): Transformed;
  /** log p of an event, []: Σ over processes */
  logProb(observed: Observed, nu: Var, form?: LikelihoodForm): Var;
  /** Parameters of T_φ and T_ψ that training may move, by name. */
  readonly transferParameters: ReadonlyMap<string, Var>;
  readonly responseParameters: ReadonlyMap<string, Var>;
}

interface BoundDensity {
  readonly nominal: BoundFlow;
  readonly systematics: BoundFactorizableFlow | undefined;
}

function bindDensity(tape: Tape, model: DensityModel, name: "x" | "y"): BoundDensity {
  const { nominal, systematics } = model;
  return {
    nominal: bindFlow(tape, nominal.architecture, `${name}.nominal`),
    systematics: systematics && bindFactorizableFlow(tape, systematics.architecture, `${name}.systematics`),
  };
}

/** log p(u | context, ν): systematics first, then the nominal flow, both in the context given. */
function logDensity({ nominal, systematics }: BoundDensity, u: Var, context: Var, nu: NuisanceValues): Var {
  if (systematics === undefined) return nominal.logProb(u, context);
  const { value, logDet } = systematics.toNominal(u, context, nu);
  return add(nominal.logProb(value, context), logDet);
}

/**
 * Values of the shape nuisances, one entry each: [1], or [F, 1] with the centre, where it changes nothing, for the
 * processes that the nuisance does not act on.
 */
function shapeValues({ nuisances }: MixtureModel, nu: Var): Var[] {
  return nuisances.flatMap((nuisance, k) => {
    if (nuisance.kind !== "shape") return [];
    const value = slice(nu, -1, k, k + 1);
    const acts = nu.tape.constant(nuisance.acts.map(Number), [nuisance.acts.length, 1]);
    const isEverywhere = nuisance.acts.every(Boolean);
    return [isEverywhere ? value : add(mul(sub(value, nuisance.centre), acts), nuisance.centre)];
  });
}

function checkNu({ nuisances }: MixtureModel, nu: Var): void {
  if (nu.shape.length === 1 && nu.shape[0] === nuisances.length) return;
  throw new UsageError("mixture", { expected: `nu [${nuisances.length}]`, got: `[${nu.shape}]` });
}

/** Applies steps from first to last; without any, the identity. */
function apply(u: Var, steps: readonly ((u: Var) => Transformed)[]): Transformed {
  return steps.length === 0 ? { value: u, logDet: u.tape.constant(0, []) } : chain(u, steps);
}

const noParameters: ReadonlyMap<string, Var> = new Map();

/** T_f with its response to ν, where the model has them; without either, the identity. */
export interface BoundTransfer {
  /** Data to simulation. ν [K] is looked at where T responds to it. */
  toSimulation(y: Var, context: Var, nu: Var | undefined): Transformed;
  /** T_f⁻¹ */
  fromSimulation(y: Var, context: Var, nu: Var | undefined): Transformed;
  readonly transferParameters: ReadonlyMap<string, Var>;
  readonly responseParameters: ReadonlyMap<string, Var>;
}

/** T alone on a tape; contexts are (process, x). */
export function bindTransfer(tape: Tape, model: MixtureModel): BoundTransfer {
  const transfer = model.transfer && bindFlow(tape, model.transfer.architecture, "transfer");
  const response = model.response && bindFactorizableFlow(tape, model.response.architecture, "response");
  return {
    toSimulation: (y, context, nu) =>
      apply(y, [
        ...(response ? [(data: Var) => response.toNominal(data, context, nu!)] : []),
        ...(transfer ? [(data: Var) => transfer.toLatent(data, context)] : []),
      ]),
    fromSimulation: (y, context, nu) =>
      apply(y, [
        ...(transfer ? [(simulated: Var) => transfer.fromLatent(simulated, context)] : []),
        ...(response ? [(simulated: Var) => response.fromNominal(simulated, context, nu!)] : []),
      ]),
    transferParameters: transfer?.trainable ?? noParameters,
    responseParameters: response?.trainable ?? noParameters,
  };
}

/** Puts a model on a tape. What does not depend on the process is computed once for all of them. */
export function bindMixture(tape: Tape, model: MixtureModel): BoundMixture {
  checkedModel(model);
  const count = model.processes.length;
  const oneHot = tape.constant(
    Array.from({ length: count * count }, (_, i) => (i % (count + 1) === 0 ? 1 : 0)),
    [count, count],
  );
  const densityX = bindDensity(tape, model.x, "x");
  const densityY = model.y && bindDensity(tape, model.y, "y");
  const transfer = bindTransfer(tape, model);
  const contextOf = (x: Var) => concatenate([oneHot, x]);
  const perProcess = (u: Var) => broadcast(u, [count]);

  const toSimulation = (y: Var, x: Var, nu: Var) => transfer.toSimulation(y, contextOf(x), nu);
  function logProbX(x: Var, nu: Var): Var {
    checkNu(model, nu);
    return perProcess(logDensity(densityX, x, oneHot, shapeValues(model, nu)));
  }
  function logProbY(y: Var, x: Var, nu: Var): Var {
    checkNu(model, nu);
    if (densityY === undefined) {
      throw new UsageError("mixture", { expected: "a model with a density of y", got: "one of x alone" });
    }
    const { value, logDet } = toSimulation(y, x, nu);
    return perProcess(add(logDensity(densityY, value, contextOf(x), shapeValues(model, nu)), logDet));
  }
  function logProb({ x, y }: Observed, nu: Var, form: LikelihoodForm = "joint"): Var {
    const ofX = logProbX(x, nu);
    const yields = logYields(model, nu);
    const total = (logTerms: Var) => reshape(logSumExp(logTerms, 0), []);
    if (form === "joint") {
      const ofEvent = y === undefined ? ofX : add(ofX, logProbY(y, x, nu));
      return sub(total(add(yields, ofEvent)), logTotalYield(yields));
    }
    if (y === undefined) throw new UsageError("mixture", { expected: "y for p(y | x)", got: "x alone" });
    const prior = add(yields, ofX);
    return sub(total(add(prior, logProbY(y, x, nu))), total(prior));
  }

  return {
    model,
    logYields: (nu) => logYields(model, nu),
    logProbX,
    logProbY,
    toSimulation,
    fromSimulation: (y, x, nu) => transfer.fromSimulation(y, contextOf(x), nu),
    logProb,
    transferParameters: transfer.transferParameters,
    responseParameters: transfer.responseParameters,
  };
}
