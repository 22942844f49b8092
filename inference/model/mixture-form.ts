/** The metadata of a saved mixture, which are JSON from a file: checked before anything trusts what their types say. */
import { UsageError } from "../../engine/errors.js";
import type { Architecture } from "../../flows/architecture/architecture.js";
import { checkForm, type Data, isData, shownData } from "../../flows/architecture/form.js";
import { LARGEST } from "../../flows/architecture/limits.js";
import type { ModelFrame } from "./feature-frame.js";
import type { NuisanceModel, PartName, ProcessModel } from "./mixture-model.js";
import type { SimulatedRange } from "./simulated-range.js";

export interface MixtureData {
  readonly frame?: ModelFrame;
  readonly processes: readonly ProcessModel[];
  readonly nuisances: readonly NuisanceModel[];
  readonly simulated?: SimulatedRange;
  readonly architectures: { readonly [N in PartName]?: Architecture };
}

/** Kinds of flow that each part may be of. */
const PARTS: { readonly [N in PartName]: readonly Architecture["kind"][] } = {
  "x.nominal": ["autoregressive", "coupling"],
  "x.systematics": ["factorizable"],
  "y.nominal": ["autoregressive", "coupling"],
  "y.systematics": ["factorizable"],
  transfer: ["autoregressive", "coupling"],
  response: ["factorizable"],
};

/** e^80 is the last power of ten that f32 holds with room: 10^34. */
const LARGEST_LOG = 80;

const isLog = (data: unknown) => typeof data === "number" && Math.abs(data) <= LARGEST_LOG;

const areNumbers = (data: unknown) => Array.isArray(data) && data.every((value) => typeof value === "number");

const isFeatureFrame = (data: unknown) => isData(data) && areNumbers(data.shift) && areNumbers(data.scale);

const isFrame = (data: unknown) =>
  isData(data) && isFeatureFrame(data.x) && (data.y === undefined || isFeatureFrame(data.y));

const isProcess = (data: unknown) => isData(data) && typeof data.name === "string" && isLog(data.logYield);

function isNuisance(data: unknown, processes: number): boolean {
  if (!isData(data) || typeof data.name !== "string" || !Number.isFinite(data.centre)) return false;
  if (data.observed !== undefined && !Number.isFinite(data.observed)) return false;
  const { kind, acts, logFactors } = data;
  const list = kind === "shape" ? acts : kind === "rate" ? logFactors : undefined;
  const isItem = kind === "shape" ? (item: unknown) => typeof item === "boolean" : isLog;
  return Array.isArray(list) && list.length === processes && list.every(isItem);
}

/**
 * What the text says.
 *
 * @param where  the file, for messages
 */
export function mixtureData(where: string, text: string): MixtureData {
  const refuse = (expected: string, got: unknown): never => {
    const hint = "The file is damaged or not from unbinned: train again, or copy it again";
    throw new UsageError(where, { expected, got: shownData(got), hint });
  };
  const { frame, processes, nuisances, simulated, architectures } = parsed(text) ?? refuse("metadata in JSON", text);
  if (frame !== undefined && !isFrame(frame)) refuse("a frame of x, and of y where there is one", frame);
  if (!Array.isArray(processes) || processes.length === 0 || processes.length > LARGEST.context) {
    return refuse("a list of processes", processes);
  }
  const process = processes.find((own) => !isProcess(own));
  if (process !== undefined) refuse("a process with its name and the logarithm of its yield", process);
  if (!Array.isArray(nuisances) || nuisances.length > LARGEST.nuisances)
    return refuse("a list of nuisances", nuisances);
  const nuisance = nuisances.find((own) => !isNuisance(own, processes.length));
  if (nuisance !== undefined) refuse("a nuisance with its name, kind, centre and an entry for each process", nuisance);
  if (simulated !== undefined && !isData(simulated)) refuse("the range of simulated events", simulated);
  if (!isData(architectures)) return refuse("architectures", architectures);
  for (const [name, architecture] of Object.entries(architectures)) {
    if (!Object.hasOwn(PARTS, name)) refuse(`parts ${Object.keys(PARTS).join(", ")}`, name);
    checkForm(architecture);
    const kinds = PARTS[name as PartName];
    if (!kinds.includes(architecture.kind)) refuse(`${name} of kind ${kinds.join(" or ")}`, architecture.kind);
  }
  for (const of of ["x", "y"]) {
    const isAlone = Object.hasOwn(architectures, `${of}.systematics`) && !Object.hasOwn(architectures, `${of}.nominal`);
    if (isAlone || !Object.hasOwn(architectures, "x.nominal")) refuse(`a density ${of}.nominal`, "none");
  }
  return {
    ...(frame !== undefined && { frame: frame as ModelFrame }),
    ...(simulated !== undefined && { simulated: simulated as unknown as SimulatedRange }),
    processes,
    nuisances,
    architectures,
  };
}

function parsed(text: string): Data | undefined {
  try {
    const data = JSON.parse(text);
    return isData(data) ? data : undefined;
  } catch {
    return undefined;
  }
}
