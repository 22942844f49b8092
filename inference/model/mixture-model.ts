/** A whole likelihood model as data: processes, nuisances, and the flows of every part with their weights. */

import { UsageError } from "../../engine/errors.js";
import { anObject, checkArgument, numbers } from "../../engine/options.js";
import { checkTape } from "../../engine/tape/nodes.js";
import type { Tape } from "../../engine/tape/tape.js";
import {
  type Architecture,
  checked,
  type FactorizableArchitecture,
  type FlowArchitecture,
} from "../../flows/architecture/architecture.js";
import { checkWeights } from "../../flows/formats/checkpoint.js";
import { named, parametersOf, updated, type Weights } from "../../flows/networks/weights.js";
import { type Acceptance, checkAcceptance } from "./acceptance.js";
import { checkFrame, type ModelFrame } from "./feature-frame.js";
import { checkModel } from "./given-model.js";
import { checkRange, type SimulatedRange } from "./simulated-range.js";

/** An architecture with its weights. */
export interface FlowModel<A extends Architecture> {
  readonly architecture: A;
  readonly weights: Weights;
}

/**
 * T_ψ, how T responds to all K nuisances, whose nominal values are the ν_0 of step 1: Dy features, context F + Dx. `BoundTransport` has
 * the formulas.
 */
export interface ResponseModel extends FlowModel<FactorizableArchitecture> {
  /**
   * - `simulation`: behind T_φ, simulation to simulation. It adds to T what T has beyond undoing what ν does to p(y | x);
   * - `data`: in front of T_φ, data to data, as published. It is all that T does when ν moves.
   *
   * Absent: simulation, as in files of versions that knew nothing else.
   */
  readonly actsOn?: ResponseSide;
}

export const responseSides = ["simulation", "data"] as const;
export type ResponseSide = (typeof responseSides)[number];

/** What the response acts on, of a model that has one. */
export const sideOf = ({ actsOn }: ResponseModel): ResponseSide => actsOn ?? "simulation";

export interface ProcessModel {
  readonly name: string;
  /** log N_f with every rate at its nominal value, N_f in events. */
  readonly logYield: number;
}

interface NuisanceCommon {
  readonly name: string;
  /** Where nominal simulation is, prior standard deviations. */
  readonly nominal: number;
  /** What the auxiliary measurement behind the unit Gaussian constraint found; the nominal value where absent. */
  readonly observed?: number;
}

/** Changes the densities of some processes, and their yields where it has an acceptance. */
export interface ShapeNuisance extends NuisanceCommon {
  readonly kind: "shape";
  /** Whether it acts on each process [F]. */
  readonly acts: readonly boolean[];
  /** What it does to the yield of each process [F]. Absent: nothing, as in files of versions that did not know of it. */
  readonly acceptance?: readonly Acceptance[];
}

/** A log-normal factor on the yields. */
export interface RateNuisance extends NuisanceCommon {
  readonly kind: "rate";
  /** M_fj log(1 + κ_j): change of log N_f per unit of θ_j [F]. */
  readonly logFactors: readonly number[];
}

export type NuisanceModel = ShapeNuisance | RateNuisance;

/** A nominal density and what the shape nuisances, in declared order, do to it. */
export interface DensityModel {
  readonly nominal: FlowModel<FlowArchitecture>;
  /** Absent where there is no shape nuisance. */
  readonly morph?: FlowModel<FactorizableArchitecture>;
}

/**
 * Processes share their networks; the one-hot process is the first part of every context. F processes, K nuisances, x in Dx
 * and y in Dy dimensions.
 */
export interface MixtureModel {
  /**
   * The flows are those of x and y in this frame. What takes events and gives them back (likelihoods, samples, T applied) does so in
   * the units of the features; what is bound to a tape (`bindMixture`) sees them in the frame. Absent: the same.
   */
  readonly frame?: ModelFrame;
  readonly processes: readonly ProcessModel[];
  /** ν lists them in this order. */
  readonly nuisances: readonly NuisanceModel[];
  /** p(x | f): Dx features, context F. */
  readonly x: DensityModel;
  /** p(y | x, f): Dy features, context F + Dx. Absent: x is all there is. */
  readonly y?: DensityModel;
  /** T_φ, data to simulation, as a flow whose latent space is simulation: Dy features, context F + Dx. */
  readonly transport?: FlowModel<FlowArchitecture>;
  /** T_ψ */
  readonly response?: ResponseModel;
  /** Where the events lay that x and y were trained on; absent where it is unknown. */
  readonly simulated?: SimulatedRange;
}

export const partNames = ["x.nominal", "x.morph", "y.nominal", "y.morph", "transport", "response"] as const;
export type PartName = (typeof partNames)[number];

/**
 * Of the names of each part's parameters, and of its tensors in files. Files and unfinished trainings of every version have
 * these: the first version called a morph systematics and the transport map a transfer.
 */
export const parameterPrefixes = {
  "x.nominal": "x.nominal",
  "x.morph": "x.systematics",
  "y.nominal": "y.nominal",
  "y.morph": "y.systematics",
  transport: "transfer",
  response: "response",
} as const satisfies Readonly<Record<PartName, string>>;

export function partOf(model: MixtureModel, name: PartName): FlowModel<Architecture> | undefined {
  switch (name) {
    case "x.nominal":
      return model.x.nominal;
    case "x.morph":
      return model.x.morph;
    case "y.nominal":
      return model.y?.nominal;
    case "y.morph":
      return model.y?.morph;
    case "transport":
      return model.transport;
    case "response":
      return model.response;
  }
}

type Parts = { [N in PartName]?: FlowModel<Architecture> };

export function partsOf(model: MixtureModel): [PartName, FlowModel<Architecture>][] {
  return partNames.flatMap((name) => {
    const part = partOf(model, name);
    return part === undefined ? [] : [[name, part]];
  });
}

/** The model with its flows replaced by these; a part that is not among them is gone. */
export function withParts(model: Omit<MixtureModel, "x" | "y" | "transport" | "response">, parts: Parts): MixtureModel {
  const density = (of: "x" | "y"): DensityModel => {
    const morph = parts[`${of}.morph`] as FlowModel<FactorizableArchitecture> | undefined;
    return {
      nominal: parts[`${of}.nominal`] as FlowModel<FlowArchitecture>,
      ...(morph && { morph }),
    };
  };
  const { processes, nuisances, frame, simulated } = model;
  return {
    ...(frame && { frame }),
    processes,
    nuisances,
    ...(simulated && { simulated }),
    x: density("x"),
    ...(parts["y.nominal"] && { y: density("y") }),
    ...(parts.transport && { transport: parts.transport as FlowModel<FlowArchitecture> }),
    ...(parts.response && { response: parts.response as ResponseModel }),
  };
}

/** Weights of all parts by the names of the parameters that `bindMixture` makes. */
export function mixtureParameters(model: MixtureModel): Record<string, Float64Array> {
  checkModel("mixtureParameters", model);
  return Object.assign({}, ...partsOf(model).map(([name, { weights }]) => named(parameterPrefixes[name], weights)));
}

/** Of these, the ones that a tape has: a tape that looks at part of a model only. */
export function parametersOn(tape: Tape, model: MixtureModel): Record<string, Float64Array> {
  checkTape("parametersOn", tape);
  checkModel("parametersOn", model);
  return parametersOf(tape, mixtureParameters(model));
}

/** The model with new values for some of its parameters, such as training gives back. */
export function withParameters(model: MixtureModel, values: Readonly<Record<string, Float64Array>>): MixtureModel {
  checkModel("withParameters", model);
  checkArgument("withParameters", "values", values, anObject);
  const parts = partsOf(model).map(([name, part]) => [
    name,
    { ...part, weights: updated(parameterPrefixes[name], part.weights, values) },
  ]);
  return withParts(model, Object.fromEntries(parts));
}

/** The model for another amount of data: yields times `factor`, e.g. the part of the events that is looked at. */
export function withExposure(model: MixtureModel, factor: number): MixtureModel {
  checkModel("withExposure", model);
  const processes = model.processes.map(({ name, logYield }) => ({ name, logYield: logYield + Math.log(factor) }));
  return { ...model, processes };
}

export function nuisanceNamesOf(model: MixtureModel): string[] {
  checkModel("nuisanceNamesOf", model);
  return model.nuisances.map(({ name }) => name);
}

/** Refuses a point ν that is not one finite number for each nuisance. */
export function checkPoint(where: string, model: MixtureModel, nu: ArrayLike<number>): void {
  checkModel(where, model);
  checkArgument(where, "nu", nu, numbers);
  const names = nuisanceNamesOf(model);
  if (nu.length === names.length && Array.from(nu).every(Number.isFinite)) return;
  throw new UsageError(where, {
    expected: `one finite number for each of ${names.length} nuisances (${names.join(", ")})`,
    got: `[${Array.from(nu).join(", ")}]`,
  });
}

function refuse(what: string, expected: string, got: string): never {
  throw new UsageError(`model: ${what}`, { expected, got });
}

function checkPart(name: PartName, { architecture, weights }: FlowModel<Architecture>): void {
  checkWeights(`model: ${name}`, checked(architecture), weights);
}

function checkSizes(model: MixtureModel, name: PartName, features: number, context: number): void {
  const part = partOf(model, name);
  if (part === undefined) return;
  const { architecture } = part;
  if (architecture.features !== features || architecture.context !== context) {
    const got = `${architecture.features} features and context ${architecture.context}`;
    refuse(name, `${features} features and context ${context}`, got);
  }
}

function checkNominalValues(model: MixtureModel, name: "x.morph" | "y.morph"): void {
  const shapes = model.nuisances.filter(({ kind }) => kind === "shape");
  const { architecture } = partOf(model, name) as FlowModel<FactorizableArchitecture>;
  const nominalValues = architecture.nuisances.map(({ nominal }) => nominal);
  if (nominalValues.length !== shapes.length || shapes.some(({ nominal }, k) => nominal !== nominalValues[k])) {
    const wanted = shapes.map(({ name: nuisance, nominal }) => `${nuisance} at ${nominal}`).join(", ");
    refuse(
      name,
      `the shape nuisances with nominal values: ${wanted}`,
      `${nominalValues.length} at ${nominalValues.join(", ")}`,
    );
  }
}

function checkFrames({ frame, x, y }: MixtureModel): void {
  if (frame === undefined) return;
  checkFrame("model: frame of x", frame.x, x.nominal.architecture.features);
  if (y) checkFrame("model: frame of y", frame.y, y.nominal.architecture.features);
}

function checkAcceptances(name: string, acceptance: readonly Acceptance[], nProcesses: number): void {
  if (acceptance.length !== nProcesses) {
    refuse(`acceptance of ${name}`, `one entry per process (${nProcesses})`, `${acceptance.length}`);
  }
  for (const own of acceptance) checkAcceptance(`model: acceptance of ${name}`, own);
}

/** One for each process. */
function entriesOf(nuisance: NuisanceModel): readonly unknown[] {
  switch (nuisance.kind) {
    case "shape":
      return nuisance.acts;
    case "rate":
      return nuisance.logFactors;
  }
}

/** The model as it is, or an error that says which of its parts do not fit together. */
export function checkedModel(model: MixtureModel): MixtureModel {
  checkModel("checkedModel", model);
  const { processes, nuisances } = model;
  const nProcesses = processes.length;
  if (nProcesses === 0) refuse("processes", "at least one", "none");
  for (const { name, logYield } of processes) {
    if (!Number.isFinite(logYield)) refuse(`yield of ${name}`, "a positive finite number of events", `e^${logYield}`);
  }
  for (const nuisance of nuisances) {
    const { length } = entriesOf(nuisance);
    if (length !== nProcesses) refuse(nuisance.name, `one entry per process (${nProcesses})`, `${length}`);
    if (nuisance.kind === "shape" && nuisance.acceptance !== undefined)
      checkAcceptances(nuisance.name, nuisance.acceptance, nProcesses);
  }
  for (const [name, part] of partsOf(model)) checkPart(name, part);
  checkFrames(model);
  if (model.simulated !== undefined) checkRange("model: simulated range", model.simulated);
  const widthX = model.x.nominal.architecture.features;
  const widthY = model.y?.nominal.architecture.features;
  checkSizes(model, "x.nominal", widthX, nProcesses);
  checkSizes(model, "x.morph", widthX, nProcesses);
  if (widthY === undefined && (model.transport ?? model.response) !== undefined) refuse("y", "a density of y", "none");
  for (const name of ["y.nominal", "y.morph", "transport", "response"] as const) {
    checkSizes(model, name, widthY ?? 0, nProcesses + widthX);
  }
  for (const name of ["x.morph", "y.morph"] as const) {
    if (partOf(model, name) !== undefined) checkNominalValues(model, name);
  }
  const responses = model.response?.architecture.nuisances.length ?? nuisances.length;
  if (responses !== nuisances.length) refuse("response", `${nuisances.length} nuisances`, `${responses}`);
  const side = model.response && sideOf(model.response);
  if (side !== undefined && !responseSides.includes(side)) {
    refuse("response", `one that acts on ${responseSides.join(" or ")}`, `one that acts on ${side}`);
  }
  return model;
}
