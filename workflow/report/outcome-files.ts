/** What a run writes of what its parts left: results first, then what is drawn of them. */
import { join } from "node:path";
import { writeAtomic, writeNpz } from "../../io/index.js";
import { belongingsIn } from "../store/belonging.js";
import { sealed } from "../store/checksum.js";
import { drawAll, type Picture, reasonOf, writePictures } from "../store/drawings.js";
import { ARRAYS_FILE, createInside, RESULTS_FILE } from "../store/output-folder.js";
import { failedOf } from "../verdicts.js";
import { readVersion } from "../version.js";
import { buildReport } from "./html.js";
import { arraysOf, type Numbers, type PagePart, resultsOf } from "./leaves.js";
import { type Frame, reportOf } from "./page.js";

/** Folder of the pictures in the output folder. */
export const PICTURES_FOLDER = "pictures";

/** The numbers of a run, written before its pictures. results.json is the last, as it says which files belong to it. */
export async function writeResults(folder: string, numbers: readonly Numbers[]): Promise<object> {
  const files = numbers.flatMap((own) => own.files ?? []);
  for (const { write } of files) await write?.(folder);
  await writeNpz(join(folder, ARRAYS_FILE), new Map(arraysOf(numbers)));
  const namesOf = (isWritten: boolean) =>
    files.filter(({ write }) => (write !== undefined) === isWritten).map(({ name }) => name);
  const names = [...namesOf(true), ARRAYS_FILE, ...namesOf(false)];
  const results = sealed({ ...resultsOf(numbers), files: await belongingsIn(folder, names) });
  await writeAtomic(join(folder, RESULTS_FILE), [`${JSON.stringify(results, undefined, 2)}\n`]);
  return results;
}

/** The pictures and the page. One that cannot be made is a warning. */
export async function writeReport(
  folder: string,
  frame: Frame,
  parts: readonly PagePart[],
  warn: (text: string) => void,
): Promise<void> {
  const pictures = drawAll(
    parts.flatMap((part) => part.pictures ?? []),
    warn,
  );
  await writePictures(createInside(folder, PICTURES_FOLDER), pictures);
  await writeAtomic(join(folder, "report.html"), [pageOf(frame, parts, pictures, warn)]);
}

/** The report; where it cannot be made, a page that says why. */
function pageOf(
  frame: Frame,
  parts: readonly PagePart[],
  pictures: readonly Picture[],
  warn: (text: string) => void,
): string {
  try {
    return buildReport(reportOf(frame, parts, pictures, warn));
  } catch (error) {
    warn(`report.html: left out, as it cannot be made: ${reasonOf(error)}`);
    const { title, seed, verdicts, leftOut, warnings } = frame;
    const failed = failedOf(verdicts);
    const none = { result: "", tables: [], sections: [], configuration: "" };
    return buildReport({ title, version: readVersion(), seed, failed, leftOut, warnings, ...none });
  }
}
