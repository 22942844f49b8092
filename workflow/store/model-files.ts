/** Models in files: published PyTorch weights, and what a finished `run` saved. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { loadMixture } from "../../flows/formats/zuko.js";
import { mixtureFromTensors, mixtureToTensors } from "../../inference/model/mixture-file.js";
import type { MixtureModel, NuisanceModel, ProcessModel, ShapeNuisance } from "../../inference/model/mixture-model.js";
import { publishedModel } from "../../inference/model/published-model.js";
import type { ObservableName } from "../../inference/model/sampling/simulated-events.js";
import { readTorchStateDict, toFloat64 } from "../../io/index.js";
import { type AcceptanceRow, acceptanceModel } from "../acceptance.js";
import { type Analysis, affectedProcesses, nuisanceNames, pathOf, processNames } from "../configuration/analysis.js";
import { checkArchitectures } from "../configuration/architectures.js";
import type { Configuration } from "../configuration/table.js";
import { UsageError } from "../errors.js";
import { readChecked, requireChecksum, writeSealed } from "./checksum.js";
import { checkDeclared, recordedColumns, recordedShares } from "./model-record.js";

/** Name of the saved model in the output folder. */
export const MODEL_FILE = "model.safetensors";

/** @param record  what the file says of the analysis besides: that of `modelRecord` */
export async function saveModel(
  folder: string,
  model: MixtureModel,
  record: Readonly<Record<string, string>> = {},
): Promise<void> {
  const { tensors, metadata } = mixtureToTensors(model);
  await writeSealed(join(folder, MODEL_FILE), new Map(tensors), { ...metadata, ...record });
}

const RUN_AGAIN = "Run the analysis again: steps that are finished are kept";

/** The model that `saveModel` left in a folder. */
export async function readSavedModel(folder: string): Promise<MixtureModel> {
  return (await readModel(folder)).model;
}

async function readModel(folder: string) {
  const file = join(folder, MODEL_FILE);
  const found = await readChecked(file, RUN_AGAIN);
  const tensors = new Map(
    [...found.tensors].map(([name, { shape, data }]) => [name, { shape, data: toFloat64(name, data) }]),
  );
  // What is no model of ours at all is refused first, by that name.
  const model = mixtureFromTensors(file, { metadata: found.metadata, tensors });
  requireChecksum(file, found, RUN_AGAIN);
  const { metadata } = found;
  return { model, columns: recordedColumns(file, metadata), shares: recordedShares(file, metadata) };
}

/**
 * The nuisances as the configuration declares them.
 *
 * @param acceptances  how the yields follow them, which samples say
 */
export function nuisanceModels(
  configuration: Configuration,
  acceptances: readonly AcceptanceRow[] = [],
): NuisanceModel[] {
  return nuisanceNames(configuration).map((name) => {
    const { kind, nominal: centre, kappa } = configuration.nuisances[name]!;
    const affected = affectedProcesses(configuration, name);
    const acts = processNames(configuration).map((process) => affected.includes(process));
    if (kind === "shape") {
      const acceptance = acceptanceModel(configuration, name, acceptances);
      return { name, nominal: centre, kind, acts, ...(acceptance && { acceptance }) };
    }
    return { name, nominal: centre, kind, logFactors: acts.map((does) => (does ? Math.log1p(kappa!) : 0)) };
  });
}

/** The file that holds the analysis's model. */
export function modelFile(analysis: Analysis, folders: readonly string[]): string {
  const { file } = analysis.configuration.model;
  return file === undefined ? findTrained(analysis, folders) : pathOf(analysis, file);
}

/**
 * The analysis's model: the file it names, or what `run` saved. Yields and rates that the configuration gives take the
 * place of the file's, and `acceptance: none` that of its acceptance.
 *
 * @param folders where `run` may have saved it, the likeliest first
 */
export async function loadModel(analysis: Analysis, folders: readonly string[]): Promise<MixtureModel> {
  const { configuration } = analysis;
  const { file } = configuration.model;
  const where = modelFile(analysis, folders);
  const { model, shares } =
    file === undefined
      ? await readTrained(analysis, where)
      : { model: await readPublished(configuration, where), shares: undefined };
  checkWidths(analysis, model, where);
  if (file === undefined) checkArchitectures(analysis, model, where);
  const processes = model.processes.map((process) => configuredYield(configuration, process, shares?.[process.name]));
  return { ...model, processes };
}

/** @param share  of its events that `data.without` leaves */
function configuredYield(configuration: Configuration, { name, logYield }: ProcessModel, share = 1): ProcessModel {
  // Not the share of data.events: generated data are as many as `run` made, and so are the yields it saved, as are those of samples.
  const configured = configuration.processes[name]!.yield?.events;
  return { name, logYield: typeof configured === "number" ? Math.log(configured * share) : logYield };
}

/** Of what the likelihood looks at. */
function checkWidths(analysis: Analysis, model: MixtureModel, where: string): void {
  const { observables, likelihood, model: stored } = analysis.configuration;
  for (const name of likelihood.observables as readonly ObservableName[]) {
    const declared = observables[name]?.features;
    const found = model[name]?.nominal.architecture.features;
    if (declared === undefined || declared === found) continue;
    throw new UsageError(where, {
      expected: `a model of ${declared} features of ${name} (observables.${name}.features)`,
      got: `weights of another architecture, ${found ?? "no"} features`,
      hint:
        stored.file === undefined
          ? `Train again with \`unbinned run ${analysis.file} --force\``
          : "Correct it, or name another model",
    });
  }
}

/** The file that `run` left. */
function findTrained({ file }: Analysis, folders: readonly string[]): string {
  const found = folders.map((folder) => join(folder, MODEL_FILE)).find((candidate) => existsSync(candidate));
  if (found !== undefined) return found;
  throw new UsageError(file, {
    expected: `a trained model, ${join(folders[0]!, MODEL_FILE)}`,
    got: "no such file",
    hint: `Make it with \`unbinned run ${file}\`, or name the folder of the run with --run`,
  });
}

async function readTrained(analysis: Analysis, file: string) {
  const { model, columns, shares } = await readModel(dirname(file));
  const declared = nuisanceModels(analysis.configuration);
  checkDeclared(analysis, declared, model, columns, file);
  const nuisances = model.nuisances.map((own, k) =>
    own.kind === "shape" ? withDeclaredAcceptance(analysis, own, file) : declared[k]!,
  );
  return { model: { ...model, nuisances }, shares };
}

/** Acceptances come from samples, which `run` has read: the configuration may do without what the file has, and no more. */
function withDeclaredAcceptance(
  { configuration, file }: Analysis,
  { acceptance, ...nuisance }: ShapeNuisance,
  where: string,
): ShapeNuisance {
  const { name } = nuisance;
  const declared = configuration.nuisances[name]!.acceptance;
  if (declared === "none" || (acceptance === undefined && declared === undefined)) return nuisance;
  if (acceptance !== undefined) return { ...nuisance, acceptance };
  throw new UsageError(where, {
    expected: `a model whose yields follow ${name} (nuisances.${name}.acceptance is sums)`,
    got: "one whose yields do not",
    hint: `Run \`unbinned run ${file}\` again: finished trainings are kept`,
  });
}

async function readPublished(configuration: Configuration, path: string): Promise<MixtureModel> {
  const tensors = await readTorchStateDict(path);
  const parts = ["mixture_model.kin_model.", "mixture_model.scores_model.", "transfer_model.T."];
  const absent = parts.find((part) => ![...tensors.keys()].some((name) => name.startsWith(part)));
  if (absent !== undefined) {
    throw new UsageError(path, {
      expected: `the tensors of a published mixture (${parts.map((part) => `${part}*`).join(", ")})`,
      got: `weights of another architecture, without ${absent}*: ${[...tensors.keys()].slice(0, 3).join(", ")}, ...`,
      hint: "Name a mixture_*.pt",
    });
  }
  const { activation, leastSlope } = configuration.model;
  const loaded = loadMixture(tensors, { activation, leastSlope });
  return publishedModel(path, loaded, processNames(configuration), nuisanceModels(configuration));
}
