/** Words that files of earlier versions have where new files have others: such files are still read. */
import { entryOf } from "../../engine/entry.js";
import { isData } from "../architecture/form.js";

/** Old names of entries, and their names now. */
const newNames = {
  /** Of a nuisance, of an architecture or of a mixture. */
  nuisance: { centre: "nominal" },
  /** Of the parts of a mixture. */
  part: { "x.systematics": "x.morph", "y.systematics": "y.morph", transfer: "transport" },
} as const;

/** JSON data with its own entries renamed; anything but an object as it is. */
export function inNewWords(what: keyof typeof newNames, data: unknown): unknown {
  if (!isData(data)) return data;
  const names: Readonly<Record<string, string>> = newNames[what];
  return Object.fromEntries(Object.entries(data).map(([name, value]) => [entryOf(names, name) ?? name, value]));
}

/** The JSON of an architecture, be it one or not. */
export function architectureInNewWords(data: unknown): unknown {
  if (!isData(data) || !Array.isArray(data.nuisances)) return data;
  return { ...data, nuisances: data.nuisances.map((nuisance) => inNewWords("nuisance", nuisance)) };
}
