/** What --fix, --free, --set-parameter and --limit change of the parameters of a composition. */
import type { ParameterChanges } from "../../inference/model/parameters/parameter.js";
import { complaint, type OptionName, type Options } from "./arguments.js";

const partsOf = (words: readonly string[]) => words.flatMap((word) => word.split(",")).map((part) => part.trim());

function names(option: OptionName, words: readonly string[]): string[] {
  const all = partsOf(words);
  if (all.includes("")) throw complaint(option, "names separated by commas", words.join(" "));
  return all;
}

/** Of "a=1.5", by name; a name that is given again has its last value. */
function values<T>(option: OptionName, form: string, words: readonly string[], read: (text: string) => T | undefined) {
  return Object.fromEntries(
    partsOf(words).map((part): [string, T] => {
      const [, name, text] = /^([^=]+)=(.*)$/.exec(part) ?? [];
      const value = text === undefined ? undefined : read(text);
      if (name === undefined || value === undefined) throw complaint(option, form, part);
      return [name.trim(), value];
    }),
  );
}

function numberIn(text: string): number | undefined {
  const value = text.trim() === "" ? Number.NaN : Number(text);
  return Number.isFinite(value) ? value : undefined;
}

function interval(text: string): readonly [number, number] | undefined {
  const ends = text.split(":").map(numberIn);
  const [low, high] = ends;
  return ends.length === 2 && low !== undefined && high !== undefined ? [low, high] : undefined;
}

/** Where toys of a composition are drawn: values by name; nothing where --at does not say. */
export const toyPoint = ({ at }: Options) => (at === undefined ? {} : values("at", "name=value", [at], numberIn));

export function parameterChanges({ fix, free, setParameter, limit }: Options): ParameterChanges {
  return {
    fix: names("fix", fix),
    free: names("free", free),
    set: values("set-parameter", "name=value", setParameter, numberIn),
    limit: values("limit", "name=low:high", limit, interval),
  };
}
