/** Loads a composition from its file: a configuration, or a file of HS³. */
import { isHs3, readConfigurationFile } from "../file.js";
import { type CompositionAnalysis, type CompositionOverrides, readComposition } from "./composition-file.js";
import { readHs3File } from "./hs3-file.js";

/** Files of data are not touched, save where numbers of events come from samples. */
export async function loadComposition(
  file: string,
  overrides: CompositionOverrides = { set: [] },
): Promise<CompositionAnalysis> {
  const text = readConfigurationFile(file);
  return isHs3(file, text) ? readHs3File(text, file, overrides) : readComposition(text, file, overrides);
}
