/** HS³'s product and sum. */

import { UsageError } from "../../../engine/errors.js";
import { oneOf } from "../../../engine/options.js";
import { add, mul } from "../../../engine/tape/operations.js";
import { values } from "../language/entry-kinds.js";
import type { Value } from "../language/environment.js";
import type { FunctionKind } from "./contract.js";

export interface ProductFunction {
  readonly kind: "product";
  readonly factors: readonly Value[];
}

export interface SumFunction {
  readonly kind: "sum";
  readonly summands: readonly Value[];
}

function checkSome(where: string, what: string, values: readonly Value[]): void {
  if (values.length === 0) throw new UsageError(where, { expected: `at least one of ${what}`, got: "none" });
}

export const productFunction: FunctionKind<ProductFunction> = {
  doc: "Π a_i",
  entries: { kind: oneOf("product"), factors: values },
  values: ({ factors }) => factors,
  check: ({ factors }, where) => checkSome(where, "factors", factors),
  bind: ({ factors }, at) => factors.map((value) => at.value(value)).reduce(mul),
  bindLog({ factors }, at) {
    const logs = factors.map((value) => at.logValue(value));
    return logs.every((log) => log !== undefined) ? logs.reduce(add) : undefined;
  },
};

export const sumFunction: FunctionKind<SumFunction> = {
  doc: "Σ a_i",
  entries: { kind: oneOf("sum"), summands: values },
  values: ({ summands }) => summands,
  check: ({ summands }, where) => checkSome(where, "summands", summands),
  bind: ({ summands }, at) => summands.map((value) => at.value(value)).reduce(add),
};
