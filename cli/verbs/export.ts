import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { stringify } from "yaml";
import { readBytes, writeAtomic } from "../../io/index.js";
import { type Analysis, pathOf, runFolders } from "../analysis.js";
import { loadAnalysis } from "../configuration.js";
import { REPLICAS_FILE, savedReplicas } from "../ensemble-files.js";
import { CHECKSUMS_FILE, checkExport, checksumsOf } from "../exported-folder.js";
import { UsageError } from "../messages.js";
import { loadModel, MODEL_FILE } from "../model-files.js";
import { createOutputFolder } from "../output-folder.js";
import { FIT_FILE, readSavedFit } from "../saved-fit.js";
import type { VerbContext } from "../verb.js";
import { readVersion } from "../version.js";

/** Name of the configuration in the folder. */
const CONFIGURATION_FILE = "analysis.yaml";

/** Contents by name. */
type Files = Map<string, Uint8Array | string>;

/** Writes what apply and evaluate need into one folder. */
export async function exportFolder(context: VerbContext): Promise<void> {
  const { options, operands, signal } = context;
  const { out, force } = options;
  if (out === undefined) {
    throw new UsageError("unbinned export", { expected: "--out FOLDER for the export", got: "no --out" });
  }
  checkReplaceable(out, force);
  const analysis = loadAnalysis(operands[0]!, options);
  await checkExport(analysis.file);
  const files = await exportedFiles(analysis, options.run);
  files.set(CHECKSUMS_FILE, checksumsOf(files));
  signal.throwIfAborted();
  await writeFolder(out, files);
  context.print(
    `${out}: ${[...files.keys()].join(", ")}. It holds no data and no samples: \`unbinned evaluate\` there takes --events.`,
  );
  context.printJson({ folder: out, files: [...files.keys()], version: readVersion() });
}

/** Whatever else is at the place may be dear to somebody. */
function checkReplaceable(out: string, force: boolean): void {
  if (!existsSync(out) || (force && existsSync(join(out, CHECKSUMS_FILE)))) return;
  throw new UsageError(out, {
    expected: force ? "no such folder yet, or an earlier export" : "no such folder yet",
    got: force ? "something else" : "one",
    hint: force ? "Choose another --out" : "--force replaces an earlier export",
  });
}

async function exportedFiles(analysis: Analysis, run: string | undefined): Promise<Files> {
  const [folder] = runFolders(analysis, run);
  const { configuration } = analysis;
  const model = await loadModel(analysis, [folder]);
  const replicas = await savedReplicas(analysis, folder, model);
  const fit = readSavedFit(analysis, folder);
  if (fit === undefined) {
    throw new UsageError(folder, {
      expected: "the fit that `run`, or `fit --out`, leaves there",
      got: "none",
      hint: `Make it with \`unbinned run ${analysis.file}\``,
    });
  }
  const { file } = configuration.model;
  const [modelName, modelFile] =
    file === undefined ? [MODEL_FILE, join(folder, MODEL_FILE)] : [basename(file), pathOf(analysis, file)];
  const there = {
    ...configuration,
    output: ".",
    model: { ...configuration.model, ...(file !== undefined && { file: modelName }) },
  };
  const header = `# Exported by unbinned ${readVersion()}. The data and samples that it names are not in this folder.\n`;
  const summary = { version: readVersion(), ...fit.summary };
  return new Map<string, Uint8Array | string>([
    [CONFIGURATION_FILE, `${header}${stringify(there, { aliasDuplicateObjects: false })}`],
    [modelName, await readBytes(modelFile)],
    ...(replicas.length === 0
      ? []
      : ([[REPLICAS_FILE, await readBytes(join(folder, REPLICAS_FILE))]] as [string, Uint8Array][])),
    [FIT_FILE, `${JSON.stringify(summary, undefined, 2)}\n`],
  ]);
}

/** The folder whole or not at all: made beside its place, then renamed. */
async function writeFolder(out: string, files: Files): Promise<void> {
  const place = resolve(out);
  const beside = (what: string) =>
    join(dirname(place), `.${basename(place)}.${randomBytes(6).toString("hex")}.${what}`);
  createOutputFolder(dirname(place));
  const unfinished = beside("unfinished");
  await mkdir(unfinished);
  try {
    for (const [name, content] of files) await writeAtomic(join(unfinished, name), [content]);
    if (existsSync(place)) {
      const replaced = beside("replaced");
      await rename(place, replaced);
      await rename(unfinished, place);
      await rm(replaced, { recursive: true });
    } else await rename(unfinished, place);
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    throw error;
  }
}
