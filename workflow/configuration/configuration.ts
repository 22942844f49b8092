/** Reads the configuration file of a measurement: the table of entries, then the checks across entries. */
import { isThere } from "../../io/events/place.js";
import { ConfigurationError } from "../errors.js";
import { type Analysis, pathOf } from "./analysis.js";
import { crossCheck } from "./checks.js";
import { isHs3, readConfigurationFile } from "./file.js";
import { foreignKeys, refuseHs3 } from "./kinds-of-file.js";
import { limited, type Overrides, readRaw } from "./read-entries.js";
import { renamedKeys } from "./renames.js";
import { type Configuration, configurationTable } from "./table.js";
import { type Path, type Problem, validate } from "./validation.js";

export type { Overrides } from "./read-entries.js";

/** The analysis that a file describes, every default filled in and every name checked; data files are not touched. */
export function loadAnalysis(file: string, overrides: Overrides = { set: [] }): Analysis {
  const text = readConfigurationFile(file);
  if (isHs3(file, text)) refuseHs3(file);
  return { file, configuration: readConfiguration(text, file, overrides) };
}

/**
 * The configuration in a YAML text.
 *
 * @param file how messages name the text
 */
export function readConfiguration(source: string, file: string, overrides: Overrides = { set: [] }): Configuration {
  const { value: raw, override, refuse } = readRaw(source, file, overrides, configurationTable);
  refuse(foreignKeys(raw, "measurement"));
  // What else is wrong is looked for under the new names.
  refuse(oldKeys(raw, (path) => (override(path) === undefined ? `Run: unbinned migrate ${file}` : undefined)));
  const problems: Problem[] = [];
  const configuration = validate(configurationTable, raw, problems);
  if (problems.length === 0) problems.push(...crossCheck(configuration, { events: overrides.events !== undefined }));
  refuse(problems);
  return configuration;
}

function oldKeys(raw: unknown, hintOf: (path: Path) => string | undefined): readonly Problem[] {
  return renamedKeys(raw).map(({ path, to }) => {
    const hint = hintOf(path);
    const expected = `the key ${to.join(".")}, as it is now called`;
    return { path, expected, got: `${path.at(-1)}`, ...(hint === undefined ? {} : { hint }) };
  });
}

/**
 * Throws unless every file that the configuration names is there.
 *
 * @param needs.samples  whether simulation is looked at: what is trained is used without it
 */
export function checkFiles(analysis: Analysis, needs: { readonly samples: boolean } = { samples: true }): void {
  const { configuration } = analysis;
  const processes = needs.samples ? Object.entries(configuration.processes) : [];
  const named = [
    { key: "model.file", ...configuration.model },
    { key: "data.file", ...configuration.data },
    ...processes.flatMap(([name, { samples }]) =>
      samples.map(({ file }, i) => ({ key: `processes.${name}.samples[${i}].file`, file, source: undefined })),
    ),
  ];
  const missing = named.flatMap(({ key, file, source }) => {
    if (file === undefined || isThere(pathOf(analysis, file))) return [];
    const hint = source === undefined ? "Correct the name" : `Download it from ${source} and put it there`;
    return [`${analysis.file}: ${key}: expected the file ${pathOf(analysis, file)}, got no such file. ${hint}`];
  });
  if (missing.length > 0) throw new ConfigurationError(limited(missing, analysis.file));
}
