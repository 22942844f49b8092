/** The fit that an output folder holds: the result of `run`, or what `fit --out` left. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { FileError } from "../../io/errors.js";
import { readTextFile } from "../../io/file-kinds.js";
import { type Analysis, nuisanceNames } from "../configuration/analysis.js";
import { quotedMessage, UsageError } from "../errors.js";
import type { Belongings } from "../store/belonging.js";
import { checkSealed } from "../store/checksum.js";
import { FIT_FILE, RESULTS_FILE } from "../store/output-folder.js";
import { failedOf, type Verdict } from "../verdicts.js";
import type { FitSummary } from "./fit-summary.js";

// Of a file of results: a fit of 1000 nuisances has a million covariances.
const MAX_BYTES = 2 ** 28;

export interface SavedFit {
  readonly file: string;
  readonly summary: FitSummary;
  /** Checks that failed, as the file says. */
  readonly failed: readonly Verdict[];
  readonly belongings: Belongings;
}

const hintOf = (analysis: Analysis) => `Make it again with \`unbinned run ${analysis.file}\``;

/** What the results of a folder say of the files beside them. */
interface SavedResults extends Pick<SavedFit, "file" | "belongings"> {
  /** What failed of its model: not of its events, which are looked at again, nor of its fit, which another may replace. */
  readonly ofModel: readonly Verdict[];
}

/** What belongs to the results of a folder; undefined where there are none. */
export function savedResults(analysis: Analysis, folder: string): SavedResults | undefined {
  const file = join(folder, RESULTS_FILE);
  if (!existsSync(file)) return undefined;
  const content = parsed(file);
  checkSealed(file, content, hintOf(analysis));
  const { files = {}, verdicts = [] } = content as Sealed;
  return { file, belongings: files, ofModel: failedOf(savedVerdicts(verdicts)).filter(isOfModel) };
}

const isOfModel = ({ check, about }: Verdict) => about === "densities" || (about === "fit" && check !== "fit");

/** Those of a file; earlier versions kept no more of a training than a text, which says all. */
function savedVerdicts(verdicts: readonly SavedVerdict[]): Verdict[] {
  return verdicts.flatMap((own) => {
    if (own === null || typeof own.text !== "string" || own.check === undefined) return [];
    const { check, text, about = check === "training" ? "densities" : "data", advice = "", failed = true } = own;
    return [{ ...own, check, text, about, advice, failed }];
  });
}

type SavedVerdict = Partial<Verdict> | null;

/** What a file with a checksum has beside its contents. */
interface Sealed {
  readonly checksum?: string;
  readonly files?: Belongings;
  readonly verdicts?: readonly SavedVerdict[];
}

/** The fit in a folder, that of `run` before that of `fit`; undefined where there is neither. */
export function readSavedFit(analysis: Analysis, folder: string): SavedFit | undefined {
  const name = [RESULTS_FILE, FIT_FILE].find((candidate) => existsSync(join(folder, candidate)));
  if (name === undefined) return undefined;
  const file = join(folder, name);
  const names = nuisanceNames(analysis.configuration);
  const content = parsed(file);
  const { checksum: _checksum, verdicts = [], files, ...own } = content as Sealed;
  const summary: Found = name === RESULTS_FILE ? resultOf(own) : own;
  if (isFitOf(names, summary)) {
    checkSealed(file, content, hintOf(analysis));
    return { file, summary, failed: failedOf(savedVerdicts(verdicts)), belongings: files ?? {} };
  }
  throw new UsageError(file, {
    expected: `a fit of ${names.join(", ")}, with its estimate and modes`,
    got: `one of ${summary?.names?.join(", ") ?? "nothing"}`,
    hint: hintOf(analysis),
  });
}

/** What a file that calls itself a fit may hold. */
type Found = Partial<FitSummary> | undefined;

function parsed(file: string): object {
  try {
    const content = JSON.parse(readTextFile(file, MAX_BYTES));
    if (typeof content !== "object" || content === null) throw new Error("no JSON object");
    return content;
  } catch (error) {
    if (error instanceof FileError) throw error;
    throw new UsageError(file, {
      expected: "the JSON that `run` and `fit` write",
      got: `a file that cannot be read (${quotedMessage(error)})`,
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
