/** The two kinds of configuration file: measurements with simulation, and compositions, which have `likelihoods`. */
import { UsageError } from "../errors.js";
import { COMPOSITION_KEY, compositionTable } from "./composition-table.js";
import { isHs3, readConfigurationFile } from "./file.js";
import { rawMap, readText } from "./read-entries.js";
import { configurationTable } from "./table.js";
import type { Problem } from "./validation.js";

export type KindOfFile = "measurement" | "composition";

const isOfComposition = (raw: unknown) => Object.hasOwn(raw as object, COMPOSITION_KEY);

/** Which kind a file is of; throws where it is no YAML. */
export function kindOfFile(file: string): KindOfFile {
  const text = readConfigurationFile(file);
  if (isHs3(file, text)) return "composition";
  // A file of thousands of samples takes seconds to parse: once is enough.
  if (!text.includes(COMPOSITION_KEY)) return "measurement";
  return isOfComposition(rawMap(readText(text, file).value, file)) ? "composition" : "measurement";
}

const ONLY_MEASUREMENTS = "a measurement with simulation, as this command works on that alone";
const FOR_COMPOSITIONS = "Use run, fit, coverage, validate, expand or steps";

/** Where a command works on measurements alone. */
export function refuseHs3(file: string): never {
  throw new UsageError(file, { expected: ONLY_MEASUREMENTS, got: "a file of HS3", hint: FOR_COMPOSITIONS });
}

/** Keys that only the other kind of file has. */
export function foreignKeys(raw: Readonly<Record<string, unknown>>, kind: KindOfFile): Problem[] {
  const [own, other] =
    kind === "composition" ? [compositionTable, configurationTable] : [configurationTable, compositionTable];
  if (kind === "measurement" && isOfComposition(raw)) {
    return [
      {
        path: [COMPOSITION_KEY],
        expected: ONLY_MEASUREMENTS,
        got: "a composition (a file with `likelihoods`)",
        hint: FOR_COMPOSITIONS,
      },
    ];
  }
  const foreign = Object.keys(raw).filter((key) => Object.hasOwn(other.keys, key) && !Object.hasOwn(own.keys, key));
  return foreign.map((key) =>
    kind === "composition"
      ? {
          path: [key],
          expected: "keys of a composition, as the file has `likelihoods`",
          got: `${key}, a key of a measurement with simulation`,
          hint: "Put the two into files of their own",
        }
      : {
          path: [key],
          expected: "keys of a measurement with simulation, as the file has no `likelihoods`",
          got: `${key}, a key of a composition`,
          hint: "Add `likelihoods`, or remove it",
        },
  );
}
