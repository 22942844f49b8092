/** Which events are held out for validation. */

import { UsageError } from "../../engine/errors.js";
import { aNumber, aText, checkOptions, type Options, valueText } from "../../engine/options.js";
import { type RandomKey, randomKey } from "../../engine/random/random.js";

export interface SplitRequest {
  readonly seed: number;
  /** Names the stream of random numbers. */
  readonly purpose: string;
  /** Fraction of events set aside for validation, in (0, 1). */
  readonly validation: number;
}

const splitOptions: Options<SplitRequest> = { seed: aNumber, purpose: aText, validation: aNumber };

/** The order of so many events whose first `size` are held out. Depends on the request and the count alone. */
export function splitOrder(count: number, request: SplitRequest): { readonly key: RandomKey; readonly size: number } {
  checkOptions("splitIndices", request, splitOptions);
  const { seed, purpose, validation } = request;
  if (!(Number.isInteger(count) && count >= 0)) {
    throw new UsageError("splitIndices", { expected: "a number of events", got: valueText(count) });
  }
  const size = Math.round(validation * count);
  if (!(size >= 1 && size < count)) {
    throw new UsageError("splitIndices", {
      expected: "at least one event on either side",
      got: `a validation fraction of ${validation} of ${count} events`,
    });
  }
  return { key: randomKey(seed, `${purpose}/split`), size };
}
