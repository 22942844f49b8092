/** The whole chain, from events to the pulls of the distribution of interest. */
import type { MixtureModel } from "../../inference/mixture-model.js";
import { expectedYield, processNames } from "../analysis.js";
import { nuisanceModels } from "../model-files.js";
import { checkClosure, projectFit } from "./checks.js";
import { trainDensity } from "./densities.js";
import { displacementFields } from "./displacements.js";
import { fitModel } from "./fits.js";
import { findImpacts } from "./impacts.js";
import { findSensitivity, projectionBands, yieldsOf } from "./predictions.js";
import type { Outcome } from "./results.js";
import { scanFits } from "./scanning.js";
import { looksAtY, type Setting } from "./setting.js";

/** The model of simulation: trained densities with the yields and nuisances of the configuration. */
export async function trainSimulation(setting: Setting) {
  const { configuration } = setting.analysis;
  const x = await trainDensity(setting, "x");
  const y = looksAtY(setting) ? await trainDensity(setting, "y") : undefined;
  const { frame } = setting.simulation;
  const model: MixtureModel = {
    ...(frame && { frame }),
    processes: processNames(configuration).map((name) => ({
      name,
      logYield: Math.log(expectedYield(configuration, name)!),
    })),
    nuisances: nuisanceModels(configuration),
    x: x.density,
    ...(y && { y: y.density }),
  };
  // Yields, rates and what the nuisances act on enter with the model, not with the trainings.
  const key = JSON.stringify([x.key, y?.key, model.processes, model.nuisances]);
  return { model, key, trainings: [...x.trainings, ...(y?.trainings ?? [])] };
}

/** @param warnings  what `setting.warn` has said, in order */
export async function runChain(setting: Setting, warnings: readonly string[]): Promise<Outcome> {
  const { model: simulated, key: trainedKey, trainings: ofSimulation } = await trainSimulation(setting);
  const closure = await checkClosure(setting, simulated, trainedKey);
  const fitted = await fitModel(setting, simulated, trainedKey);
  const { xAlone, fixed, profiled } = fitted.fits;
  // One of them is always there: fitModel fits x alone, or y too.
  const best = (profiled ?? fixed ?? xAlone)!;
  const projections = await projectFit(setting, fitted.model, best.summary.estimate, fitted.key);
  const fields =
    fitted.model.transfer === undefined ? [] : await displacementFields(setting, fitted, best.summary, projections);
  const scans = await scanFits(setting, fitted);
  const impacts = await findImpacts(setting, fitted, best);
  const trainings = [...ofSimulation, ...fitted.trainings];
  const yields = await yieldsOf(fitted.model, best);
  const bands = await projectionBands(setting, fitted, best, projections);
  const sensitivity = await findSensitivity(setting, fitted, best);
  return {
    closure,
    fitted,
    best,
    yields,
    projections,
    bands,
    sensitivity,
    fields,
    scans,
    impacts,
    trainings,
    warnings,
  };
}
