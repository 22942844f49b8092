/** Files of h5py, PyTables and pandas, with what h5py reads from them: ../../references/hdf5.py made both. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { openEvents, readEvents, readTable } from "../../../io/columns.js";
import { openTable } from "../../../io/events/open-table.js";
import { assertRefused } from "../support.js";

const folder = fileURLToPath(new URL("../../../../test/references/", import.meta.url));
const file = (name: string) => `${folder}hdf5/${name}`;

interface Answer {
  readonly shape: readonly number[];
  readonly values: string;
}

const { files } = JSON.parse(readFileSync(`${folder}hdf5.json`, "utf8")) as {
  files: Record<string, Record<string, Record<string, Answer>>>;
};

/** As Python's repr of a double writes numbers; read back, it is the number. */
const numberOf = (text: string) =>
  ({ nan: Number.NaN, inf: Number.POSITIVE_INFINITY, "-inf": Number.NEGATIVE_INFINITY })[text] ?? Number(text);

const isSame = (value: unknown, text: string): boolean => {
  if (typeof value === "string") return value === text;
  if (typeof value === "bigint") return value === BigInt(text);
  return Object.is(value, numberOf(text));
};

function assertSame(where: string, values: readonly unknown[], texts: readonly string[]): void {
  assert.is(values.length, texts.length, where);
  const other = values.findIndex((value, i) => !isSame(value, texts[i]!));
  assert.ok(other < 0, `${where}, element ${other}: ${values[other]} for ${texts[other]}`);
}

for (const [name, parts] of Object.entries(files)) {
  for (const [part, columns] of Object.entries(parts)) {
    if (name === "lists.h5") continue;
    test(`${name}:${part} reads as in h5py`, async () => {
      const table = await readTable(part === "" ? file(name) : `${file(name)}:${part}`);
      for (const [column, { shape, values }] of Object.entries(columns)) {
        const contents = table.columns.get(column);
        assert.ok(contents !== undefined, `${column}: ${table.unread.get(column)?.message}`);
        if ("data" in contents) assert.equal(contents.shape, shape, column);
        const own = "data" in contents ? [...(contents.data as Iterable<unknown>)] : contents;
        assertSame(column, own, values.split("|"));
      }
    });
  }
}

test.run();
