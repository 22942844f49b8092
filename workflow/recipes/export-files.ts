/** What an exported folder holds, made from the analysis and its run. */

import { basename, join } from "node:path";
import { stringify } from "yaml";
import { readBytes } from "../../io/index.js";
import { type Analysis, runFolders } from "../configuration/analysis.js";
import { UsageError } from "../errors.js";
import { readSavedFit, type SavedFit } from "../likelihood/saved-fit.js";
import { checkBelonging } from "../store/belonging.js";
import { CHECKSUMS_FILE, sealed, sha256 } from "../store/checksum.js";
import { REPLICAS_FILE, savedReplicas } from "../store/ensemble-files.js";
import { CONFIGURATION_FILE, checksumsOf, EXPORT_HEADER } from "../store/exported-folder.js";
import { loadModel, MODEL_FILE, modelFile } from "../store/model-files.js";
import { FIT_FILE } from "../store/output-folder.js";
import { readVersion } from "../version.js";

/** Contents by name. */
type Files = Map<string, Uint8Array | string>;

/**
 * The files of an export, the list of their checksums last, and the fit that is among them.
 *
 * @param run  the user's --run
 */
export async function exportedFiles(
  analysis: Analysis,
  run: string | undefined,
): Promise<{ readonly files: Files; readonly fit: SavedFit }> {
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
  const sums = [...files].map(([own, content]) => [own, sha256(content)] as const);
  const known = Object.fromEntries(sums.map(([own, sum]) => [own === name ? basename(file) : own, sum]));
  await checkBelonging(fit.file, fit.belongings, [file, ofReplicas], known);
  const there = {
    ...configuration,
    output: ".",
    model: { ...configuration.model, ...(!isTrained && { file: name }) },
  };
  const header = `${EXPORT_HEADER}${readVersion()}. The data and samples that it names are not in this folder.\n`;
  const belongings = { [REPLICAS_FILE]: null, ...Object.fromEntries(sums) };
  const summary = sealed({ version: readVersion(), ...fit.summary, verdicts: fit.failed, files: belongings });
  const all: Files = new Map<string, Uint8Array | string>([
    [CONFIGURATION_FILE, `${header}${stringify(there, { aliasDuplicateObjects: false })}`],
    ...files,
    [FIT_FILE, `${JSON.stringify(summary, undefined, 2)}\n`],
  ]);
  all.set(CHECKSUMS_FILE, checksumsOf(all));
  return { files: all, fit };
}
