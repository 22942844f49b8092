/** The map T that a run measured: what `apply` applies. */
import { basename, dirname, join } from "node:path";
import type { Replica } from "../../inference/measurements/distribution-of-interest/ensemble.js";
import type { MixtureModel } from "../../inference/model/mixture-model.js";
import { type Analysis, runFolders } from "../configuration/analysis.js";
import { loadAnalysis, type Overrides } from "../configuration/configuration.js";
import { UsageError } from "../errors.js";
import type { SavedFit } from "../likelihood/saved-fit.js";
import { type Belongings, belongingsIn, checkBelonging } from "../store/belonging.js";
import { REPLICAS_FILE, savedReplicas } from "../store/ensemble-files.js";
import { checkExport } from "../store/exported-folder.js";
import { loadModel, modelFile } from "../store/model-files.js";
import { restoreExport } from "../store/replace-export.js";
import { checkSpared } from "../store/spared-files.js";
import { type ChosenPoint, chosenPoint, fitInFolders } from "./chosen-point.js";

export interface MeasuredMap {
  readonly analysis: Analysis;
  readonly model: MixtureModel;
  /** Absent where there is no fit. */
  readonly fit: SavedFit | undefined;
  /** Where T is taken. */
  readonly at: ChosenPoint;
  readonly replicas: readonly Replica[];
  /** sha256 of the model. */
  readonly belongings: Belongings;
}

export interface MapRequest {
  /** The configuration. */
  readonly file: string;
  readonly options: Overrides & {
    /** Folder of the run. */
    readonly run: string | undefined;
    /** File of the columns. */
    readonly out: string | undefined;
  };
  /** Where the user wants T; undefined: at the fit, or the nominal values. */
  readonly givenPoint: (analysis: Analysis) => readonly number[] | undefined;
}

/** The T of an analysis, checked against the fit that it belongs to. */
export async function openMap({ file: configuration, options, givenPoint }: MapRequest): Promise<MeasuredMap> {
  await restoreExport(dirname(configuration));
  const analysis = loadAnalysis(configuration, options);
  await checkExport(analysis.file);
  const [folder] = runFolders(analysis, options.run);
  checkSpared(options.out!, analysis, [folder]);
  const model = await loadModel(analysis, [folder]);
  if (model.transport === undefined) {
    throw new UsageError(analysis.file, {
      expected: "an analysis with a map T of y (transport.enabled, y in likelihood.observables)",
      got: "a model without",
    });
  }
  const fit = await fitInFolders(analysis, [folder]);
  const at = chosenPoint(analysis, givenPoint(analysis), fit);
  const replicas = await savedReplicas(analysis, folder, model);
  if (fit !== undefined) await checkBelonging(fit.file, fit.belongings, [join(folder, REPLICAS_FILE)]);
  const file = modelFile(analysis, [folder]);
  const belongings = await belongingsIn(dirname(file), [basename(file)]);
  return { analysis, model, fit, at, replicas, belongings };
}
