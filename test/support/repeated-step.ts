/** The law of keys: a step whose key is the same gives the same, to the bit. */
import { isDeepStrictEqual } from "node:util";
import type { Checkpoint } from "../../flows/training/training-request.js";
import { ConfigurationError, UsageError } from "../../workflow/errors.js";
import { type FinishedStep, type StepResult, type StepStore, stepKey } from "../../workflow/store/step-store.js";

export const NO_CHECKPOINT: Checkpoint = { save: async () => {}, restore: async () => undefined };

/** As files have it. */
const kept = ({ record, arrays }: StepResult<unknown>) => ({ record: JSON.stringify(record), arrays: { ...arrays } });

/** What a step gives once more: `unknown` where it has another key, or it does not come to it. */
export type Repeated = "same" | "other" | "unknown";

export interface RepeatedStep {
  /** Throws once the step is done again, after it has called `onDone`. */
  readonly store: StepStore;
  found(): Repeated;
}

/**
 * A store that does one step again, with what those before it gave.
 *
 * @param before  what steps gave, by name
 * @param common  see `openSteps`
 */
export function repeatedStep(
  of: string,
  before: ReadonlyMap<string, FinishedStep<unknown>>,
  common: unknown,
  onDone: () => void,
): RepeatedStep {
  let found: Repeated = "unknown";
  const store: StepStore = {
    async run<R>(name: string, inputs: unknown, body: (checkpoint: Checkpoint) => Promise<StepResult<R>>) {
      const own = before.get(name) as FinishedStep<R> | undefined;
      if (own !== undefined && name !== of) return own;
      if (own?.key === stepKey(common, name, inputs))
        found = isDeepStrictEqual(kept(await body(NO_CHECKPOINT)), kept(own)) ? "same" : "other";
      onDone();
      throw new Error(`${of} is done again`);
    },
  };
  return { store, found: () => found };
}

/** A change of a configuration. */
interface Change {
  readonly set: readonly string[];
}

/**
 * Changes with which a step of the same key gives something else. Changes are made together, and apart where they do not go together.
 *
 * @param repeat  does the step with all of these changes; it may throw where they do not go together
 * @param onSame  called with changes with which it gives the same
 */
export async function changesThatShow<C extends Change>(
  changes: readonly C[],
  repeat: (changes: readonly C[]) => Promise<Repeated>,
  onSame: (changes: readonly C[]) => unknown,
): Promise<C[]> {
  if (changes.length === 0) return [];
  const found = await repeat(changes).catch((error) => {
    if (changes.length === 1 && !(error instanceof UsageError || error instanceof ConfigurationError)) throw error;
    return "unknown" as const;
  });
  if (found === "same") onSame(changes);
  if (found === "same" || changes.length === 1) return found === "other" ? [...changes] : [];
  const half = changes.length >> 1;
  const parts = [changes.slice(0, half), changes.slice(half)];
  return (await changesThatShow(parts[0]!, repeat, onSame)).concat(await changesThatShow(parts[1]!, repeat, onSame));
}
