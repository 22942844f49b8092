/** A step whose key is known before it is done: what it follows from are entries of the configuration, data, and keys of other steps. */
import type { StepResult, StepStore } from "./step-store.js";
import { stepKey } from "./step-store.js";

export interface LazyStep<R> {
  readonly name: string;
  readonly key: string;
  /** What it follows from, JSON data; keys of other steps among it. */
  readonly inputs: unknown;
  /** Does it once, unless it is done already. */
  result(): Promise<R>;
}

/**
 * @param common  of the store: see `openSteps`
 * @param inputs  JSON data that the result follows from
 * @param body    given the inputs, so that it needs no others
 */
export function lazyStep<const I, R>(
  store: StepStore,
  common: unknown,
  name: string,
  inputs: I,
  body: (inputs: I) => Promise<StepResult<R>["record"]>,
): LazyStep<R> {
  let done: Promise<R> | undefined;
  const run = async () =>
    (await store.run<R>(name, inputs, async () => ({ record: await body(inputs), arrays: {} }))).record;
  return {
    name,
    key: stepKey(common, name, inputs),
    inputs,
    result() {
      done ??= run();
      return done;
    },
  };
}
