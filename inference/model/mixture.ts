/** The mixture of processes on a tape: arXiv:2602.13184 with the factorizable flows of arXiv:2606.30489. */

import { UsageError } from "../../engine/errors.js";
import { anObject, checkParts } from "../../engine/options.js";
import { checkNode, checkTape } from "../../engine/tape/nodes.js";
import {
  add,
  broadcast,
  concatenate,
  exp,
  logSumExp,
  mul,
  reshape,
  slice,
  sub,
  sum,
} from "../../engine/tape/operations.js";
import type { Tape, Var } from "../../engine/tape/tape.js";
import { type BoundFactorizableFlow, bindFactorizableFlow, type NuisanceValues } from "../../flows/factorizable.js";
import { firstOrderTerms } from "../../flows/first-order.js";
import { type BoundFlow, bindFlow, chain } from "../../flows/flow.js";
import { type Transformed, withLastAxis } from "../../flows/shapes.js";
import { checkModel } from "./given-model.js";
import { checkedModel, type DensityModel, type MixtureModel, parameterPrefixes } from "./mixture-model.js";
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
  /** V_f(to)⁻¹ ∘ V_f(from), simulation at one ν to simulation at another: y [Dy] or [F, Dy] → [F, Dy], logDet [F] */
  moveSimulation(y: Var, x: Var, from: Var, to: Var): Transformed;
  /** log p of an event, []: Σ over processes */
  logProb(observed: Observed, nu: Var, form?: LikelihoodForm): Var;
  /**
   * What the response adds to d log p(y | x, ν) / dν_k at ν_0, per unit of each of its coefficients and of u_k: `firstOrderTerms`
   * of every process, weighted with its probability [coefficients]. For a model with a response.
   */
  responseTerms(observed: Required<Observed>): Var;
  /** Parameters of T_φ and T_ψ that training may move, by name. */
  readonly transportParameters: ReadonlyMap<string, Var>;
  readonly responseParameters: ReadonlyMap<string, Var>;
}

export interface BoundDensity {
  readonly nominal: BoundFlow;
  readonly morph: BoundFactorizableFlow | undefined;
}

export function bindDensity(tape: Tape, model: DensityModel, name: "x" | "y"): BoundDensity {
  checkTape("bindDensity", tape);
  checkParts("bindDensity", "a density", model, { nominal: anObject });
  const { nominal, morph } = model;
  return {
    nominal: bindFlow(tape, nominal.architecture, `${name}.nominal`),
    morph: morph && bindFactorizableFlow(tape, morph.architecture, parameterPrefixes[`${name}.morph`]),
  };
}

/** log p(u | context, ν): the morph first, then the nominal flow, both in the context given. */
function logDensity({ nominal, morph }: BoundDensity, u: Var, context: Var, nu: NuisanceValues): Var {
  if (morph === undefined) return nominal.logProb(u, context);
  const { value, logDet } = morph.toNominal(u, context, nu);
  return add(nominal.logProb(value, context), logDet);
}

/**
 * Values of the shape nuisances, one entry each: [..., 1]; the nominal value, where it changes nothing, for processes that the nuisance
 * does not act on.
 *
 * @param process  one-hot, [..., F]
 */
export function shapeValues(model: MixtureModel, nu: Var, process: Var): Var[] {
  checkModel("shapeValues", model);
  checkNode("shapeValues", nu);
  checkNode("shapeValues", process);
  const { nuisances } = model;
  return nuisances.flatMap((nuisance, k) => {
    switch (nuisance.kind) {
      case "rate":
        return [];
      case "shape": {
        const value = slice(nu, -1, k, k + 1);
        if (nuisance.acts.every(Boolean)) return [value];
        const acts = sum(mul(process, nu.tape.constant(nuisance.acts.map(Number))), -1);
        return [add(mul(sub(value, nuisance.nominal), acts), nuisance.nominal)];
      }
      default:
        return nuisance satisfies never;
    }
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

/** The process one-hot [..., F], and the context (process, x) that it is part of [..., F + Dx]. */
export interface Conditions {
  readonly process: Var;
  readonly context: Var;
}

/**
 * T_f with its response to ν, where the model has them; without either, the identity. V is what the factorizable flow of y makes of
 * simulation at ν.
 *
 * A response that acts on simulation: T(ν) = V(ν)⁻¹ ∘ V(ν_0) ∘ T_ψ(ν - ν_0) ∘ T_φ. T first undoes what ν does to p_f(y | x), exactly,
 * whatever T_φ is. The trained T_ψ corrects for how ν mixes the processes and for what is known of x.
 *
 * A response that acts on data: T(ν) = T_φ ∘ T_ψ(ν - ν_0), arXiv:2602.13184. One trained map for all, which has to learn V through T_φ.
 */
export interface BoundTransport {
  /** Data to simulation. ν [K] is looked at where T responds to it. */
  toSimulation(y: Var, conditions: Conditions, nu: Var | undefined): Transformed;
  /** T_f⁻¹ */
  fromSimulation(y: Var, conditions: Conditions, nu: Var | undefined): Transformed;
  /**
   * Data to simulation at `densityAt(ν)`, where p_f(y | x) is evaluated: T(ν) without V(ν)⁻¹ ∘ V(ν_0), which takes p_f(y | x, ν) back to
   * p_f(y | x, ν_0), where that is a part of T; else T(ν).
   */
  toDensity(y: Var, conditions: Conditions, nu: Var | undefined): Transformed;
  fromDensity(y: Var, conditions: Conditions, nu: Var | undefined): Transformed;
  /** ν_0 where T undoes what ν does to p_f(y | x), else ν. */
  densityAt(nu: Var | undefined): Var | undefined;
  /** The part of T, without ν, that acts before T_ψ, and the part that acts behind it: T_φ and the identity, or the reverse. */
  beforeResponse(y: Var, conditions: Conditions): Transformed;
  afterResponse(y: Var, conditions: Conditions): Transformed;
  /** ν_0 where T responds to ν [K]. */
  readonly origin: Var | undefined;
  /** T_ψ */
  readonly response: BoundFactorizableFlow | undefined;
  readonly transportParameters: ReadonlyMap<string, Var>;
  readonly responseParameters: ReadonlyMap<string, Var>;
}

/**
 * T on a tape.
 *
 * @param ofY  p(y | x), on the same tape: what T undoes where its response acts on simulation
 */
export function bindTransport(tape: Tape, model: MixtureModel, ofY: BoundDensity | undefined): BoundTransport {
  checkTape("bindTransport", tape);
  checkModel("bindTransport", model);
  const transport = model.transport && bindFlow(tape, model.transport.architecture, parameterPrefixes.transport);
  const response = model.response && bindFactorizableFlow(tape, model.response.architecture, "response");
  const actsOnData = model.response?.actsOn === "data";
  const variation = response && !actsOnData ? ofY?.morph : undefined;
  const origin = model.response && tape.constant(model.response.architecture.nuisances.map(({ nominal }) => nominal));
  const densityAt = (nu: Var | undefined) => (actsOnData ? nu : (origin ?? nu));

  const mapped = ({ context }: Conditions) => (transport ? [(data: Var) => transport.toLatent(data, context)] : []);
  function toDensity(y: Var, at: Conditions, nu: Var | undefined): Transformed {
    const responded = response ? [(u: Var) => response.toNominal(u, at.context, nu!)] : [];
    return apply(y, actsOnData ? [...responded, ...mapped(at)] : [...mapped(at), ...responded]);
  }
  function fromDensity(y: Var, { context }: Conditions, nu: Var | undefined): Transformed {
    const responded = response ? [(u: Var) => response.fromNominal(u, context, nu!)] : [];
    const unmapped = transport ? [(simulated: Var) => transport.fromLatent(simulated, context)] : [];
    return apply(y, actsOnData ? [...unmapped, ...responded] : [...responded, ...unmapped]);
  }
  /** V(to)⁻¹ ∘ V(from): from simulation at one ν to simulation at another. */
  function moved(y: Var, { process, context }: Conditions, from: Var | undefined, to: Var | undefined): Transformed {
    if (variation === undefined) return apply(y, []);
    return apply(y, [
      (simulated) => variation.toNominal(simulated, context, shapeValues(model, from!, process)),
      (nominal) => variation.fromNominal(nominal, context, shapeValues(model, to!, process)),
    ]);
  }
  return {
    origin,
    response,
    toDensity,
    fromDensity,
    densityAt,
    beforeResponse: (y, at) => apply(y, actsOnData ? [] : mapped(at)),
    afterResponse: (y, at) => apply(y, actsOnData ? mapped(at) : []),
    toSimulation: (y, at, nu) => apply(y, [(u) => toDensity(u, at, nu), (u) => moved(u, at, densityAt(nu), nu)]),
    fromSimulation: (y, at, nu) => apply(y, [(u) => moved(u, at, nu, densityAt(nu)), (u) => fromDensity(u, at, nu)]),
    transportParameters: transport?.trainable ?? noParameters,
    responseParameters: response?.trainable ?? noParameters,
  };
}

/**
 * Simulation at one ν as simulation at another, V(to)⁻¹ ∘ V(from): V(ν) is the morph of y, which takes simulation at ν to nominal simulation at
 * the same x. Without a morph, the identity.
 */
export function moveSimulation(
  model: MixtureModel,
  density: BoundDensity,
  y: Var,
  conditions: Conditions,
  from: Var,
  to: Var,
): Transformed {
  checkModel("moveSimulation", model);
  checkNode("moveSimulation", y);
  const { morph } = density;
  const { process, context } = conditions;
  if (morph === undefined) return apply(y, []);
  return apply(y, [
    (simulated) => morph.toNominal(simulated, context, shapeValues(model, from, process)),
    (nominal) => morph.fromNominal(nominal, context, shapeValues(model, to, process)),
  ]);
}

/** Puts a model on a tape. What does not depend on the process is computed once for all of them. */
export function bindMixture(tape: Tape, model: MixtureModel): BoundMixture {
  checkTape("bindMixture", tape);
  checkedModel(model);
  const count = model.processes.length;
  const oneHot = tape.constant(
    Array.from({ length: count * count }, (_, i) => (i % (count + 1) === 0 ? 1 : 0)),
    [count, count],
  );
  const densityX = bindDensity(tape, model.x, "x");
  const densityY = model.y && bindDensity(tape, model.y, "y");
  const transport = bindTransport(tape, model, densityY);
  const contextOf = (x: Var) => concatenate([oneHot, x]);
  const conditions = (x: Var) => ({ process: oneHot, context: contextOf(x) });
  const perProcess = (u: Var) => broadcast(u, [count]);

  function logProbX(x: Var, nu: Var): Var {
    checkNu(model, nu);
    return perProcess(logDensity(densityX, x, oneHot, shapeValues(model, nu, oneHot)));
  }
  function densityOfY(): BoundDensity {
    if (densityY !== undefined) return densityY;
    throw new UsageError("mixture", { expected: "a model with a density of y", got: "one of x alone" });
  }
  function logProbY(y: Var, x: Var, nu: Var): Var {
    checkNu(model, nu);
    const density = densityOfY();
    const { value, logDet } = transport.toDensity(y, conditions(x), nu);
    const shapes = shapeValues(model, transport.densityAt(nu) as Var, oneHot);
    return perProcess(add(logDensity(density, value, contextOf(x), shapes), logDet));
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

  function responseTerms({ x, y }: Observed): Var {
    const { origin, response } = transport;
    if (origin === undefined || response === undefined) throw new Error("internal: a model without a response");
    const at = conditions(x);
    const shapes = shapeValues(model, origin, oneHot);
    const before = transport.beforeResponse(y as Var, at);
    // Where T_φ is behind T_ψ, y has no axis of processes yet.
    const value = broadcast(before.value, [count, before.value.shape.at(-1) as number]);
    const ofY = (u: Var) => {
      const after = transport.afterResponse(u, at);
      return add(perProcess(logDensity(densityY as BoundDensity, after.value, at.context, shapes)), after.logDet);
    };
    const joint = add(add(logYields(model, origin), logProbX(x, origin)), add(ofY(value), before.logDet));
    const probability = exp(sub(joint, logSumExp(joint, 0)));
    const terms = firstOrderTerms(tape, response, value, at.context, ofY);
    const weighted = sum(mul(terms, withLastAxis(probability)), 0);
    return reshape(weighted, [weighted.shape.at(-1) as number]);
  }

  return {
    model,
    logYields: (nu) => logYields(model, nu),
    logProbX,
    logProbY,
    toSimulation: (y, x, nu) => transport.toSimulation(y, conditions(x), nu),
    fromSimulation: (y, x, nu) => transport.fromSimulation(y, conditions(x), nu),
    moveSimulation: (y, x, from, to) => moveSimulation(model, densityOfY(), y, conditions(x), from, to),
    logProb,
    responseTerms,
    transportParameters: transport.transportParameters,
    responseParameters: transport.responseParameters,
  };
}
