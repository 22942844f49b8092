/** What made a file of columns: texts for its key-value metadata. */
import { basename } from "node:path";
import { type Analysis, nuisanceNames } from "../configuration/analysis.js";
import type { Belongings } from "../store/belonging.js";
import { readVersion } from "../version.js";
import type { ChosenPoint } from "./chosen-point.js";

/** @param made  sha256 of the model, by its name */
export function provenanceOf(
  { file, configuration }: Analysis,
  { nu, nuFrom }: ChosenPoint,
  made: Belongings,
): Readonly<Record<string, string>> {
  const point = Object.fromEntries(nuisanceNames(configuration).map((name, k) => [name, nu[k]!]));
  return {
    "unbinned.version": readVersion(),
    "unbinned.configuration": basename(file),
    "unbinned.nu": JSON.stringify(point),
    "unbinned.nuFrom": nuFrom,
    "unbinned.model": JSON.stringify(made),
  };
}
