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
    () => readEvents("a.h5"),
    /^a\.h5: expected a file of events: \.npz, \.npy, .*\.csv.*, got the extension "\.h5"\. Read it with h5py/,
  );
});

test("NaN and Inf in a column are counted, the first row of any feature named", async () => {
  const data = Float32Array.of(0, Number.NaN, 2, 3, 4, Number.POSITIVE_INFINITY, 6, 7);
  const table = await tableOf({ x: { shape: [4, 2], data } });
  await assertRefused(
    () => requireColumn(table, "x"),
    /a\.npz, column "x": expected finite values, got 2 values that are not, the first NaN in row 0 \(counted from 0\) of "x\[1\]"\. Remove these events/,
  );
  const one = await tableOf({ x: vector(1, Number.NEGATIVE_INFINITY) });
  await assertRefused(
    () => requireColumn(one, "x"),
    /got 1 value that is not, the first -Infinity in row 1 \(counted from 0\) of "x"/,
  );
});

test("wrong width and zero events are refused", async () => {
  const table = await tableOf({ x: { shape: [2, 2], data: new Float32Array(4) } });
  await assertRefused(
    () => requireColumn(table, "x", { features: 1 }),
    /column "x": expected 1 feature, got 2 features\. Name the columns that hold them, or correct/,
  );
  const empty = await tableOf({ x: { shape: [0, 2], data: new Float32Array() } });
  assert.is(empty.count, 0);
  await assertRefused(
    () => requireColumn(empty, "x", { features: 2 }),
    /column "x": expected at least one event, got none/,
  );
});

test("several columns are stacked feature after feature", async () => {
  const table = await tableOf({
    x: { shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) },
    m: vector(5, 6),
    w: { shape: [2], data: Float64Array.of(0.1, 0.2) },
  });
  const stacked = requireColumn(table, ["m", "x"], { features: 3 });
  assert.equal(stacked, { features: ["m", "x[0]", "x[1]"], data: Float32Array.of(5, 6, 1, 3, 2, 4) });
  assert.equal(requireColumn(table, ["m", "w"]).data, Float64Array.of(5, 6, 0.1, 0.2));
  assert.is(requireColumn(table, "w").data, table.columns.get("w")!.data);
});

test.run();
