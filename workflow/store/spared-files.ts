/** Files that a result must not overwrite: those that it is computed from, and others of the same run. */
import { join } from "node:path";
import { type Analysis, pathOf } from "../configuration/analysis.js";
import { UsageError } from "../errors.js";
import { REPLICAS_FILE } from "./ensemble-files.js";
import { MODEL_FILE } from "./model-files.js";
import { ARRAYS_FILE, DATA_FILE, isSameFile } from "./output-folder.js";

/**
 * Refuses to write over a file of the analysis or of its run, by whatever path it is named.
 *
 * @param folders  where `run` may have left its files
 */
export function checkSpared(out: string, analysis: Analysis, folders: readonly string[]): void {
  const { processes, data, model } = analysis.configuration;
  const samples = Object.values(processes).flatMap(({ samples: own }) => own.map(({ file }) => file));
  const named = [data.file, model.file, ...samples].flatMap((file) =>
    file === undefined ? [] : [pathOf(analysis, file)],
  );
  const left = folders.flatMap((folder) =>
    [MODEL_FILE, REPLICAS_FILE, DATA_FILE, ARRAYS_FILE].map((name) => join(folder, name)),
  );
  const spared = [...named, ...left].find((file) => isSameFile(out, file));
  if (spared === undefined) return;
  throw new UsageError("--out", {
    expected: "a file of its own for the results",
    got: `${spared}, which belongs to the analysis or its run`,
    hint: "Choose another name",
  });
}
