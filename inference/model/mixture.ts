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
  EVENTS_GIVEN_X,
  featureNames,
  type LikelihoodForm,
  PROCESS,
  partsOfObservable,
  unframedComposition,
  weightsOfPart,
} from "./composition/mixture-composition.js";
import { densityKind } from "./densities/densities.js";
import type { FlowMap } from "./densities/flow-map.js";
import { contextOf } from "./densities/given-columns.js";
import type { Columns, Environment } from "./language/environment.js";
import { checkedModel, type MixtureModel, type PartName, parameterPrefixes, partsOf, sideOf } from "./mixture-model.js";
import { logYields } from "./yields.js";

export type { LikelihoodForm } from "./composition/mixture-composition.js";

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
  return new MixtureOnTape(checkedModel(model), process ?? tape.constant(Array.from(model.processes.keys())));
}

/** A composition at an event and a ν. */
interface Written {
  readonly composition: CheckedComposition;
  readonly environment: Environment;
}

/** P(f | event) of log N_f p_f [F]. */
const fractionsOf = (joint: Var) => exp(sub(joint, logSumExp(joint, 0)));

class MixtureOnTape implements BoundMixture {
  /** The model, that of simulation, and that of x alone. */
  private readonly whole: CheckedComposition;
  private readonly simulation: CheckedComposition;
  private readonly ofX: CheckedComposition;
  private readonly parts = new TapeParts();
  private readonly flows: ReadonlyMap<PartName, BoundFlow | BoundFactorizableFlow>;
  private readonly partsOfX: readonly PartName[];
  private readonly partsOfY: readonly PartName[];
  /** ν_0, where T responds to ν. */
  private readonly origin: Var | undefined;
  /** The same where T undoes from there on what ν does to p_f(y | x). */
  private readonly undoneFrom: Var | undefined;

  constructor(
    private readonly model: MixtureModel,
    private readonly process: Var,
  ) {
    const { tape } = process;
    const { y, transport: _, response, ...modelOfX } = model;
    this.whole = unframedComposition(model);
    this.simulation = unframedComposition({ ...modelOfX, ...(y && { y }) });
    this.ofX = unframedComposition(modelOfX);
    // All weights of the model are parameters of the tape, whatever of it is looked at.
    this.flows = new Map(partsOf(model).map(([part, own]) => [part, bindPart(tape, part, own.architecture)]));
    for (const [part, flow] of this.flows) this.parts.weights.set(weightsOfPart(part), flow);
    this.partsOfX = partsOfObservable(model, "x");
    this.partsOfY = y === undefined ? [] : partsOfObservable(model, "y");
    this.origin = response && tape.constant(response.architecture.nuisances.map(({ nominal }) => nominal));
    this.undoneFrom = response && sideOf(response) === "simulation" ? this.origin : undefined;
  }

  get transportParameters() {
    return this.flows.get("transport")?.trainable ?? noParameters;
  }

  get responseParameters() {
    return this.flows.get("response")?.trainable ?? noParameters;
  }

  private at(nu: Var, { x, y }: Partial<Observed>, composition = this.whole): Written {
    const size = this.model.nuisances.length;
    if (size > 0 && !(nu.shape.length === 1 && nu.shape[0] === size)) {
      throw new UsageError("mixture", { expected: `nu [${size}]`, got: `[${nu.shape}]` });
    }
    if (y !== undefined && this.partsOfY.length === 0) {
      throw new UsageError("mixture", { expected: "a model with a density of y", got: "one of x alone" });
    }
    const columns = { [PROCESS]: this.process, ...(x && featureColumns("x", x)), ...(y && featureColumns("y", y)) };
    return { composition, environment: bindComposition(composition, nu, columns, this.parts) };
  }

  /** log p_f of an observable, at a part of its density: of all processes, also where they are alike. */
  private logProbOf(part: PartName | undefined, environment: Environment): Var {
    return broadcast(environment.density(densityOfPart(part!)).logProb(), this.process.shape);
  }

  logProbX(x: Var, nu: Var): Var {
    return this.logProbOf(this.partsOfX.at(-1), this.at(nu, { x }).environment);
  }

  logProbY(y: Var, x: Var, nu: Var): Var {
    return this.logProbOf(this.partsOfY.at(-1), this.at(nu, { x, y }).environment);
  }

  processProbabilities({ x, y }: Observed, nu: Var): Var {
    const joint = add(logYields(this.model, nu), this.logProbX(x, nu));
    return fractionsOf(y === undefined ? joint : add(joint, this.logProbY(y, x, nu)));
  }

  logProb({ x, y }: Observed, nu: Var, form: LikelihoodForm = "joint"): Var {
    if (y === undefined && form === "conditional") {
      throw new UsageError("mixture", { expected: "y for p(y | x)", got: "x alone" });
    }
    const density = form === "joint" ? EVENTS : EVENTS_GIVEN_X;
    const { environment } = y === undefined ? this.at(nu, { x }, this.ofX) : this.at(nu, { x, y });
    return environment.density(density).logProb();
  }

  private mapOf(part: PartName, { densities }: CheckedComposition): FlowMap {
    const name = densityOfPart(part);
    return densityKind(name, densities[name]!).map!(densities[name]!, name)!;
  }

  /** Through the flows of parts, in their order; the identity where there are none. */
  private through(
    u: Var,
    { composition, environment }: Written,
    some: readonly PartName[],
    way: "toOrigin" | "fromOrigin",
  ): Transformed {
    const steps = some.map((part) => {
      const map = this.mapOf(part, composition);
      return (v: Var) => map[way](environment, v, contextOf(environment, map.given, map.givenFrame));
    });
    return steps.length === 0 ? { value: u, logDet: u.tape.constant(0, []) } : chain(u, steps);
  }

  /** T without V, to where p_f(y | x) is evaluated, or back. */
  private throughT(y: Var, x: Var, nu: Var, way: "toOrigin" | "fromOrigin"): Transformed {
    const ofT = this.partsOfY.filter((part) => part === "transport" || part === "response");
    return this.through(y, this.at(nu, { x }), way === "toOrigin" ? ofT.reverse() : ofT, way);
  }

  moveSimulation(y: Var, x: Var, from: Var, to: Var): Transformed {
    const morph = this.partsOfY.filter((part) => part === "y.morph");
    return chain(y, [
      (simulated) => this.through(simulated, this.at(from, { x }, this.simulation), morph, "toOrigin"),
      (nominal) => this.through(nominal, this.at(to, { x }, this.simulation), morph, "fromOrigin"),
    ]);
  }

  toSimulation(y: Var, x: Var, nu: Var): Transformed {
    const { undoneFrom } = this;
    const mapped = this.throughT(y, x, nu, "toOrigin");
    return undoneFrom === undefined
      ? mapped
      : chain(y, [() => mapped, (simulated) => this.moveSimulation(simulated, x, undoneFrom, nu)]);
  }

  fromSimulation(y: Var, x: Var, nu: Var): Transformed {
    const { undoneFrom } = this;
    const back = (simulated: Var) => this.throughT(simulated, x, nu, "fromOrigin");
    return undoneFrom === undefined
      ? back(y)
      : chain(y, [(simulated) => this.moveSimulation(simulated, x, nu, undoneFrom), back]);
  }

  sampleX(latent: Var, nu: Var): Var {
    return this.through(latent, this.at(nu, {}), this.partsOfX, "fromOrigin").value;
  }

  sampleY(latent: Var, x: Var, nu: Var): Var {
    return this.through(latent, this.at(nu, { x }), this.partsOfY, "fromOrigin").value;
  }

  responseTerms({ x, y }: Required<Observed>): Var {
    const { origin, partsOfY, process } = this;
    const flow = this.flows.get("response") as BoundFactorizableFlow | undefined;
    if (origin === undefined || flow === undefined) throw new Error("internal: a model without a response");
    const here = this.at(origin, { x });
    const position = partsOfY.indexOf("response");
    const before = this.through(y as Var, here, partsOfY.slice(position + 1).reverse(), "toOrigin");
    // Where T_φ is behind T_ψ, y has no axis of processes yet.
    const value = broadcast(before.value, [...process.shape, before.value.shape.at(-1) as number]);
    const behind = (u: Var) =>
      this.logProbOf(partsOfY[position - 1], here.environment.withColumns(featureColumns("y", u)));
    const ofX = add(logYields(this.model, origin), this.logProbX(x, origin));
    const probabilities = fractionsOf(add(ofX, add(behind(value), before.logDet)));
    const { given, givenFrame } = this.mapOf("response", here.composition);
    const terms = firstOrderTerms(process.tape, flow, value, contextOf(here.environment, given, givenFrame), behind);
    const weighted = sum(mul(terms, withLastAxis(probabilities)), 0);
    return reshape(weighted, [weighted.shape.at(-1) as number]);
  }
}
