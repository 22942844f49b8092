/** A column of a Parquet file from one row to another. */
import { type ElementType, type NumberArray, numbersOf } from "../arrays.js";
import { Damage, decodedAsync } from "../damage.js";
import { FileError } from "../errors.js";
import type { ColumnContents, JaggedArray } from "../event-format.js";
import type { ByteSource } from "../source.js";
import { unpackerOf } from "./codecs.js";
import type { Footer } from "./footer.js";
import { type Page, pagesOf } from "./pages.js";
import type { Leaf } from "./schema.js";

/** A value that is not there: of a column that is read, an error. */
export class NullError extends FileError {
  constructor(
    readonly where: string,
    readonly row: number,
    otherwise = "leave the column out",
  ) {
    super(where, {
      expected: "a value in every row",
      got: `null in row ${row} (counted from 0)`,
      hint: `Fill or drop such rows where the file is made, or ${otherwise}`,
    });
  }
}

/** @param where what messages call the column */
export async function readColumn(
  source: ByteSource,
  footer: Footer,
  index: number,
  where: string,
  from: number,
  to: number,
): Promise<ColumnContents> {
  const leaf = footer.leaves[index]!;
  if (leaf.maxRepetition > 0) return readJagged(source, footer, index, where, from, to);
  const { type } = leaf;
  const words: string[] = [];
  const data = type === "words" ? undefined : numbersOf(where, type as ElementType, to - from);
  for (const { start, rows, chunks } of footer.groups) {
    if (start >= to || start + rows <= from) continue;
    const isWanted = (page: number, count: number) => start + page < to && start + page + count > from;
    await decodedAsync(`${where}, row group at row ${start}`, async () => {
      const unpack = await unpackerOf(where, chunks[index]!.codec);
      for await (const [at, page] of pagesOf(source, chunks[index]!, leaf, unpack, isWanted)) {
        if (typeof page === "number") continue;
        const first = start + at;
        const [a, b] = [Math.max(from, first) - first, Math.min(to, first + page.count) - first];
        const { values } = withoutNulls(where, leaf, page, first, a, b);
        if (data === undefined) for (let i = a; i < b; i++) words[first + i - from] = (values as readonly string[])[i]!;
        else (data as Float64Array).set((values as Float64Array).subarray(a, b), first + a - from);
      }
    });
  }
  if (data === undefined) return words;
  return { shape: [to - from], data, fortranOrder: false, ...(type === "b1" && { isBool: true as const }) };
}

/** The page, whose values are those of rows as far as they are wanted; a null among these is refused. */
function withoutNulls(where: string, leaf: Leaf, page: Page, first: number, a: number, b: number): Page {
  const { definitions } = page;
  if (definitions === undefined) return page;
  const wrong = definitions.findIndex((level, i) => i >= a && i < b && level < leaf.maxDefinition);
  if (wrong >= 0) throw new NullError(where, first + wrong);
  // The wanted rows have no nulls, but those around them have: values move to their rows.
  return { ...page, values: spread(page.values, definitions, leaf.maxDefinition) };
}

function spread(values: Page["values"], definitions: Uint8Array, max: number): Page["values"] {
  const isNumbers = ArrayBuffer.isView(values);
  const out = isNumbers
    ? new (values.constructor as { new (length: number): Float64Array })(definitions.length)
    : new Array<string>(definitions.length);
  let next = 0;
  for (let i = 0; i < definitions.length; i++) if (definitions[i] === max) out[i] = (values as Float64Array)[next++]!;
  return out as Page["values"];
}

/** Elements of rows, in parts until their number is known. */
async function readJagged(
  source: ByteSource,
  footer: Footer,
  index: number,
  where: string,
  from: number,
  to: number,
): Promise<JaggedArray> {
  const leaf = footer.leaves[index]!;
  const starts = new Float64Array(to - from + 1);
  const parts: NumberArray[] = [];
  let total = 0;
  for (const { start, rows, chunks } of footer.groups) {
    if (start >= to || start + rows <= from) continue;
    let row = start - 1;
    await decodedAsync(`${where}, row group at row ${start}`, async () => {
      const unpack = await unpackerOf(where, chunks[index]!.codec);
      for await (const [, page] of pagesOf(source, chunks[index]!, leaf, unpack, () => row < to)) {
        if (typeof page === "number") continue;
        const { count, values, definitions, repetitions } = page;
        // Elements of the page that belong to wanted rows are side by side.
        let [next, first, last] = [0, 0, 0];
        for (let i = 0; i < count; i++) {
          if (repetitions![i] === 0) {
            row++;
            if (row >= from && row < to) starts[row - from] = total + last - first;
          }
          const level = definitions === undefined ? leaf.maxDefinition : definitions[i]!;
          const isIn = row >= from && row < to;
          if (level === leaf.maxDefinition) {
            next++;
            if (row < from) first = next;
            if (row < to) last = next;
          } else if (isIn && level >= leaf.elementDefinition) throw new NullError(where, row);
        }
        if (row < start) throw new Damage({ expected: "a first element of a row", got: "a later one" });
        const wanted = Math.max(first, last);
        parts.push((values as Float64Array).slice(first, wanted));
        total += wanted - first;
      }
      if (row < Math.min(to, start + rows) - 1 || row >= start + rows) {
        throw new Damage({ expected: `${rows} rows`, got: `${row - start + 1}` });
      }
    });
  }
  starts[to - from] = total;
  const data = numbersOf(where, leaf.type as ElementType, total);
  let at = 0;
  for (const part of parts) {
    (data as Float64Array).set(part as Float64Array, at);
    at += part.length;
  }
  return { starts, data };
}
