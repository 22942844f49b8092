/** Which toys `coverage` runs, and which its sum should have. */
import { join } from "node:path";
import { PartMissing, UsageError } from "../../workflow/errors.js";
import { toyNumbersText } from "../../workflow/steps/toy-numbers.js";
import { chosenSteps, StepNotDone } from "../../workflow/store/chosen-steps.js";
import type { FolderSteps, StepStore } from "../../workflow/store/step-store.js";
import type { Options, ToyRange } from "./arguments.js";
import type { VerbContext } from "./verb.js";

/** What is done of the toys of a study. */
export interface ToysToDo {
  /** Numbers of those to have. */
  readonly wanted: readonly number[];
  /** Numbers of those that a sum should have; undefined where nothing is summed up. */
  readonly expected: readonly number[] | undefined;
}

const numbersOf = ({ first, last }: ToyRange) => Array.from({ length: last - first + 1 }, (_, i) => first + i);

export function toysToDo({ options }: VerbContext): ToysToDo {
  const { toys, toy, aggregate } = options;
  const given = [toys !== undefined || aggregate, toy !== undefined].filter(Boolean).length;
  if (given !== 1) {
    throw new UsageError("unbinned coverage", {
      expected: "--toys, --toy I or --aggregate",
      got: given === 0 ? "none" : "several",
      hint:
        "--toys N runs those that are missing and sums up; --toys A-B and --toy I run these; --aggregate only sums up, " +
        "and with --toys N says which are missing",
    });
  }
  if (toy !== undefined) return { wanted: [toy], expected: undefined };
  const numbers = toys === undefined ? [] : numbersOf(toys);
  if (!aggregate) return { wanted: numbers, expected: toys?.isPart ? undefined : numbers };
  if (!toys?.isPart) return { wanted: [], expected: numbers };
  const hint = "All toys that are there are summed up: --toys N says how many there should be";
  throw new UsageError("--toys", { expected: "N beside --aggregate", got: `${toys.first}-${toys.last}`, hint });
}

/** Throws at the end, when all is written, where toys are missing. */
export function requireToys(expected: readonly number[], missing: readonly number[]): void {
  if (missing.length === 0) return;
  throw new PartMissing("coverage", {
    expected: `${expected.length} toys`,
    got: `${expected.length - missing.length}; missing: ${toyNumbersText(missing)}`,
    hint: `What is there is summed up, and coverage.json says which are missing. --toys ${expected.length} without --aggregate runs them`,
  });
}

const NONE = { does: () => false, repeats: () => false };

/** The steps that toys follow from: a sum does none. */
export const toyStore = (steps: FolderSteps, { aggregate }: Options): StepStore =>
  aggregate ? chosenSteps(steps, NONE, () => {}) : steps;

/** Of a sum of toys that follow from what is not done; any other error as it is. */
export function withoutSteps(error: unknown): unknown {
  if (!(error instanceof StepNotDone)) return error;
  return new PartMissing("coverage", {
    expected: "toys to sum up",
    got: `none, as the step ${error.step}, which they follow from, is not done`,
    hint: "--toys N without --aggregate runs them",
  });
}

/** Of toys that are done and not summed up. */
export const doneText = (folder: string, [first, ...others]: readonly number[]): string =>
  others.length === 0 ? `toy ${first}: ${join(folder, `${first}.json`)}` : `toys ${first}-${others.at(-1)}: ${folder}`;
