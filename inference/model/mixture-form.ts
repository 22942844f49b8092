/** The metadata of a saved mixture, which are JSON from a file: checked before anything trusts what their types say. */
import { UsageError } from "../../engine/errors.js";
import type { Architecture } from "../../flows/architecture/architecture.js";
import { checkForm, type Data, isData, shownData } from "../../flows/architecture/form.js";
import { LARGEST } from "../../flows/architecture/limits.js";
import { architectureInNewWords, inNewWords } from "../../flows/formats/old-words.js";
import type { ModelFrame } from "./feature-frame.js";
import { isTransform } from "./features/transform-form.js";
import {
  type NuisanceModel,
  type PartName,
  type ProcessModel,
  type ResponseSide,
  responseSides,
} from "./mixture-model.js";
import type { SimulatedRange } from "./simulated-range.js";

export interface MixtureData {
  readonly frame?: ModelFrame;
  readonly processes: readonly ProcessModel[];
  readonly nuisances: readonly NuisanceModel[];
  readonly simulated?: SimulatedRange;
  /** Of the model's response; in files since it may act on data. */
  readonly responseActsOn?: ResponseSide;
  readonly architectures: { readonly [N in PartName]?: Architecture };
}

/** Kinds of flow that each part may be of. */
const PARTS: { readonly [N in PartName]: readonly Architecture["kind"][] } = {
  "x.nominal": ["autoregressive", "coupling"],
  "x.morph": ["factorizable"],
  "y.nominal": ["autoregressive", "coupling"],
  "y.morph": ["factorizable"],
  transport: ["autoregressive", "coupling"],
  response: ["factorizable"],
};

/** e^80 is the last power of ten that f32 holds with room: 10^34. */
const LARGEST_LOG = 80;

const isLog = (data: unknown) => typeof data === "number" && Math.abs(data) <= LARGEST_LOG;

const areNumbers = (data: unknown) => Array.isArray(data) && data.every((value) => typeof value === "number");

const isFeatureFrame = (data: unknown) =>
  isData(data) &&
  areNumbers(data.shift) &&
  areNumbers(data.scale) &&
  (data.transforms === undefined || (Array.isArray(data.transforms) && data.transforms.every(isTransform)));

const isFrame = (data: unknown) =>
  isData(data) && isFeatureFrame(data.x) && (data.y === undefined || isFeatureFrame(data.y));

const isProcess = (data: unknown) => isData(data) && typeof data.name === "string" && isLog(data.logYield);

/** Of each kind of nuisance, where the entries for the processes stand, and what an entry is. */
const ENTRIES: {
  readonly [N in NuisanceModel["kind"]]: { readonly of: string; readonly isEntry: (entry: unknown) => boolean };
} = {
  shape: { of: "acts", isEntry: (entry) => typeof entry === "boolean" },
  rate: { of: "logFactors", isEntry: isLog },
};

const isRatio = (ratio: unknown) => ratio === null || isLog(ratio);

const isAcceptance = (data: unknown) => isData(data) && isRatio(data.up) && isRatio(data.down);

const isKind = (kind: unknown): kind is NuisanceModel["kind"] =>
  typeof kind === "string" && Object.hasOwn(ENTRIES, kind);

const isSide = (side: unknown): side is ResponseSide => responseSides.includes(side as ResponseSide);

function isNuisance(data: unknown, processes: number): boolean {
  if (!isData(data) || typeof data.name !== "string" || !Number.isFinite(data.nominal)) return false;
  if (data.observed !== undefined && !Number.isFinite(data.observed)) return false;
  if (!isKind(data.kind)) return false;
  const { of, isEntry } = ENTRIES[data.kind];
  const isList = (list: unknown, isOne: (entry: unknown) => boolean) =>
    Array.isArray(list) && list.length === processes && list.every(isOne);
  if (data.acceptance !== undefined && !(data.kind === "shape" && isList(data.acceptance, isAcceptance))) return false;
  return isList(data[of], isEntry);
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
  const data = parsed(text) ?? refuse("metadata in JSON", text);
  const { frame, processes, simulated, responseActsOn } = data;
  if (frame !== undefined && !isFrame(frame)) refuse("a frame of x, and of y where there is one", frame);
  if (!Array.isArray(processes) || processes.length === 0 || processes.length > LARGEST.context) {
    return refuse("a list of processes", processes);
  }
  const process = processes.find((own) => !isProcess(own));
  if (process !== undefined) refuse("a process with its name and the logarithm of its yield", process);
  if (!Array.isArray(data.nuisances) || data.nuisances.length > LARGEST.nuisances) {
    return refuse("a list of nuisances", data.nuisances);
  }
  const nuisances = data.nuisances.map((own) => inNewWords("nuisance", own)) as NuisanceModel[];
  const nuisance = nuisances.find((own) => !isNuisance(own, processes.length));
  if (nuisance !== undefined)
    refuse(
      "a nuisance with its name, kind, nominal value, an entry for each process, and an acceptance or none",
      nuisance,
    );
  if (simulated !== undefined && !isData(simulated)) refuse("the range of simulated events", simulated);
  if (!isData(data.architectures)) return refuse("architectures", data.architectures);
  const architectures: Record<string, Architecture> = {};
  for (const [name, stored] of Object.entries(inNewWords("part", data.architectures) as Data)) {
    if (!Object.hasOwn(PARTS, name)) refuse(`parts ${Object.keys(PARTS).join(", ")}`, name);
    const architecture = architectureInNewWords(stored);
    checkForm(architecture);
    architectures[name] = architecture;
    const kinds = PARTS[name as PartName];
    if (!kinds.includes(architecture.kind)) refuse(`${name} of kind ${kinds.join(" or ")}`, architecture.kind);
  }
  if (responseActsOn !== undefined && !isSide(responseActsOn)) {
    refuse(`a response that acts on ${responseSides.join(" or ")}`, responseActsOn);
  }
  if (responseActsOn !== undefined && !Object.hasOwn(architectures, "response")) {
    refuse("a response, as the file says what it acts on", "none");
  }
  for (const of of ["x", "y"]) {
    const isAlone = Object.hasOwn(architectures, `${of}.morph`) && !Object.hasOwn(architectures, `${of}.nominal`);
    if (isAlone || !Object.hasOwn(architectures, "x.nominal")) refuse(`a density ${of}.nominal`, "none");
  }
  return {
    ...(frame !== undefined && { frame: frame as ModelFrame }),
    ...(simulated !== undefined && { simulated: simulated as unknown as SimulatedRange }),
    ...(isSide(responseActsOn) && { responseActsOn }),
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
