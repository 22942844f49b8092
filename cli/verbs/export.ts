import { dirname, join } from "node:path";
import { stringify } from "yaml";
import { readBytes } from "../../io/index.js";
import { type Analysis, runFolders } from "../../workflow/configuration/analysis.js";
import { loadAnalysis } from "../../workflow/configuration/configuration.js";
import { UsageError } from "../../workflow/errors.js";
import { checkBelonging } from "../../workflow/store/belonging.js";
import { CHECKSUMS_FILE, sealed, sha256 } from "../../workflow/store/checksum.js";
import { REPLICAS_FILE, savedReplicas } from "../../workflow/store/ensemble-files.js";
import { CONFIGURATION_FILE, checkExport, checksumsOf, EXPORT_HEADER } from "../../workflow/store/exported-folder.js";
import { loadModel, MODEL_FILE, modelFile } from "../../workflow/store/model-files.js";
import { checkReplaceable, restoreExport, writeExport } from "../../workflow/store/replace-export.js";
import { FIT_FILE, readSavedFit } from "../../workflow/store/saved-fit.js";
import { readVersion } from "../../workflow/version.js";
import type { VerbContext } from "../command/verb.js";

/** Contents by name. */
type Files = Map<string, Uint8Array | string>;

/** Writes what apply and evaluate need into one folder. */
export async function exportFolder(context: VerbContext): Promise<void> {
  const { options, operands, signal } = context;
  const { out, force } = options;
  if (out === undefined) {
    throw new UsageError("unbinned export", { expected: "--out FOLDER for the export", got: "no --out" });
  }
  await checkReplaceable(out, force);
  await restoreExport(dirname(operands[0]!));
  const analysis = loadAnalysis(operands[0]!, options);
  await checkExport(analysis.file);
  const files = await exportedFiles(analysis, options.run);
  files.set(CHECKSUMS_FILE, checksumsOf(files));
  signal.throwIfAborted();
  await writeExport(out, files, force);
  context.print(
    `${out}: ${[...files.keys()].join(", ")}. It holds no data and no samples: \`unbinned evaluate\` there takes --events.`,
  );
  context.printJson({ folder: out, files: [...files.keys()], version: readVersion() });
}

async function exportedFiles(analysis: Analysis, run: string | undefined): Promise<Files> {
  const [folder] = runFolders(analysis, run);
  const { configuration } = analysis;
  const fit = readSavedFit(analysis, folder);
  const file = modelFile(analysis, [folder]);
  const model = await loadModel(analysis, [folder]);
  const replicas = await savedReplicas(analysis, folder, model);
  if (fit === undefined) {
    throw new UsageError(folder, {
      expected: "the fit that `run`, or `fit --out`, leaves there",
      got: "none",
      hint: `Make it with \`unbinned run ${analysis.file}\``,
    });
  }
  const ofReplicas = join(folder, REPLICAS_FILE);
  const isTrained = configuration.model.file === undefined;
  const name = isTrained ? MODEL_FILE : `model${/\.\w{1,16}$/.exec(file)?.[0] ?? ""}`;
  const files: Files = new Map([[name, await readBytes(file)]]);
  if (replicas.length > 0) files.set(REPLICAS_FILE, await readBytes(ofReplicas));
  await checkBelonging(fit.file, fit.belongings, [file, ofReplicas]);
  const there = {
    ...configuration,
    output: ".",
    model: { ...configuration.model, ...(!isTrained && { file: name }) },
  };
  const header = `${EXPORT_HEADER}${readVersion()}. The data and samples that it names are not in this folder.\n`;
  const sums = [...files].map(([own, content]) => [own, sha256(content)] as const);
  const belongings = { [REPLICAS_FILE]: null, ...Object.fromEntries(sums) };
  const summary = sealed({ version: readVersion(), ...fit.summary, files: belongings });
  return new Map<string, Uint8Array | string>([
    [CONFIGURATION_FILE, `${header}${stringify(there, { aliasDuplicateObjects: false })}`],
    ...files,
    [FIT_FILE, `${JSON.stringify(summary, undefined, 2)}\n`],
  ]);
}
