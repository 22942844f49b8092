/** What a sample of a density is. */
import type { Composition } from "../../../../inference/model/composition/composition.js";
import type { DensityForm } from "../../../../inference/model/densities/densities.js";
import type { FunctionForm } from "../../../../inference/model/functions/functions.js";
import type { Parameter } from "../../../../inference/model/parameters/parameter.js";

export interface DensitySample {
  readonly name: string;
  readonly composition: Composition;
  /** In it. */
  readonly density: string;
  /** Parts of it that a region is made of, by column. */
  readonly region: Readonly<Record<string, readonly (readonly [number, number])[]>>;
  /** Where the density is all but nothing beyond, of columns without a range with both ends. */
  readonly box?: Readonly<Record<string, readonly [number, number]>>;
  /** Values of given columns. */
  readonly given?: readonly Readonly<Record<string, number>>[];
  /** Where the slope jumps, or in more columns than one: quadrature converges slowly. */
  readonly isFlow?: boolean;
  readonly isExtended?: boolean;
}

export const parameter = (name: string, start: number, more: Partial<Parameter> = {}): Parameter => ({
  name,
  start,
  ...more,
});

export type Columns = Composition["columns"];

/** The last density is the one that is meant. */
export const sample = (
  name: string,
  columns: Columns,
  parameters: Readonly<Record<string, number>>,
  densities: Readonly<Record<string, DensityForm>>,
  rest: Omit<DensitySample, "name" | "composition" | "density"> & {
    readonly functions?: Readonly<Record<string, FunctionForm>>;
  },
): DensitySample => {
  const { functions = {}, ...own } = rest;
  const all = Object.entries(parameters).map(([key, start]) => parameter(key, start));
  // Likelihoods have at least one free parameter.
  const named = all.length > 0 ? all : [parameter("unused", 1)];
  return {
    name,
    composition: { columns, parameters: named, functions, densities },
    density: Object.keys(densities).at(-1)!,
    ...own,
  };
};
