import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { NamedArrays } from "../../io/arrays.js";
import { listColumns, readEvents } from "../../io/columns.js";
import { type EventTable, requireColumn } from "../../io/event-table.js";
import { writeNpz } from "../../io/numpy/npz.js";
import { writeSafetensors } from "../../io/safetensors.js";
import { assertRefused, fixture, linesAbout, withFolder } from "./support.js";

function valuesOf(name: string): number[] {
  return linesAbout<{ values: number[] }>("numpy", "events.npz").find((line) => line.name === name)!.values;
}

/** What [features, events] should hold, from numpy's row-major [events, features]. */
function transposed(values: readonly number[], events: number): number[] {
  const width = values.length / events;
  return Array.from({ length: values.length }, (_, i) => values[(i % events) * width + Math.floor(i / events)]!);
}

test("npz: columns come with events contiguous, from both memory orders", async () => {
  const table = await readEvents(fixture("events.npz"));
  assert.is(table.count, 7);
  for (const name of ["x", "y", "label", "weight"]) {
    assert.equal([...table.columns.get(name)!.data], transposed(valuesOf(name), 7), name);
  }
  assert.equal(table.columns.get("x")!.features, ["x[0]", "x[1]"]);
  assert.equal(table.columns.get("label")!.features, ["label"]);
  assert.equal(table.columns.get("weight")!.features, ["weight[0]"]);
  assert.instance(table.columns.get("x")!.data, Float32Array);
  assert.instance(table.columns.get("y")!.data, Float64Array);
  assert.instance(table.columns.get("label")!.data, Float64Array);
});

test("npz, safetensors and csv give the same table", () =>
  withFolder(async (folder) => {
    const arrays = {
      x: { shape: [3], data: Float64Array.of(1, 2.5, -3) },
      y: { shape: [3], data: Float64Array.of(4, 5, 6) },
    };
    await writeNpz(join(folder, "a.npz"), arrays);
    await writeSafetensors(join(folder, "a.safetensors"), arrays);
    await writeFile(join(folder, "a.csv"), "x,y,note\n1,4,good\n2.5,5,bad\n-3,6,good\n");
    for (const file of ["a.npz", "a.safetensors", "a.csv"]) {
      const path = join(folder, file);
      const { count, columns } = await readEvents(path, ["y", "x"]);
      assert.is(count, 3);
      assert.equal(
        [...columns],
        [
          ["y", { features: ["y"], data: arrays.y.data }],
          ["x", { features: ["x"], data: arrays.x.data }],
        ],
      );
    }
    assert.equal(await listColumns(join(folder, "a.csv")), ["x", "y", "note"]);
    assert.equal(await listColumns(join(folder, "a.npz")), ["x", "y"]);
  }));

/** Reads columns out of an npz file made of these arrays. */
async function tableOf(arrays: NamedArrays, names?: readonly string[]): Promise<EventTable> {
  let table: EventTable | undefined;
  await withFolder(async (folder) => {
    await writeNpz(join(folder, "a.npz"), arrays);
    table = await readEvents(join(folder, "a.npz"), names);
  });
  return table!;
}

const vector = (...values: number[]) => ({ shape: [values.length], data: Float32Array.from(values) });

test("what is no column of events is refused, unless other columns are asked for", async () => {
  const arrays = { x: vector(1, 2), edges: vector(1, 2, 3), seed: { shape: [], data: Int32Array.of(7) } };
  assert.is((await tableOf(arrays, ["x"])).count, 2);
  await assertRefused(
    () => tableOf(arrays),
    /a\.npz, column "seed": expected shape \[events\] or \[events, features\], got \[\]\. Name the columns/,
  );
  await assertRefused(
    () => tableOf(arrays, ["x", "edges"]),
    /a\.npz: expected columns of one length, got 2 events in "x" and 3 in "edges"\. All columns/,
  );
  await assertRefused(
    () => tableOf({ id: { shape: [1], data: BigInt64Array.of(2n ** 53n + 1n) } }),
    /column "id": expected integers that a double holds exactly/,
  );
});

test("a missing column is named with those found and the nearest of them", async () => {
  const arrays = { mass: vector(1), weight: vector(1) };
  await assertRefused(
    () => tableOf(arrays, ["Weigth"]),
    /a\.npz: expected a column "Weigth", got columns "mass", "weight"\. Did you mean "weight"\?$/,
  );
  const table = await tableOf(arrays);
  await assertRefused(
    () => requireColumn(table, "charge"),
    /expected a column "charge", got columns "mass", "weight"$/,
  );
  await assertRefused(() => requireColumn(table, ["mass", "y"]), /expected a column "y"/);
  await assertRefused(async () => requireColumn(await tableOf({}), "x"), /expected a column "x", got no columns$/);
});

test("a missing file and an unknown kind of file are named", async () => {
  await assertRefused(
    () => readEvents("nowhere/a.npz"),
    /^nowhere\/a\.npz: expected a file, got nothing at this path\. Check the name/,
  );
  await assertRefused(
    () => readEvents("a.fits"),
    /^a\.fits: expected a file of events: \.npz, \.npy, .*\.csv.*, got the extension "\.fits"\. Read it with astropy/,
  );
});

test.run();
