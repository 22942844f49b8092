/** The mixture of processes on a tape: arXiv:2602.13184 with the factorizable flows of arXiv:2606.30489, as `mixtureComposition` writes it. */

import { UsageError } from "../../engine/errors.js";
import { checkTape } from "../../engine/tape/nodes.js";
import { add, broadcast, exp, logSumExp, mul, reshape, slice, sub, sum } from "../../engine/tape/operations.js";
import type { Tape, Var } from "../../engine/tape/tape.js";
import type { Architecture } from "../../flows/architecture/architecture.js";
import { type BoundFactorizableFlow, bindFactorizableFlow } from "../../flows/factorizable.js";
import { firstOrderTerms } from "../../flows/first-order.js";
import { type BoundFlow, bindFlow, chain } from "../../flows/flow.js";
import { type Transformed, withLastAxis } from "../../flows/shapes.js";
import { bindComposition, TapeParts } from "./composition/bind-composition.js";
import type { CheckedComposition } from "./composition/composition.js";
import {
  densityOfPart,
  EVENTS,
  featureNames,
  PROCESS,
  partsOfObservable,
  unframedComposition,
  weightsOfPart,
} from "./composition/mixture-composition.js";
import { densityKind } from "./densities/densities.js";
import { contextOf } from "./densities/given-columns.js";
import type { Columns, Environment } from "./language/environment.js";
import { checkedModel, type MixtureModel, type PartName, parameterPrefixes, partsOf, sideOf } from "./mixture-model.js";
import { logYields } from "./yields.js";

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
 * Densities of F processes and T, in the frame of the model; ν [K] in the order of `model.nuisances`, with events or without. Parameters are
 * those of `mixtureParameters(model)`. Where one process is bound, there is no axis of processes.
 *
 * T with a response that acts on simulation: T(ν) = V(ν)⁻¹ ∘ V(ν_0) ∘ T_ψ(ν - ν_0) ∘ T_φ. V is what the factorizable flow of y makes of
 * simulation at ν: T first undoes what ν does to p_f(y | x), exactly, whatever T_φ is. The trained T_ψ corrects for how ν mixes the processes
 * and for what is known of x.
 *
 * With a response that acts on data: T(ν) = T_φ ∘ T_ψ(ν - ν_0), arXiv:2602.13184. One trained map for all, which has to learn V through T_φ.
 */
export interface BoundMixture {
  /** log p_f(x | ν) [F] */
  logProbX(x: Var, nu: Var): Var;
  /** log p_f(y | x, ν) [F], T included */
  logProbY(y: Var, x: Var, nu: Var): Var;
  /** P(f | x, y, ν) [F]: of which process an event is. */
  processProbabilities(observed: Observed, nu: Var): Var;
  /** T_f(y | x, ν), data to simulation: [F, Dy], logDet [F] */
  toSimulation(y: Var, x: Var, nu: Var): Transformed;
  /** T_f⁻¹, simulation to data: y [Dy] or [F, Dy] → [F, Dy], logDet [F] */
  fromSimulation(y: Var, x: Var, nu: Var): Transformed;
  /**
   * V_f(to)⁻¹ ∘ V_f(from), simulation at one ν to simulation at another at the same x: y [Dy] or [F, Dy] → [F, Dy], logDet [F]. Without a
   * morph the identity.
   */
  moveSimulation(y: Var, x: Var, from: Var, to: Var): Transformed;
  /** Events behind standard normal numbers [D]: x [F, Dx]. */
  sampleX(latent: Var, nu: Var): Var;
  /** y at given x [F, Dy], of data where the model has a T. */
  sampleY(latent: Var, x: Var, nu: Var): Var;
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

const noParameters: ReadonlyMap<string, Var> = new Map();

/** The features of an observable as columns of the composition. */
function featureColumns(of: "x" | "y", u: Var): Columns {
  const names = featureNames(of, u.shape.at(-1) as number);
  return Object.fromEntries(
    names.map((name, i) => [name, reshape(slice(u, -1, i, i + 1), u.shape.slice(0, -1))] as const),
  );
}

/** Under the names of files and trainings. */
const bindPart = (tape: Tape, part: PartName, architecture: Architecture): BoundFlow | BoundFactorizableFlow =>
  architecture.kind === "factorizable"
    ? bindFactorizableFlow(tape, architecture, parameterPrefixes[part])
    : bindFlow(tape, architecture, parameterPrefixes[part]);

/**
 * Puts a model on a tape. What does not depend on the process is computed once for all of them.
 *
 * @param process  number of one process [], with events or without; absent: all of them
 */
export function bindMixture(tape: Tape, model: MixtureModel, process?: Var): BoundMixture {
  checkTape("bindMixture", tape);
  checkedModel(model);
  const { nuisances, response } = model;
  const { y: ofY, transport: _, response: __, ...modelOfX } = model;
  const modelOfSimulation = { ...modelOfX, ...(ofY && { y: ofY }) };
  const whole = unframedComposition(model);
  const own = process ?? tape.constant(Array.from(model.processes.keys()));
  const partsOfY = ofY === undefined ? [] : partsOfObservable(model, "y");
  const partsOfT = partsOfY.filter((part) => part === "transport" || part === "response");

  // All weights of the model are parameters of the tape, whatever of it is looked at.
  const parts = new TapeParts();
  const bound = new Map(partsOf(model).map(([part, { architecture }]) => [part, bindPart(tape, part, architecture)]));
  for (const [part, flow] of bound) parts.weights.set(weightsOfPart(part), flow);

  /** Of every process, or of the one that is bound. */
  function at(nu: Var, columns: Columns, composition = whole): Environment {
    if (nuisances.length > 0 && !(nu.shape.length === 1 && nu.shape[0] === nuisances.length)) {
      throw new UsageError("mixture", { expected: `nu [${nuisances.length}]`, got: `[${nu.shape}]` });
    }
    return bindComposition(composition, nu, { [PROCESS]: own, ...columns }, parts);
  }
  const atX = (x: Var, nu: Var, composition = whole) => at(nu, featureColumns("x", x), composition);
  const perProcess = (logProb: Var) => broadcast(logProb, own.shape);
  const logProbOf = (environment: Environment, part: PartName) =>
    perProcess(environment.density(densityOfPart(part)).logProb());

  const mapOf = (part: PartName, { densities }: CheckedComposition) => {
    const name = densityOfPart(part);
    return densityKind(name, densities[name]!).map!(densities[name]!, name)!;
  };
  /** Through the flows of parts, in their order; the identity where there are none. */
  function through(
    u: Var,
    environment: Environment,
    some: readonly PartName[],
    way: "toOrigin" | "fromOrigin",
    composition = whole,
  ): Transformed {
    const steps = some.map((part) => {
      const map = mapOf(part, composition);
      return (v: Var) => map[way](environment, v, contextOf(environment, map.given, map.givenFrame));
    });
    return steps.length === 0 ? { value: u, logDet: tape.constant(0, []) } : chain(u, steps);
  }
  const reversed = (some: readonly PartName[]) => [...some].reverse();

  const logProbX = (x: Var, nu: Var) => logProbOf(atX(x, nu), partsOfObservable(model, "x").at(-1)!);
  function logProbY(y: Var, x: Var, nu: Var): Var {
    const last = partsOfY.at(-1);
    if (last !== undefined) return logProbOf(at(nu, { ...featureColumns("x", x), ...featureColumns("y", y) }), last);
    throw new UsageError("mixture", { expected: "a model with a density of y", got: "one of x alone" });
  }
  const fractions = (joint: Var) => exp(sub(joint, logSumExp(joint, 0)));
  function processProbabilities({ x, y }: Observed, nu: Var): Var {
    const joint = add(logYields(model, nu), logProbX(x, nu));
    return fractions(y === undefined ? joint : add(joint, logProbY(y, x, nu)));
  }
  function logProb({ x, y }: Observed, nu: Var, form: LikelihoodForm = "joint"): Var {
    const ofX = () => atX(x, nu, unframedComposition(modelOfX)).density(EVENTS).logProb();
    if (y === undefined) {
      if (form === "joint") return ofX();
      throw new UsageError("mixture", { expected: "y for p(y | x)", got: "x alone" });
    }
    if (ofY === undefined) {
      throw new UsageError("mixture", { expected: "a model with a density of y", got: "one of x alone" });
    }
    const ofBoth = at(nu, { ...featureColumns("x", x), ...featureColumns("y", y) })
      .density(EVENTS)
      .logProb();
    return form === "joint" ? ofBoth : sub(ofBoth, ofX());
  }

  function moveSimulation(y: Var, x: Var, from: Var, to: Var): Transformed {
    if (ofY?.morph === undefined) return through(y, at(from, {}), [], "toOrigin");
    const simulation = unframedComposition(modelOfSimulation);
    return chain(y, [
      (simulated) => through(simulated, atX(x, from, simulation), ["y.morph"], "toOrigin", simulation),
      (nominal) => through(nominal, atX(x, to, simulation), ["y.morph"], "fromOrigin", simulation),
    ]);
  }
  /** ν_0, where T undoes from there on what ν does to p_f(y | x). */
  const origin = response && tape.constant(response.architecture.nuisances.map(({ nominal }) => nominal));
  const undoneFrom = response && sideOf(response) === "simulation" ? origin : undefined;
  const toDensity = (y: Var, x: Var, nu: Var) => through(y, atX(x, nu), reversed(partsOfT), "toOrigin");
  const fromDensity = (y: Var, x: Var, nu: Var) => through(y, atX(x, nu), partsOfT, "fromOrigin");

  function responseTerms({ x, y }: Observed): Var {
    const flow = bound.get("response") as BoundFactorizableFlow | undefined;
    if (origin === undefined || flow === undefined) throw new Error("internal: a model without a response");
    const environment = atX(x, origin);
    const position = partsOfY.indexOf("response");
    const before = through(y as Var, environment, reversed(partsOfY.slice(position + 1)), "toOrigin");
    // Where T_φ is behind T_ψ, y has no axis of processes yet.
    const value = broadcast(before.value, [...own.shape, before.value.shape.at(-1) as number]);
    const behind = (u: Var) => logProbOf(environment.withColumns(featureColumns("y", u)), partsOfY[position - 1]!);
    const joint = add(add(logYields(model, origin), logProbX(x, origin)), add(behind(value), before.logDet));
    const context = contextOf(environment, mapOf("response", whole).given, undefined);
    const terms = firstOrderTerms(tape, flow, value, context, behind);
    const weighted = sum(mul(terms, withLastAxis(fractions(joint))), 0);
    return reshape(weighted, [weighted.shape.at(-1) as number]);
  }

  return {
    logProbX,
    logProbY,
    processProbabilities,
    toSimulation: (y, x, nu) =>
      undoneFrom === undefined
        ? toDensity(y, x, nu)
        : chain(y, [(u) => toDensity(u, x, nu), (u) => moveSimulation(u, x, undoneFrom, nu)]),
    fromSimulation: (y, x, nu) =>
      undoneFrom === undefined
        ? fromDensity(y, x, nu)
        : chain(y, [(u) => moveSimulation(u, x, nu, undoneFrom), (u) => fromDensity(u, x, nu)]),
    moveSimulation,
    sampleX: (latent, nu) => through(latent, at(nu, {}), partsOfObservable(model, "x"), "fromOrigin").value,
    sampleY: (latent, x, nu) => through(latent, atX(x, nu), partsOfY, "fromOrigin").value,
    logProb,
    responseTerms,
    transportParameters: bound.get("transport")?.trainable ?? noParameters,
    responseParameters: bound.get("response")?.trainable ?? noParameters,
  };
}
