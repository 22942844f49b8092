/** The parts of a composition that some densities follow from, besides parameters, such as the inputs of steps. */

import { type DensityForm, densityKind } from "../densities/densities.js";
import { type FunctionForm, functionKind } from "../functions/functions.js";
import type { Value } from "../language/environment.js";
import { type CheckedComposition, type Column, functionOf } from "./composition.js";

export interface Parts {
  readonly columns: Readonly<Record<string, Column>>;
  readonly functions: Readonly<Record<string, FunctionForm>>;
  readonly densities: Readonly<Record<string, DensityForm>>;
}

/** Each by name, in the order in which they are met. */
export function reachableParts(composition: CheckedComposition, names: readonly string[]): Parts {
  const columns: Record<string, Column> = {};
  const functions: Record<string, FunctionForm> = {};
  const densities: Record<string, DensityForm> = {};
  const value = (of: Value) => {
    if (typeof of === "number") return;
    const name = functionOf(composition.functions, of);
    if (Object.hasOwn(functions, name) || !Object.hasOwn(composition.functions, name)) return;
    const form = composition.functions[name]!;
    functions[name] = form;
    functionKind(name, form).values(form).forEach(value);
  };
  const density = (name: string) => {
    if (Object.hasOwn(densities, name)) return;
    const form = composition.densities[name]!;
    densities[name] = form;
    const kind = densityKind(name, form);
    kind.values(form).forEach(value);
    kind.parts(form).forEach(density);
    const { of, given } = composition.shape(name);
    for (const column of [...of, ...given]) columns[column] = composition.columns[column]!;
  };
  names.forEach(density);
  return { columns, functions, densities };
}
