/** The kinds of function: a row more is a kind more. */
import { UsageError } from "../../../engine/errors.js";
import { anObject, checkArgument } from "../../../engine/options.js";
import { type ProductFunction, productFunction, type SumFunction, sumFunction } from "./arithmetic.js";
import { type ChoiceFunction, choiceFunction } from "./choice.js";
import type { FunctionKind } from "./contract.js";
import { type ExpressionFunction, expressionFunction } from "./expression.js";
import { type ClassifierForm, classifierFunction, type NetworkForm, networkFunction } from "./network.js";
import { type InterpolatedRate, interpolatedRate, type LogNormalRate, logNormalRate } from "./rates.js";

export type FunctionForm =
  | ProductFunction
  | SumFunction
  | ChoiceFunction
  | ExpressionFunction
  | LogNormalRate
  | InterpolatedRate
  | NetworkForm
  | ClassifierForm;

const kinds: { readonly [K in FunctionForm["kind"]]: FunctionKind<Extract<FunctionForm, { kind: K }>> } = {
  product: productFunction,
  sum: sumFunction,
  choice: choiceFunction,
  expression: expressionFunction,
  "log-normal": logNormalRate,
  interpolation: interpolatedRate,
  network: networkFunction,
  classifier: classifierFunction,
};

export const functionKinds: readonly FunctionForm["kind"][] = Object.freeze(
  Object.keys(kinds) as FunctionForm["kind"][],
);

/** What belongs to the kind of a form. @param where  for messages */
export function functionKind<F extends FunctionForm>(where: string, form: F): FunctionKind<F> {
  checkArgument(where, "its form", form, anObject);
  const { kind } = form;
  if (!Object.hasOwn(kinds, kind)) {
    const got = JSON.stringify(kind) ?? "none";
    throw new UsageError(where, { expected: `a kind of function (${functionKinds.join(", ")})`, got });
  }
  return kinds[kind] as unknown as FunctionKind<F>;
}
