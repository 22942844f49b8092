/** Where evaluate, hessian and apply take the density and the map T: one rule for all, said every time. */

import { type Analysis, nuisanceNames, nuisanceVector } from "../configuration/analysis.js";
import { readSavedFit, type SavedFit } from "../likelihood/saved-fit.js";
import { checkBelonging } from "../store/belonging.js";
import { modelFile } from "../store/model-files.js";

export interface ChosenPoint {
  /** [K] */
  readonly nu: readonly number[];
  /** `--nu`, the file of the fit, or `nominal values`. */
  readonly nuFrom: string;
}

/** The fit saved in a run's folders, the likeliest first; refuses one that was made with another model. */
export async function fitInFolders(analysis: Analysis, folders: readonly string[]): Promise<SavedFit | undefined> {
  for (const folder of folders) {
    const fit = readSavedFit(analysis, folder);
    if (fit === undefined) continue;
    await checkBelonging(fit.file, fit.belongings, [modelFile(analysis, folders)]);
    return fit;
  }
  return undefined;
}

/** What the user gave; else the estimate of the saved fit; else the nominal values. */
export function chosenPoint(
  analysis: Analysis,
  given: readonly number[] | undefined,
  fit: SavedFit | undefined,
): ChosenPoint {
  if (given !== undefined) return { nu: given, nuFrom: "--nu" };
  if (fit !== undefined) return { nu: fit.summary.estimate, nuFrom: fit.file };
  return { nu: nuisanceVector(analysis.configuration, {}), nuFrom: "nominal values" };
}

/** "shift = 0.5, squeeze = -0.5" */
export const valuesText = ({ configuration }: Analysis, nu: readonly number[]): string =>
  nuisanceNames(configuration)
    .map((name, k) => `${name} = ${nu[k]!.toPrecision(6)}`)
    .join(", ");

/** "shift = 0.5, squeeze = -0.5 (the estimate in out/results.json)" */
export function pointText(analysis: Analysis, { nu, nuFrom }: ChosenPoint): string {
  const isSaid = nuFrom === "--nu" || nuFrom === "nominal values";
  return `${valuesText(analysis, nu)} (${isSaid ? nuFrom : `the estimate in ${nuFrom}`})`;
}
