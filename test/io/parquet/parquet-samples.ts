/** Parquet files for tests, and what other programs make of them. */
import { readFileSync, writeFileSync } from "node:fs";
import { parquetReadObjects } from "hyparquet";
import { compressors } from "hyparquet-compressors";
import { parquetWriteBuffer, type SchemaElement } from "hyparquet-writer";
import { readParquet, type WriterPropertiesBuilder, writeParquet } from "parquet-wasm";
import type { CsvColumn } from "../../../io/csv/csv.js";
import type { Columns } from "../../../io/event-format.js";

/** All rows of a file, as hyparquet reads them. */
export async function rowsOfHyparquet(path: string): Promise<Record<string, unknown>[]> {
  const bytes = readFileSync(path);
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer;
  return parquetReadObjects({ file, compressors });
}

/** A column for hyparquet-writer: numbers that may be null, or lists of them. */
export interface LooseColumn {
  readonly name: string;
  readonly type: "FLOAT" | "DOUBLE" | "INT32";
  readonly data: ArrayLike<number | null | readonly (number | null)[]>;
}

/** Writes columns with hyparquet-writer, in pages of version 2. */
export function writeWithHyparquet(path: string, columns: readonly LooseColumn[], rowGroupSize = 1000): void {
  const elements = columns.flatMap(({ name, type, data }): SchemaElement[] => {
    if (!Array.isArray(data[0])) return [{ name, type, repetition_type: "OPTIONAL" }];
    return [
      { name, repetition_type: "OPTIONAL", num_children: 1, converted_type: "LIST" },
      { name: "list", repetition_type: "REPEATED", num_children: 1 },
      { name: "element", type, repetition_type: "OPTIONAL" },
    ];
  });
  const schema: SchemaElement[] = [{ name: "root", num_children: columns.length }, ...elements];
  const columnData = columns.map(({ name, data }) => ({ name, data: Array.from(data) }));
  writeFileSync(path, new Uint8Array(parquetWriteBuffer({ columnData, schema, rowGroupSize })));
}

/** A file read and written again by Apache's implementation in Rust (parquet-wasm). */
export function rewriteWithRust(from: string, to: string, properties: WriterPropertiesBuilder): void {
  writeFileSync(to, writeParquet(readParquet(readFileSync(from)), properties.build()));
}

/** Numbers that show a lost bit or sign: subnormal, infinite, extreme, not a number. */
export function hardColumns(count: number): Columns {
  const of = <Type>(list: readonly Type[]) => Array.from({ length: count }, (_, i) => list[i % list.length]!);
  const hard = [0, -0, 1.1, -2.5e-41, 1e-310, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 3.4e38];
  const big = [0n, -1n, 2n ** 63n - 1n, -(2n ** 63n), 9007199254740993n];
  const shape = [count];
  return new Map<string, CsvColumn>([
    ["f", { shape, data: Float32Array.from(of(hard)) }],
    ["d", { shape, data: Float64Array.from(of(hard)) }],
    ["i", { shape, data: BigInt64Array.from(of(big)) }],
    ["u", { shape, data: BigUint64Array.from(of([0n, 2n ** 64n - 1n, 2n ** 63n])) }],
    ["i4", { shape, data: Int32Array.from(of([0, -1, 2 ** 31 - 1, -(2 ** 31)])) }],
    ["u4", { shape, data: Uint32Array.from(of([0, 2 ** 32 - 1, 2 ** 31])) }],
    ["i2", { shape, data: Int16Array.from(of([0, -1, 32767, -32768])) }],
    ["u1", { shape, data: Uint8Array.from(of([0, 255, 128])) }],
    ["flag", { shape, data: Uint8Array.from(of([1, 0, 0, 1, 1])), isBool: true }],
    ["word", of(["", "μμ", "a,b", "x"])],
  ]);
}
