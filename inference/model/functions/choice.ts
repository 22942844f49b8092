/** A number for each value of a categorical column. */

import { UsageError } from "../../../engine/errors.js";
import { aText, oneOf } from "../../../engine/options.js";
import { add, equal, mul } from "../../../engine/tape/operations.js";
import { values } from "../language/entry-kinds.js";
import type { Value } from "../language/environment.js";
import type { FunctionKind } from "./contract.js";

export interface ChoiceFunction {
  readonly kind: "choice";
  /** Categorical column. */
  readonly column: string;
  /** Of each of its values, in their order. */
  readonly choices: readonly Value[];
}

export const choiceFunction: FunctionKind<ChoiceFunction> = {
  doc: "a_i where the column has its i-th value",
  entries: { kind: oneOf("choice"), column: aText, choices: values },
  values: ({ column, choices }) => [column, ...choices],
  check({ column, choices }, where, classes) {
    const values = classes(column);
    if (values === undefined) {
      throw new UsageError(where, { expected: "a categorical column, one with values", got: column });
    }
    if (choices.length === values.length) return;
    throw new UsageError(where, { expected: `a number for each of ${values.length} values`, got: `${choices.length}` });
  },
  bind({ column, choices }, at) {
    const value = at.column(column);
    return at
      .classes(column)!
      .map((own, i) => mul(equal(value, own), at.value(choices[i]!)))
      .reduce(add);
  },
};
