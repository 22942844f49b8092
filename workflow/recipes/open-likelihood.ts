/** From a configuration file and options to a likelihood: what evaluate, hessian, fit, scan, kernels and time begin with. */

import { basename, dirname } from "node:path";
import type { Backend } from "../../engine/runtime/backend.js";
import { withExposure } from "../../inference/model/mixture-model.js";
import { extremesOf } from "../../inference/model/resolution.js";
import { type Analysis, runFolders } from "../configuration/analysis.js";
import { checkFiles, loadAnalysis, type Overrides } from "../configuration/configuration.js";
import { UsageError } from "../errors.js";
import { selectionTexts } from "../events/cut-flow.js";
import { checkLoaded, hasEvents, loadEvents, withEvents } from "../events/event-data.js";
import { requireEdges } from "../events/feature-support.js";
import { requireRange, resolutionWarnings } from "../events/resolution.js";
import { readCount, withoutOutside } from "../events/selection.js";
import { bindLikelihoods, type OpenLikelihood } from "../likelihood/bound-likelihood.js";
import { savedResults } from "../likelihood/saved-fit.js";
import type { Reporter } from "../reporter.js";
import { type Belongings, belongingsIn, checkBelonging } from "../store/belonging.js";
import { checkExport } from "../store/exported-folder.js";
import { loadModel, modelFile } from "../store/model-files.js";
import { restoreExport } from "../store/replace-export.js";
import { checkSpared } from "../store/spared-files.js";
import type { Verdict } from "../verdicts.js";

/** What a likelihood is opened from, besides the file of the analysis. */
export interface LikelihoodOptions extends Overrides {
  /** Folder of the run whose model and data to use, in place of the file's `output`. */
  readonly run: string | undefined;
  /** Where results go. */
  readonly out: string | undefined;
  /** Number of events to keep; all where undefined. */
  readonly head: number | undefined;
}

export interface OpenRequest {
  /** The configuration. */
  readonly file: string;
  readonly options: LikelihoodOptions;
  /** Whether `out` names a folder of results, where `run` may have put the model too. */
  readonly writesFolder: boolean;
  /** Called once all files are read; the likelihood closes what it gets. */
  readonly openBackend: () => Promise<Backend>;
}

export interface OpenedModel extends OpenLikelihood {
  readonly belongings: Belongings;
  /** What failed in the run that made the model. */
  readonly ofModel: readonly Verdict[];
}

/** The likelihood that a configuration file describes. */
export async function openLikelihood(
  { file, options, writesFolder, openBackend }: OpenRequest,
  { signal, warn, progress }: Reporter,
): Promise<OpenedModel> {
  await restoreExport(dirname(file));
  const analysis = withEvents(loadAnalysis(file, options), options.events);
  const folders = runFolders(analysis, options.run, writesFolder ? options.out : undefined);
  if ((await checkExport(analysis.file)) && !hasEvents(analysis, folders)) {
    throw new UsageError(analysis.file, {
      expected: "a file of events, as an exported folder holds no data",
      got: "none",
      hint: "Name it with --events",
    });
  }
  checkFiles(analysis, { samples: false });
  if (!writesFolder && options.out !== undefined) checkSpared(options.out, analysis, folders);
  const { whole, events: loaded, belongings, ofModel } = await readTogether(analysis, folders, options.head);
  const read = readCount(loaded);
  const model = read === loaded.total ? whole : withExposure(whole, read / loaded.total);
  const events = withoutOutside(analysis, loaded, model.simulated, model.transport !== undefined);
  checkLoaded(analysis, events);
  for (const text of selectionTexts(events.file, events.data, events.leftOut ?? [])) progress.note(text);
  const backend = await openBackend();
  requireEdges(analysis, [[events.file, extremesOf(events.data)]], model.frame);
  requireRange(analysis, [[events.file, extremesOf(events.data)]], model.frame, backend.precision);
  const samples = [[events.file, events.data]] as const;
  for (const warning of resolutionWarnings(samples, model.frame, backend.precision)) warn(warning);
  const open = await bindLikelihoods({ analysis, backend, model, events, signal });
  return {
    ...open,
    belongings,
    ofModel,
    close: async () => {
      await open.close();
      await backend.close();
    },
  };
}

/** The model and the data; those that a run left have to be of the same run. */
async function readTogether(analysis: Analysis, folders: readonly [string, ...string[]], head: number | undefined) {
  const { model, data } = analysis.configuration;
  const file = modelFile(analysis, folders);
  const results = model.file === undefined ? savedResults(analysis, dirname(file)) : undefined;
  const whole = await loadModel(analysis, folders);
  const events = await loadEvents(analysis, folders, head);
  const generated = data.file === undefined ? [events.file] : [];
  const belongings = await belongingsIn(dirname(file), [basename(file)]);
  if (results !== undefined) await checkBelonging(results.file, results.belongings, [file, ...generated], belongings);
  return { whole, events, belongings, ofModel: results?.ofModel ?? [] };
}
