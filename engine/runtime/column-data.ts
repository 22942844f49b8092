/** Data of one column: `[...shape, events]`, flattened, events contiguous. */
export type ColumnData = Float32Array | Float64Array;
