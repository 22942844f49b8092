/** What the checks of a run found: one list, in which causes stand before what follows from them, and one exit code. */
import { NotConverged, VerdictFailed } from "./errors.js";

/**
 * What a check looks at. What fails in simulation may show in the densities that are trained on it, and what fails in simulation, data or
 * densities may show in the fit.
 */
export type Subject = "simulation" | "data" | "densities" | "fit";

const CAUSES: Readonly<Record<Subject, readonly Subject[]>> = {
  simulation: [],
  data: [],
  // Of one subject, what was found earlier is a cause too: a training of closure, a fit of its projections.
  densities: ["simulation", "densities"],
  fit: ["simulation", "data", "densities", "fit"],
};

/** What a check found. */
export interface Verdict {
  /** Its name in a few words, as programs and people read it: "spike", "closure". */
  readonly check: string;
  readonly about: Subject;
  /** Whether results are not for use as they stand; else it is worth a warning and no more. */
  readonly failed: boolean;
  /** What was found, without the full stop at its end. */
  readonly text: string;
  /** What to do where nothing that was found before explains it, without the full stop at its end. */
  readonly advice: string;
}

/** A fit that did not find a minimum. */
export interface FitVerdict extends Verdict {
  readonly check: "fit";
  readonly status: string;
  readonly reason: string;
}

export const verdictText = ({ text, advice }: Verdict): string => (advice === "" ? text : `${text}. ${advice}`);

/** "spike, training (3)" */
export function namesOfChecks(verdicts: readonly Verdict[]): string {
  const counts = new Map<string, number>();
  for (const { check } of verdicts) counts.set(check, (counts.get(check) ?? 0) + 1);
  return [...counts].map(([check, count]) => (count === 1 ? check : `${check} (${count})`)).join(", ");
}

export const failedOf = <V extends Verdict>(verdicts: readonly V[]): V[] => verdicts.filter(({ failed }) => failed);

/** Of results that others are made from: one sentence on what failed there, and none where nothing did. */
export const repeatedText = (file: string, failed: readonly Verdict[]): string =>
  failed.length === 0
    ? ""
    : `${file}: checks failed (${namesOfChecks(failed)}), so that the results there are not for use as they stand`;

/** What a run has found so far. Each verdict is also a warning, at once. */
export class Verdicts {
  readonly #all: Verdict[] = [];
  readonly #warn: (text: string) => void;

  constructor(warn: (text: string) => void) {
    this.#warn = warn;
  }

  /** In the order of `add`. */
  get all(): readonly Verdict[] {
    return this.#all;
  }

  /** What follows from an earlier failure advises to mend that one first. */
  add(found: readonly Verdict[]): void {
    const before = failedOf(this.#all);
    for (const verdict of found) {
      const causes = before.filter(
        ({ about, check }) => CAUSES[verdict.about].includes(about) && check !== verdict.check,
      );
      const own =
        causes.length === 0
          ? verdict
          : { ...verdict, advice: `First mend what failed before and may be its cause: ${namesOfChecks(causes)}` };
      this.#warn(verdictText(own));
      this.#all.push(own);
    }
  }
}

/** @param text  what was found, after the label */
export const failedFit = (label: string, status: string, text: string, advice: string): FitVerdict => ({
  check: "fit",
  about: "fit",
  failed: true,
  text: `${label}: ${text}`,
  advice,
  status,
  reason: `${advice}.`,
});

/** The verdict on a fit, where it is worth one. */
export function fitVerdicts(
  label: string,
  { status, reason }: { readonly status: string; readonly reason: string },
): FitVerdict[] {
  if (status === "converged") return [];
  return [{ ...failedFit(label, status, `it did not converge (${status})`, reason.replace(/\.$/, "")), reason }];
}

const isOfFit = (verdict: Verdict): verdict is FitVerdict => verdict.check === "fit";

/**
 * Throws at the end, when all is written, where a check failed: what is thrown decides the exit code. Each failure was a warning before.
 *
 * @param what  the verb, or what it made
 */
export function requirePassed(what: string, verdicts: readonly Verdict[]): void {
  const failed = failedOf(verdicts);
  const fit = failed.find(isOfFit);
  if (fit !== undefined) throw new NotConverged(what, fit);
  const [first] = failed;
  if (first === undefined) return;
  throw new VerdictFailed(what, {
    expected: "checks that pass",
    got: `${failed.length} that failed, named in the warnings: ${namesOfChecks(failed)}`,
    hint: first.advice,
  });
}

/** The end of a run for people: what failed, and what to do. @param leftOut  steps that were not asked for: checks of them were not made */
export function verdictLines(verdicts: readonly Verdict[], leftOut: readonly string[]): string {
  const failed = failedOf(verdicts);
  if (failed.length === 0) return leftOut.length === 0 ? "Every check passed." : "Every check that was made passed.";
  const heading = failed.length === 1 ? "1 check failed:" : `${failed.length} checks failed:`;
  return [heading, ...failed.map((own) => `- ${verdictText(own)}.`)].join("\n");
}
