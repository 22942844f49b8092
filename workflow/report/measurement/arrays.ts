/** Numbers as entries of arrays.npz. */
import type { NamedArray } from "../../../io/index.js";

const array = (shape: readonly number[], values: readonly number[]): NamedArray => ({
  shape,
  data: Float64Array.from(values),
});

export const vector = (values: readonly number[]): NamedArray => array([values.length], values);

export const matrix = (rows: readonly (readonly number[])[]): NamedArray =>
  array([rows.length, rows[0]?.length ?? 0], rows.flat());
