/** What a run writes of its outcome: results first, then what is drawn of them. */
import { join } from "node:path";
import { writeAtomic, writeNpz } from "../../io/index.js";
import { looksAtY, type RunContext } from "../context.js";
import type { Outcome } from "../recipes/outcome.js";
import { belongingsIn } from "../store/belonging.js";
import { sealed } from "../store/checksum.js";
import { type DrawingGroup, drawAll, type Picture, reasonOf, writePictures } from "../store/drawings.js";
import { REPLICAS_FILE, saveReplicas } from "../store/ensemble-files.js";
import { MODEL_FILE, saveModel } from "../store/model-files.js";
import { columnsRecord } from "../store/model-record.js";
import { ARRAYS_FILE, createInside, DATA_FILE, RESULTS_FILE } from "../store/output-folder.js";
import { errorsOfT } from "../transport-errors.js";
import { failedOf } from "../verdicts.js";
import { readVersion } from "../version.js";
import { buildReport } from "./html.js";
import { impactPictures } from "./impact-pictures.js";
import { reportOf } from "./page.js";
import {
  closurePictures,
  displacementPictures,
  lossPicture,
  nuisancePictures,
  projectionPictures,
  replicaPicture,
} from "./pictures.js";
import { arraysOf, resultsOf } from "./results.js";
import { scanPictures } from "./scan-pictures.js";

/** Folder of the pictures in the output folder. */
export const PICTURES_FOLDER = "pictures";

/** The numbers of a run, written before its pictures. results.json is the last, as it says which files belong to it. */
export async function writeResults(context: RunContext, outcome: Outcome): Promise<object> {
  const { folder, analysis } = context;
  await saveModel(folder, outcome.fitted.model, columnsRecord(analysis.configuration));
  await saveReplicas(
    folder,
    outcome.fitted.replicas.map(({ replica }) => replica),
  );
  await writeNpz(join(folder, ARRAYS_FILE), arraysOf(outcome));
  const isGenerated = analysis.configuration.data.generator !== undefined;
  const names = [MODEL_FILE, REPLICAS_FILE, ARRAYS_FILE, ...(isGenerated ? [DATA_FILE] : [])];
  const results = sealed({ ...resultsOf(context, outcome), files: await belongingsIn(folder, names) });
  await writeAtomic(join(folder, RESULTS_FILE), [`${JSON.stringify(results, undefined, 2)}\n`]);
  return results;
}

/** In the order of the report. */
function drawingsOf(context: RunContext, outcome: Outcome): DrawingGroup[] {
  const { best, scans, impacts, trainings, closure, projections, bands, fields } = outcome;
  const { analysis, events } = context;
  const ofT = errorsOfT(analysis.configuration, outcome.fitted);
  return [
    { name: "nuisances", drawings: () => nuisancePictures(context, best.summary) },
    { name: "scan", drawings: () => scanPictures(analysis, events.data.count, scans) },
    { name: "impact", drawings: () => impactPictures(context, impacts, best) },
    { name: "replicas", drawings: () => replicaPicture(context, outcome) },
    { name: "projections", drawings: () => projectionPictures(context, projections, bands, ofT) },
    { name: "displacement", drawings: () => (looksAtY(context) ? displacementPictures(context, fields, ofT) : []) },
    { name: "closure", drawings: () => closurePictures(context, closure) },
    { name: "losses", drawings: () => lossPicture(context, trainings) },
  ];
}

/** The pictures and the page. One that cannot be made is a warning. */
export async function writeReport(context: RunContext, outcome: Outcome): Promise<void> {
  const { folder } = context;
  const pictures = drawAll(drawingsOf(context, outcome), context.warn);
  await writePictures(createInside(folder, PICTURES_FOLDER), pictures);
  await writeAtomic(join(folder, "report.html"), [pageOf(context, outcome, pictures)]);
}

/** The report; where it cannot be made, a page that says why. */
function pageOf(context: RunContext, outcome: Outcome, pictures: readonly Picture[]): string {
  try {
    return buildReport(reportOf(context, outcome, pictures));
  } catch (error) {
    context.warn(`report.html: left out, as it cannot be made: ${reasonOf(error)}`);
    const { name, seed } = context.analysis.configuration;
    const { verdicts, warnings } = outcome;
    return buildReport({
      title: name,
      version: readVersion(),
      seed,
      result: "",
      failed: failedOf(verdicts),
      warnings,
      tables: [],
      sections: [],
      configuration: "",
    });
  }
}
