/** A whole likelihood model as data: processes, nuisances, and the flows of every part with their weights. */
import { UsageError } from "../../engine/errors.js";
import type { Tape } from "../../engine/tape/tape.js";
import {
  type Architecture,
  checked,
  type FactorizableArchitecture,
  type FlowArchitecture,
} from "../../flows/architecture/architecture.js";
import { checkWeights, type ForeignTensorFile, type TensorFile } from "../../flows/formats/checkpoint.js";
import { named, type Tensor, toTensor, updated, type Weights } from "../../flows/networks/weights.js";
import { checkFrame, type ModelFrame } from "./feature-frame.js";
import { mixtureData } from "./mixture-form.js";
import { checkRange, type SimulatedRange } from "./simulated-range.js";

/** An architecture with its weights. */
export interface FlowModel<A extends Architecture> {
  readonly architecture: A;
  readonly weights: Weights;
}

export interface ProcessModel {
  readonly name: string;
  /** log N_f with every rate at its centre, N_f in events. */
  readonly logYield: number;
}

interface NuisanceCommon {
  readonly name: string;
  /** Where nominal simulation is, prior standard deviations. */
  readonly centre: number;
  /** What the auxiliary measurement behind the unit Gaussian constraint found; the centre where absent. */
  readonly observed?: number;
}

/** Changes the densities of some processes. */
export interface ShapeNuisance extends NuisanceCommon {
  readonly kind: "shape";
  /** Whether it acts on each process [F]. */
  readonly acts: readonly boolean[];
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
  readonly systematics?: FlowModel<FactorizableArchitecture>;
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
  readonly transfer?: FlowModel<FlowArchitecture>;
  /**
   * T_ψ, what T's response to all K nuisances, whose centres are the ν_0 of step 1, has beyond undoing what they do to p(y | x):
   * simulation to simulation, Dy features, context F + Dx.
   */
  readonly response?: FlowModel<FactorizableArchitecture>;
  /** Where the events lay that x and y were trained on; absent where nobody knows. */
  readonly simulated?: SimulatedRange;
}

/** Prefix of the parameters of each part. */
export const partNames = ["x.nominal", "x.systematics", "y.nominal", "y.systematics", "transfer", "response"] as const;
export type PartName = (typeof partNames)[number];

export function partOf(model: MixtureModel, name: PartName): FlowModel<Architecture> | undefined {
  switch (name) {
    case "x.nominal":
      return model.x.nominal;
    case "x.systematics":
      return model.x.systematics;
    case "y.nominal":
      return model.y?.nominal;
    case "y.systematics":
      return model.y?.systematics;
    case "transfer":
    case "response":
      return model[name];
  }
}

type Parts = { [N in PartName]?: FlowModel<Architecture> };

function partsOf(model: MixtureModel): [PartName, FlowModel<Architecture>][] {
  return partNames.flatMap((name) => {
    const part = partOf(model, name);
    return part === undefined ? [] : [[name, part]];
  });
}

/** The model with its flows replaced by these; a part that is not among them is gone. */
function withParts(model: Omit<MixtureModel, "x" | "y" | "transfer" | "response">, parts: Parts): MixtureModel {
  const density = (of: "x" | "y"): DensityModel => {
    const systematics = parts[`${of}.systematics`] as FlowModel<FactorizableArchitecture> | undefined;
    return {
      nominal: parts[`${of}.nominal`] as FlowModel<FlowArchitecture>,
      ...(systematics && { systematics }),
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
    ...(parts.transfer && { transfer: parts.transfer as FlowModel<FlowArchitecture> }),
    ...(parts.response && { response: parts.response as FlowModel<FactorizableArchitecture> }),
  };
}

/** Weights of all parts by the names of the parameters that `bindMixture` makes. */
export function mixtureParameters(model: MixtureModel): Record<string, Float64Array> {
  return Object.assign({}, ...partsOf(model).map(([name, { weights }]) => named(name, weights)));
}

/** Of these, the ones that a tape has: a tape that looks at part of a model only. */
export function parametersOn(tape: Tape, model: MixtureModel): Record<string, Float64Array> {
  const names = new Set(
    tape.nodes.flatMap(({ operation }) => (operation.name === "parameter" ? [operation.label] : [])),
  );
  return Object.fromEntries(Object.entries(mixtureParameters(model)).filter(([name]) => names.has(name)));
}

/** The model with new values for some of its parameters, such as training gives back. */
export function withParameters(model: MixtureModel, values: Readonly<Record<string, Float64Array>>): MixtureModel {
  const parts = partsOf(model).map(([name, { architecture, weights }]) => [
    name,
    { architecture, weights: updated(name, weights, values) },
  ]);
  return withParts(model, Object.fromEntries(parts));
}

/** The model for another amount of data: yields times `factor`, e.g. the part of the events that is looked at. */
export function withExposure(model: MixtureModel, factor: number): MixtureModel {
  const processes = model.processes.map(({ name, logYield }) => ({ name, logYield: logYield + Math.log(factor) }));
  return { ...model, processes };
}

export const nuisanceNamesOf = ({ nuisances }: MixtureModel): string[] => nuisances.map(({ name }) => name);

/** Refuses a point ν that is not one finite number for each nuisance. */
export function checkPoint(where: string, model: MixtureModel, nu: ArrayLike<number>): void {
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

function checkCentres(model: MixtureModel, name: "x.systematics" | "y.systematics"): void {
  const shapes = model.nuisances.filter(({ kind }) => kind === "shape");
  const { architecture } = partOf(model, name) as FlowModel<FactorizableArchitecture>;
  const centres = architecture.nuisances.map(({ centre }) => centre);
  if (centres.length !== shapes.length || shapes.some(({ centre }, k) => centre !== centres[k])) {
    const wanted = shapes.map(({ name: nuisance, centre }) => `${nuisance} at ${centre}`).join(", ");
    refuse(name, `the shape nuisances, centred: ${wanted}`, `${centres.length} centred at ${centres.join(", ")}`);
  }
}

function checkFrames({ frame, x, y }: MixtureModel): void {
  if (frame === undefined) return;
  checkFrame("model: frame of x", frame.x, x.nominal.architecture.features);
  if (y) checkFrame("model: frame of y", frame.y, y.nominal.architecture.features);
}

/** The model as it is, or an error that says which of its parts do not fit together. */
export function checkedModel(model: MixtureModel): MixtureModel {
  const { processes, nuisances } = model;
  const nProcesses = processes.length;
  if (nProcesses === 0) refuse("processes", "at least one", "none");
  for (const { name, logYield } of processes) {
    if (!Number.isFinite(logYield)) refuse(`yield of ${name}`, "a positive finite number of events", `e^${logYield}`);
  }
  for (const nuisance of nuisances) {
    const list = nuisance.kind === "shape" ? nuisance.acts : nuisance.logFactors;
    if (list.length !== nProcesses) refuse(nuisance.name, `one entry per process (${nProcesses})`, `${list.length}`);
  }
  for (const [name, part] of partsOf(model)) checkPart(name, part);
  checkFrames(model);
  if (model.simulated !== undefined) checkRange("model: simulated range", model.simulated);
  const widthX = model.x.nominal.architecture.features;
  const widthY = model.y?.nominal.architecture.features;
  checkSizes(model, "x.nominal", widthX, nProcesses);
  checkSizes(model, "x.systematics", widthX, nProcesses);
  if (widthY === undefined && (model.transfer ?? model.response) !== undefined) refuse("y", "a density of y", "none");
  for (const name of ["y.nominal", "y.systematics", "transfer", "response"] as const) {
    checkSizes(model, name, widthY ?? 0, nProcesses + widthX);
  }
  for (const name of ["x.systematics", "y.systematics"] as const) {
    if (partOf(model, name) !== undefined) checkCentres(model, name);
  }
  const responses = model.response?.architecture.nuisances.length ?? nuisances.length;
  if (responses !== nuisances.length) refuse("response", `${nuisances.length} nuisances`, `${responses}`);
  return model;
}

/** Key of the metadata under which all but the weights stands, as JSON. */
const MIXTURE_KEY = "unbinned.mixture";

export function mixtureToTensors(model: MixtureModel): TensorFile {
  const { processes, nuisances, frame, simulated } = checkedModel(model);
  const parts = partsOf(model);
  const architectures = Object.fromEntries(parts.map(([name, { architecture }]) => [name, architecture]));
  return {
    metadata: { [MIXTURE_KEY]: JSON.stringify({ frame, processes, nuisances, simulated, architectures }) },
    tensors: new Map(
      parts.flatMap(([name, { weights }]) => [...weights].map(([key, tensor]) => [`${name}.${key}`, tensor] as const)),
    ),
  };
}

/** @param where  the file, for messages */
export function mixtureFromTensors(where: string, file: ForeignTensorFile): MixtureModel {
  try {
    return readMixture(where, file);
  } catch (error) {
    // What is wrong with a part is said where nobody knows of files.
    if (error instanceof UsageError && !error.message.startsWith(where)) error.message = `${where}: ${error.message}`;
    throw error;
  }
}

function readMixture(where: string, { metadata, tensors }: ForeignTensorFile): MixtureModel {
  const text = metadata[MIXTURE_KEY];
  if (text === undefined) {
    throw new UsageError(where, {
      expected: `metadata "${MIXTURE_KEY}"`,
      got: Object.keys(metadata).join(", ") || "none",
      hint: "Is this a model that unbinned saved?",
    });
  }
  const { architectures, ...rest } = mixtureData(where, text);
  const weightsOf = (part: PartName): Weights =>
    new Map<string, Tensor>(
      [...tensors].flatMap(([name, tensor]) =>
        name.startsWith(`${part}.`) ? [[name.slice(part.length + 1), toTensor(tensor)] as const] : [],
      ),
    );
  const parts = Object.entries(architectures).map(([name, architecture]) => [
    name,
    { architecture, weights: weightsOf(name as PartName) },
  ]);
  return checkedModel(withParts(rest, Object.fromEntries(parts)));
}
