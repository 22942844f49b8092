/** The weights of a composition: every model that a form of a density or function holds, under the name that it has on tapes and in files. */
import { named, type Weights } from "../../../flows/networks/weights.js";
import type { Composition } from "./composition.js";

/** An architecture with its weights: an entry of a form. */
export interface StoredModel {
  readonly architecture: object;
  readonly weights: Weights;
}

const isModel = (value: unknown): value is StoredModel =>
  typeof value === "object" && value !== null && (value as Partial<StoredModel>).weights instanceof Map;

/** Models of all forms, by `densities.name.entry` or `functions.name.entry`. */
export function modelsOf({ functions = {}, densities }: Composition): Map<string, StoredModel> {
  const found = new Map<string, StoredModel>();
  for (const [group, forms] of Object.entries({ functions, densities })) {
    for (const [name, form] of Object.entries(forms)) {
      for (const [entry, value] of Object.entries(form)) {
        if (isModel(value)) found.set(`${group}.${name}.${entry}`, value);
      }
    }
  }
  return found;
}

/** Weights by the names of the parameters of tapes that a composition is bound to. */
export function compositionParameters(composition: Composition): Record<string, Float64Array> {
  return Object.assign({}, ...[...modelsOf(composition)].map(([name, { weights }]) => named(name, weights)));
}
