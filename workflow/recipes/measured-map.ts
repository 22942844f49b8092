/** The map T that a run measured: what `apply` applies. */
import { dirname, join } from "node:path";
import type { Replica } from "../../inference/measurements/distribution-of-interest/ensemble.js";
import type { MixtureModel } from "../../inference/model/mixture-model.js";
import { type Analysis, runFolders } from "../configuration/analysis.js";
import { loadAnalysis, type Overrides } from "../configuration/configuration.js";
import { UsageError } from "../errors.js";
import { readSavedFit, type SavedFit } from "../likelihood/saved-fit.js";
import { checkBelonging } from "../store/belonging.js";
import { REPLICAS_FILE, savedReplicas } from "../store/ensemble-files.js";
import { checkExport } from "../store/exported-folder.js";
import { loadModel, modelFile } from "../store/model-files.js";
import { restoreExport } from "../store/replace-export.js";
import { checkSpared } from "../store/spared-files.js";

export interface MeasuredMap {
  readonly analysis: Analysis;
  readonly model: MixtureModel;
  /** Absent where --nu gives the point of T and there is no fit. */
  readonly fit: SavedFit | undefined;
  readonly nu: readonly number[];
  readonly replicas: readonly Replica[];
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
  /** Where T is wanted; undefined: at the fit. */
  readonly pointOf: ((analysis: Analysis) => readonly number[]) | undefined;
}

/** The T of an analysis, checked against the fit that it belongs to. */
export async function openMap({ file, options, pointOf }: MapRequest): Promise<MeasuredMap> {
  await restoreExport(dirname(file));
  const analysis = loadAnalysis(file, options);
  await checkExport(analysis.file);
  const [folder] = runFolders(analysis, options.run);
  checkSpared(options.out!, analysis, [folder]);
  const fit = readSavedFit(analysis, folder);
  const model = await loadModel(analysis, [folder]);
  if (model.transport === undefined) {
    throw new UsageError(analysis.file, {
      expected: "an analysis with a map T of y (transport.enabled, y in likelihood.observables)",
      got: "a model without",
    });
  }
  const nu = pointOf === undefined ? fit?.summary.estimate : pointOf(analysis);
  if (nu === undefined) {
    throw new UsageError(folder, {
      expected: "the fit that `run`, or `fit --out`, leaves there",
      got: "none",
      hint: "Run `unbinned fit` first, or give the nuisances with --nu",
    });
  }
  const replicas = await savedReplicas(analysis, folder, model);
  if (fit !== undefined) {
    const files = [modelFile(analysis, [folder]), join(folder, REPLICAS_FILE)];
    await checkBelonging(fit.file, fit.belongings, files);
  }
  return { analysis, model, fit, nu, replicas };
}
