/** What a run writes of its outcome: results first, then what is drawn of them. */
import { join } from "node:path";
import { writeAtomic, writeNpz } from "../../io/index.js";
import { looksAtY, type Setting } from "../context.js";
import { DATA_FILE } from "../events/event-data.js";
import { scanPictures } from "../likelihood/nuisance-scan.js";
import { impactPictures } from "../steps/impacts.js";
import { belongingsIn } from "../store/belonging.js";
import { sealed } from "../store/checksum.js";
import { type DrawingGroup, drawAll, type Picture, reasonOf, writePictures } from "../store/drawings.js";
import { REPLICAS_FILE, saveReplicas } from "../store/ensemble-files.js";
import { MODEL_FILE, saveModel } from "../store/model-files.js";
import { createInside } from "../store/output-folder.js";
import { ARRAYS_FILE, RESULTS_FILE } from "../store/saved-fit.js";
import { readVersion } from "../version.js";
import { buildReport } from "./html.js";
import type { Outcome } from "./outcome.js";
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

/** Folder of the pictures in the output folder. */
export const PICTURES_FOLDER = "pictures";

/** What a run is for, before anything that is only drawn of it; results.json last, as it says which files belong to it. */
export async function writeResults(setting: Setting, outcome: Outcome): Promise<object> {
  const { folder, analysis } = setting;
  await saveModel(folder, outcome.fitted.model);
  await saveReplicas(
    folder,
    outcome.fitted.replicas.map(({ replica }) => replica),
  );
  await writeNpz(join(folder, ARRAYS_FILE), arraysOf(outcome));
  const isGenerated = analysis.configuration.data.generator !== undefined;
  const names = [MODEL_FILE, REPLICAS_FILE, ARRAYS_FILE, ...(isGenerated ? [DATA_FILE] : [])];
  const results = sealed({ ...resultsOf(setting, outcome), files: await belongingsIn(folder, names) });
  await writeAtomic(join(folder, RESULTS_FILE), [`${JSON.stringify(results, undefined, 2)}\n`]);
  return results;
}

/** In the order of the report. */
function drawingsOf(setting: Setting, outcome: Outcome): DrawingGroup[] {
  const { best, scans, impacts, trainings, closure, projections, bands, fields } = outcome;
  const { analysis, events } = setting;
  return [
    { name: "nuisances", drawings: () => nuisancePictures(setting, best.summary) },
    { name: "scan", drawings: () => scanPictures(analysis, events.data.count, scans) },
    { name: "impact", drawings: () => impactPictures(setting, impacts, best) },
    { name: "replicas", drawings: () => replicaPicture(setting, outcome) },
    { name: "projections", drawings: () => projectionPictures(setting, projections, bands) },
    { name: "displacement", drawings: () => (looksAtY(setting) ? displacementPictures(setting, fields) : []) },
    { name: "closure", drawings: () => closurePictures(setting, closure) },
    { name: "losses", drawings: () => lossPicture(setting, trainings) },
  ];
}

/** The pictures and the page; what of them cannot be made is a warning. */
export async function writeReport(setting: Setting, outcome: Outcome): Promise<void> {
  const { folder } = setting;
  const pictures = drawAll(drawingsOf(setting, outcome), setting.warn);
  await writePictures(createInside(folder, PICTURES_FOLDER), pictures);
  await writeAtomic(join(folder, "report.html"), [pageOf(setting, outcome, pictures)]);
}

/** The report; where it cannot be made, a page that says why. */
function pageOf(setting: Setting, outcome: Outcome, pictures: readonly Picture[]): string {
  try {
    return buildReport(reportOf(setting, outcome, pictures));
  } catch (error) {
    setting.warn(`report.html: left out, as it cannot be made: ${reasonOf(error)}`);
    const { name, seed } = setting.analysis.configuration;
    const { warnings } = outcome;
    return buildReport({
      title: name,
      version: readVersion(),
      seed,
      warnings,
      tables: [],
      sections: [],
      configuration: "",
    });
  }
}
