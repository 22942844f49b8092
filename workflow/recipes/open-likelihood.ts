/** From a configuration file and options to a likelihood: what evaluate, hessian, fit, scan, kernels and time begin with. */

import { basename, dirname } from "node:path";
import type { Backend } from "../../engine/runtime/backend.js";
import { type MixtureModel, withExposure } from "../../inference/model/mixture-model.js";
import { extremesOf } from "../../inference/model/resolution.js";
import { type Analysis, runFolders } from "../configuration/analysis.js";
import { checkFiles, loadAnalysis, type Overrides } from "../configuration/configuration.js";
import { UsageError } from "../errors.js";
import { selectionTexts } from "../events/cut-flow.js";
import { checkLoaded, hasEvents, type LoadedEvents, loadEvents, withEvents } from "../events/event-data.js";
import { requireEdges } from "../events/feature-support.js";
import { requireRange, resolutionWarnings } from "../events/resolution.js";
import { readCount, withoutOutside } from "../events/selection.js";
import { type BoundLikelihoods, bindLikelihoods } from "../likelihood/bound-likelihood.js";
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

/** @param model  of the analysis */
export type LoadEvents = (...of: [...Parameters<typeof loadEvents>, model: MixtureModel]) => Promise<LoadedEvents>;

export interface OpenRequest {
  /** The configuration. */
  readonly file: string;
  readonly options: LikelihoodOptions;
  /** Whether `out` names a folder of results, where `run` may have put the model too. */
  readonly writesFolder: boolean;
  /** Reads the events, and says what is left out of them; `loadEvents` where absent. */
  readonly load?: LoadEvents;
  /** Called once all files are read; the likelihood closes what it gets. */
  readonly openBackend: () => Promise<Backend>;
}

export interface OpenedModel extends BoundLikelihoods {
  readonly belongings: Belongings;
  /** What failed in the run that made the model. */
  readonly ofModel: readonly Verdict[];
  /** Refuses other events with values of which the model has no density. */
  readonly requireValues: (events: LoadedEvents) => void;
}

/** The likelihood that a configuration file describes. */
export async function openLikelihood(
  { file, options, writesFolder, load, openBackend }: OpenRequest,
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
  const {
    whole,
    events: loaded,
    belongings,
    ofModel,
  } = await readTogether(analysis, folders, options.head, load ?? loadEvents);
  const read = readCount(loaded);
  const model = read === loaded.total ? whole : withExposure(whole, read / loaded.total);
  const events = withoutOutside(analysis, loaded, model.simulated, model.transport !== undefined);
  checkLoaded(analysis, events);
  if (load === undefined) noteSelection(progress, events);
  const backend = await openBackend();
  const check = (own: LoadedEvents) => requireValues(analysis, own, model, backend.precision);
  check(events);
  const samples = [[events.file, events.data]] as const;
  for (const warning of resolutionWarnings(samples, model.frame, backend.precision)) warn(warning);
  const open = await bindLikelihoods({ analysis, backend, model, events, signal });
  return {
    ...open,
    belongings,
    ofModel,
    requireValues: check,
    close: async () => {
      await open.close();
      await backend.close();
    },
  };
}

/** Says which events are left out. */
export function noteSelection(progress: Reporter["progress"], events: LoadedEvents): void {
  for (const text of selectionTexts(events.file, events.data, events.leftOut ?? [])) progress.note(text);
}

/** Refuses events with values of which the model has no density. */
function requireValues(
  analysis: Analysis,
  events: LoadedEvents,
  { frame }: MixtureModel,
  precision: Backend["precision"],
): void {
  const { file, data, rows } = events;
  const extremes = extremesOf(data).map((own) => ({ ...own, row: rows?.[own.row] ?? own.row }));
  requireEdges(analysis, [[file, extremes]], frame);
  requireRange(analysis, [[file, extremes]], frame, precision);
}

/** The model and the data; those that a run left have to be of the same run. */
async function readTogether(
  analysis: Analysis,
  folders: readonly [string, ...string[]],
  head: number | undefined,
  load: LoadEvents,
) {
  const { model, data } = analysis.configuration;
  const file = modelFile(analysis, folders);
  const results = model.file === undefined ? savedResults(analysis, dirname(file)) : undefined;
  const whole = await loadModel(analysis, folders);
  const events = await load(analysis, folders, head, whole);
  const generated = data.file === undefined ? [events.file] : [];
  const belongings = await belongingsIn(dirname(file), [basename(file)]);
  if (results !== undefined) await checkBelonging(results.file, results.belongings, [file, ...generated], belongings);
  return { whole, events, belongings, ofModel: results?.ofModel ?? [] };
}
