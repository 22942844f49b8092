/** Which steps a command does: all, or some of them, the others being there or left out. */
import type { Progress } from "../reporter.js";
import { reasonOf } from "./drawings.js";
import { type FolderSteps, findStep, type StepState, type StepStore, stateOf, stepKey } from "./step-store.js";

/** By the names of steps. */
export interface StepChoice {
  /** Whether it may be done; where not, it is taken as it is. */
  does(name: string): boolean;
  /** Whether it is done again although it is done. */
  repeats(name: string): boolean;
}

/** A step that is not done, and that the command does not do. */
export class StepNotDone extends Error {
  override readonly name = "StepNotDone";
  readonly step: string;

  constructor(step: string) {
    super(`the step ${step} is not done`);
    this.step = step;
  }
}

/** @param onLeftOut  called with the name of each step that is left out */
export function chosenSteps(
  steps: FolderSteps,
  { does, repeats }: StepChoice,
  onLeftOut: (name: string) => void,
): StepStore {
  return {
    async run(name, inputs, body) {
      if (does(name)) {
        if (repeats(name)) await steps.forget(name);
        return steps.run(name, inputs, body);
      }
      const kept = await steps.find<Awaited<ReturnType<typeof body>>["record"]>(name, inputs);
      if (kept !== undefined) return kept;
      onLeftOut(name);
      throw new StepNotDone(name);
    },
  };
}

/** What a folder has of a step. */
export interface SeenStep {
  readonly name: string;
  readonly key: string;
  readonly state: StepState;
}

/** Steps that are looked at, and never done; nothing is written. @param onStep  called with each step that is asked for */
export function seenSteps(
  folder: string,
  common: unknown,
  progress: Progress,
  onStep: (step: SeenStep) => void,
): StepStore {
  return {
    async run<R>(name: string, inputs: unknown) {
      const key = stepKey(common, name, inputs);
      const kept = await findStep<R>(folder, name, key, progress);
      onStep({ name, key, state: kept === undefined ? await stateOf(folder, name, key, progress) : "done" });
      if (kept === undefined) throw new StepNotDone(name);
      return kept;
    },
  };
}

/** A step that could not be done, and why. */
export interface FailedStep {
  readonly name: string;
  readonly reason: string;
}

/** Steps of which those that fail are known at the end: a run may do without some. */
export function watchedSteps(steps: StepStore): { readonly store: StepStore; readonly failed: readonly FailedStep[] } {
  const failed: FailedStep[] = [];
  return {
    failed,
    store: {
      async run(name, inputs, body) {
        try {
          return await steps.run(name, inputs, body);
        } catch (error) {
          if (!(error instanceof StepNotDone)) failed.push({ name, reason: reasonOf(error) });
          throw error;
        }
      },
    },
  };
}

type Makes = readonly (() => Promise<unknown>)[];
type Made<T extends Makes> = { -readonly [K in keyof T]: Awaited<ReturnType<T[K]>> };

/** What each gives, each tried: a command may do the steps of the last and not those of the first. */
export async function allOf<const T extends Makes>(makes: T): Promise<Made<T>> {
  const { made, stopped } = await tried(makes);
  if (stopped !== undefined) throw stopped;
  return made as Made<T>;
}

/** What those give whose steps are done or may be; where there is none, the reason is thrown. */
export async function someOf<T>(makes: readonly (() => Promise<T>)[]): Promise<T[]> {
  const { made, stopped } = await tried(makes);
  if (stopped !== undefined && made.length === 0) throw stopped;
  return made as T[];
}

async function tried(makes: Makes) {
  const made: unknown[] = [];
  let stopped: StepNotDone | undefined;
  for (const make of makes) {
    try {
      made.push(await make());
    } catch (error) {
      if (!(error instanceof StepNotDone)) throw error;
      stopped ??= error;
    }
  }
  return { made, stopped };
}
