import { dirname } from "node:path";
import { loadAnalysis } from "../../workflow/configuration/configuration.js";
import { UsageError } from "../../workflow/errors.js";
import { exportedFiles } from "../../workflow/recipes/export-files.js";
import { checkExport } from "../../workflow/store/exported-folder.js";
import { checkReplaceable, restoreExport, writeExport } from "../../workflow/store/replace-export.js";
import { repeatedText } from "../../workflow/verdicts.js";
import { readVersion } from "../../workflow/version.js";
import type { VerbContext } from "../command/verb.js";

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
  const { files, fit } = await exportedFiles(analysis, options.run);
  signal.throwIfAborted();
  await writeExport(out, files, force);
  const repeated = repeatedText(fit.file, fit.failed);
  if (repeated) context.warn(repeated);
  context.print(
    `${out}: ${[...files.keys()].join(", ")}. It holds no data and no samples: \`unbinned evaluate\` there takes --events.`,
  );
  context.printJson({ folder: out, files: [...files.keys()], version: readVersion() });
}
