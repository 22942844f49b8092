/** What a run of a composition writes: results first, then what is drawn of them. */
import { join } from "node:path";
import { writeAtomic, writeNpz } from "../../io/index.js";
import type { CompositionOutcome } from "../recipes/composition.js";
import type { CompositionContext } from "../steps/composition/context.js";
import { belongingsIn } from "../store/belonging.js";
import { sealed } from "../store/checksum.js";
import { drawAll, writePictures } from "../store/drawings.js";
import { ARRAYS_FILE, createInside, RESULTS_FILE } from "../store/output-folder.js";
import { compositionReport, drawingsOf } from "./composition-page.js";
import { compositionArrays, compositionResults } from "./composition-results.js";
import { buildReport } from "./html.js";
import { PICTURES_FOLDER } from "./outcome-files.js";

/**
 * @param warnings  what `context.warn` has said, in order
 * @param leftOut   steps that are not done, as they were not asked for
 */
export async function writeComposition(
  { analysis, backend, warn }: CompositionContext,
  folder: string,
  outcome: CompositionOutcome,
  warnings: readonly string[],
  leftOut: readonly string[],
): Promise<object> {
  await writeNpz(join(folder, ARRAYS_FILE), compositionArrays(outcome));
  const files = await belongingsIn(folder, [ARRAYS_FILE]);
  const results = sealed({ ...compositionResults(analysis, backend, outcome, warnings), files });
  await writeAtomic(join(folder, RESULTS_FILE), [`${JSON.stringify(results, undefined, 2)}\n`]);
  const pictures = drawAll(drawingsOf(analysis, outcome), warn);
  await writePictures(createInside(folder, PICTURES_FOLDER), pictures);
  const page = buildReport({ ...compositionReport(analysis, outcome, pictures, warnings, warn), leftOut });
  await writeAtomic(join(folder, "report.html"), [page]);
  return results;
}
