/** The whole chain, from events to the pulls of the distribution of interest. */
import type { MixtureModel } from "../../inference/model/mixture-model.js";
import { expectedYield, processNames } from "../analysis.js";
import { nuisanceModels } from "../model-files.js";
import { attempt, type Missing, type Part } from "./attempt.js";
import { type Closure, checkClosure, type ProjectionSet, projectFit } from "./checks.js";
import { checkEvents, checkInfluence, type RunChecks, requireLikelihood } from "./data-checks.js";
import { trainDensity } from "./densities.js";
import { displacementFields } from "./displacements.js";
import { fitModel } from "./fits.js";
import { findImpacts } from "./impacts.js";
import { findSensitivity, projectionBands, yieldsOf } from "./predictions.js";
import type { Outcome } from "./results.js";
import { scanFits } from "./scanning.js";
import { looksAtY, type Setting } from "./setting.js";

/** The model of simulation: trained densities with the yields and nuisances of the configuration. */
export async function trainSimulation(setting: Setting, { range, leftOut }: RunChecks) {
  const { configuration } = setting.analysis;
  const x = await trainDensity(setting, "x", leftOut);
  const y = looksAtY(setting) ? await trainDensity(setting, "y", leftOut) : undefined;
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
    simulated: range,
  };
  // Yields, rates and what the nuisances act on enter with the model, not with the trainings.
  const key = JSON.stringify([x.key, y?.key, model.processes, model.nuisances]);
  return { model, key, trainings: [...x.trainings, ...(y?.trainings ?? [])] };
}

/** @param warnings  what `setting.warn` has said, in order */
export async function runChain(setting: Setting, warnings: readonly string[]): Promise<Outcome> {
  const missing: Missing = new Map();
  const part = <T, U>(name: Part, make: () => Promise<T>, instead: U) => attempt(setting, missing, name, make, instead);
  const checks = await checkEvents(setting);
  const { model: simulated, key: trainedKey, trainings: ofSimulation } = await trainSimulation(setting, checks);
  const noClosure: Closure = { tests: [], verdicts: [] };
  const closure = await part("Closure", () => checkClosure(setting, simulated, trainedKey), noClosure);
  await requireLikelihood(setting, simulated);
  const fitted = await fitModel(setting, simulated, trainedKey);
  const { xAlone, fixed, profiled } = fitted.fits;
  // One of them is always there: fitModel fits x alone, or y too.
  const best = (profiled ?? fixed ?? xAlone)!;
  const decisive = await checkInfluence(setting, fitted.model, best.summary);
  const { estimate } = best.summary;
  const noProjections: ProjectionSet = { projections: [], processes: [] };
  const projections = await part(
    "Data before and after the fit",
    () => projectFit(setting, fitted.model, estimate, fitted.key),
    noProjections,
  );
  const hasFields = fitted.model.transfer !== undefined && projections !== noProjections;
  const fields = hasFields
    ? await part("Distribution of interest", () => displacementFields(setting, fitted, best.summary, projections), [])
    : [];
  const scans = await part("Likelihood scans", () => scanFits(setting, fitted), []);
  const impacts = await part("Impacts", () => findImpacts(setting, fitted, best), undefined);
  const trainings = [...ofSimulation, ...fitted.trainings];
  const yields = await part("Yields", () => yieldsOf(fitted.model, best), []);
  const bands = await part(
    "Bands of the projections",
    () => projectionBands(setting, fitted, best, projections),
    undefined,
  );
  const sensitivity = await part("Expected errors", () => findSensitivity(setting, fitted, best), undefined);
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
    verdicts: [...checks.verdicts, ...decisive],
    warnings,
    missing,
  };
}
