/** The fit that an output folder holds: the result of `run`, or what `fit --out` left. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Analysis, nuisanceNames } from "./analysis.js";
import { UsageError } from "./messages.js";
import type { FitSummary } from "./nuisance-fit.js";

/** Name of the file of `run`, whose entry `result` is the label of the fit that counts. */
const RESULTS_FILE = "results.json";

/** Name of the file of `fit --out` and of an exported folder: the summary itself. */
export const FIT_FILE = "fit.json";

export interface SavedFit {
  readonly file: string;
  readonly summary: FitSummary;
}

/** The fit in a folder, that of `run` before that of `fit`; undefined where there is neither. */
export function readSavedFit(analysis: Analysis, folder: string): SavedFit | undefined {
  const name = [RESULTS_FILE, FIT_FILE].find((candidate) => existsSync(join(folder, candidate)));
  if (name === undefined) return undefined;
  const file = join(folder, name);
  const names = nuisanceNames(analysis.configuration);
  const content = parsed(file);
  const summary: Found = name === RESULTS_FILE ? resultOf(content) : content;
  if (isFitOf(names, summary)) return { file, summary };
  throw new UsageError(file, {
    expected: `a fit of ${names.join(", ")}, with its estimate and modes`,
    got: `one of ${summary?.names?.join(", ") ?? "nothing"}`,
    hint: `Make it again with \`unbinned run ${analysis.file}\``,
  });
}

/** What a file that calls itself a fit may hold. */
type Found = Partial<FitSummary> | undefined;

function parsed(file: string): object {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new UsageError(file, {
      expected: "the JSON that `run` and `fit` write",
      got: `a file that cannot be read (${(error as Error).message})`,
      hint: "Make it again",
    });
  }
}

/** The fit whose numbers are the result of a run. */
function resultOf({ result, fits = {} }: { readonly result?: string; readonly fits?: object }): Found {
  return Object.values(fits).find(({ label }: { readonly label?: string }) => label === result);
}

const isVector = (values: unknown, size: number) =>
  Array.isArray(values) && values.length === size && values.every(Number.isFinite);

function isFitOf(names: readonly string[], summary: Found): summary is FitSummary {
  return (
    summary?.names?.join() === names.join() &&
    isVector(summary.estimate, names.length) &&
    Array.isArray(summary.modes) &&
    summary.modes.every(({ sigma, direction }) => Number.isFinite(sigma) && isVector(direction, names.length))
  );
}
