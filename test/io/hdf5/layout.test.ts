/** Where events are in a file: groups.h5 of ../../references/hdf5.py says what is in which group. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { Hdf5File } from "../../../io/hdf5/file.js";
import { findEvents } from "../../../io/hdf5/layout.js";
import { assertRefused } from "../support.js";
import { hdf5File } from "./files.js";

async function namesIn(name: string, part?: string): Promise<{ all: string[]; own: string[] }> {
  const file = await Hdf5File.open(hdf5File(name));
  try {
    const { columns, own } = await findEvents(file, part);
    return { all: columns.map((column) => column.name), own: own.map((column) => column.name) };
  } finally {
    await file.release();
  }
}

test("without a name the one group with events, at any depth; of several, all are named", async () => {
  assert.ok((await namesIn("kinds.h5")).all.includes("little_f4"));
  assert.equal((await namesIn("pytables.h5")).all, ["pt", "name", "run", "trigger"]);
  await assertRefused(
    () => namesIn("groups.h5"),
    /groups\.h5: expected events in one group, got some in "\/simulation", "\/data", "\/uneven", "\/simulation\/jets", "\/data\/jets"\. Name it behind a colon: .*groups\.h5:simulation$/,
  );
});

test("a group by its path, however it is written; groups in it are before the names of their columns", async () => {
  for (const part of ["simulation", "/simulation", "simulation/", "/simulation/"]) {
    assert.equal(await namesIn("groups.h5", part), { all: ["z", "a", "jets.pt"], own: ["z", "a"] }, part);
  }
  assert.equal((await namesIn("groups.h5", "simulation/jets")).all, ["pt"]);
  assert.equal((await namesIn("groups.h5", "uneven/long")).all, ["long"]);
  assert.equal((await namesIn("kinds.h5", "deep")).all, (await namesIn("kinds.h5")).all);
  const { all } = await namesIn("groups.h5", "/");
  assert.ok(all.includes("simulation.jets.pt") && !all.includes("info"), all.join());
});

test("links: within the file another name of the same, out of it or nowhere a column that is not read, back once", async () => {
  const { all } = await namesIn("groups.h5", "data");
  assert.equal(all.sort(), ["a", "jets.pt", "nowhere", "other", "soft", "z"]);
});

test("a wrong name: the nearest; a group without events", async () => {
  await assertRefused(
    () => namesIn("groups.h5", "simulatoin"),
    /expected a group "simulatoin", got "simulation", .* Did you mean "simulation"\?$/,
  );
  await assertRefused(
    () => namesIn("groups.h5", "info"),
    /groups\.h5:info: expected datasets with events along their first axis, got none$/,
  );
  await assertRefused(() => namesIn("groups.h5", "data/other"), /expected a group "data\/other"/);
});

test("records: their fields, those of records in them behind a point", async () => {
  const fields = ["pt", "charge", "good", "id", "p", "name", "vertex.x", "vertex.y"];
  assert.equal((await namesIn("records.h5", "native")).all, fields);
  const { all } = await namesIn("records.h5", "/");
  assert.ok(all.includes("native.vertex.x") && all.includes("big.c"), all.join());
});

test("pandas: columns have their names whether they are fields of their own or blocks", async () => {
  const expected = ["index", "pt", "eta", "charge", "kind"];
  assert.equal((await namesIn("pandas.h5", "columns")).all, expected);
  assert.equal((await namesIn("pandas.h5", "blocks/table")).all, expected);
});

test.run();
