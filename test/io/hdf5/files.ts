/** HDF5 files that h5py, PyTables and pandas made (../../references/hdf5.py), and what they hold. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import * as assert from "uvu/assert";

const folder = fileURLToPath(new URL("../../../../test/references/", import.meta.url));

export const hdf5File = (name: string): string => `${folder}hdf5/${name}`;

interface Answer {
  readonly shape: readonly number[];
  readonly values: string;
}

/** What h5py reads, by file, group and column. */
export const answers = (
  JSON.parse(readFileSync(`${folder}hdf5.json`, "utf8")) as {
    files: Record<string, Record<string, Record<string, Answer>>>;
  }
).files;

/** Texts as Python's repr of a double writes them; read back, they are the double. */
const numberOf = (text: string) =>
  ({ nan: Number.NaN, inf: Number.POSITIVE_INFINITY, "-inf": Number.NEGATIVE_INFINITY })[text] ?? Number(text);

function isSame(value: unknown, text: string): boolean {
  if (typeof value === "string") return value === text;
  if (typeof value === "bigint") return value === BigInt(text);
  return Object.is(value, numberOf(text));
}

/** Values are those of an answer, bit by bit. */
export function assertSame(where: string, values: Iterable<unknown>, answer: Answer): void {
  const [own, texts] = [[...values], answer.values.split("|")];
  assert.is(own.length, texts.length, where);
  const other = own.findIndex((value, i) => !isSame(value, texts[i]!));
  assert.ok(other < 0, `${where}, element ${other}: ${own[other]} for ${texts[other]}`);
}
