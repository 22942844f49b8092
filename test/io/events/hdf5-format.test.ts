/** Files of h5py, PyTables and pandas, with what h5py reads from them: ../../references/hdf5.py made both. */
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { listColumns, openEvents, readEvents, readTable } from "../../../io/columns.js";
import { openTable } from "../../../io/events/open-table.js";
import { answers, assertSame, hdf5File } from "../hdf5/files.js";
import { assertRefused, withFolder } from "../support.js";

for (const [name, parts] of Object.entries(answers)) {
  for (const [part, columns] of Object.entries(parts)) {
    if (name === "lists.h5") continue;
    test(`${name}:${part} reads as in h5py`, async () => {
      const table = await readTable(part === "" ? hdf5File(name) : `${hdf5File(name)}:${part}`);
      for (const [column, answer] of Object.entries(columns)) {
        const contents = table.columns.get(column);
        assert.ok(contents !== undefined, `${column}: ${table.unread.get(column)?.message}`);
        if ("data" in contents) assert.equal(contents.shape, answer.shape, column);
        assertSame(column, "data" in contents ? (contents.data as Iterable<unknown>) : contents, answer);
      }
    });
  }
}

test("types are those of the file: truth values, widths, both orders of bytes", async () => {
  const { columns } = await readTable(`${hdf5File("kinds.h5")}:deep/events`);
  const of = (name: string) => columns.get(name) as { data: object; isBool?: true };
  const types = [
    "Int8",
    "Int16",
    "Int32",
    "BigInt64",
    "Uint8",
    "Uint16",
    "Uint32",
    "BigUint64",
    "Float32",
    "Float32",
    "Float64",
  ];
  for (const [i, kind] of ["i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8"].entries()) {
    for (const order of ["little", "big"])
      assert.is(of(`${order}_${kind}`).data.constructor.name, `${types[i]}Array`, kind);
  }
  assert.is(of("truth").isBool, true);
  assert.is(of("little_u1").isBool, undefined);
});

test("integers beyond 2^53 are exact or refused, with their row", async () => {
  const path = `${hdf5File("records.h5")}:native`;
  const [big] = (await readEvents(path, ["id"], { head: 1 })).columns.get("id")!.data;
  assert.is(big, 2 ** 63);
  await assertRefused(
    () => readEvents(path, ["id"]),
    /native|records\.h5, column "id": expected integers that a double holds exactly, got 9223372036854775809 in row 1 /,
  );
});

test("lists of different lengths: elements, their numbers, what stands for a missing one", async () => {
  const path = hdf5File("lists.h5");
  const columns = answers["lists.h5"]!["/"]!;
  for (const name of ["of_f4", "of_i2", "of_u8"]) {
    const rows = columns[name]!.values.split("|").map((row) =>
      row
        .split(",")
        .filter((one) => one !== "")
        .map(Number),
    );
    const wanted = [`${name}[size]`, `${name}[0]`, `${name}[2]`, "flat"];
    const events = await openEvents(path, wanted, { missing: { [wanted[1]!]: -7, [wanted[2]!]: -8 } });
    for (const [from, to] of [
      [0, 20],
      [5, 13],
      [7, 7],
      [19, 20],
    ] as const) {
      const table = await events.read(from, to);
      const expected = rows.slice(from, to);
      const of = (i: number) => [...table.columns.get(wanted[i]!)!.data];
      assert.equal(
        of(0),
        expected.map((row) => row.length),
      );
      assert.equal(
        of(1),
        expected.map(([first = -7]) => first),
      );
      assert.equal(
        of(2),
        expected.map(([, , third = -8]) => third),
      );
    }
    await events.close();
  }
  await assertRefused(
    () => readEvents(path, ["of_f4[0]"]),
    /column "of_f4": expected at least 1 elements in every event, got 0 in row 0 /,
  );
  const { unread } = await readTable(path);
  assert.equal([...unread.keys()], ["of_f4", "of_i2", "of_u8"]);
});

test("what cannot be read right is refused by what it is, and only where it is asked for", async () => {
  for (const [name, column, got, other] of [
    ["filters.h5", "lzf", /got chunks packed by the filter lzf \(number 32000\)/, "good"],
    ["filters.h5", "nbit", /got integers of 11 bits in 4 bytes/, "good"],
    ["virtual.h5", "x", /got a virtual dataset, whose numbers are in other files/, "y"],
    ["headers-latest.h5:/", "bfloat", /got floats of 2 bytes that are not those of IEEE 754/, "records.x"],
    ["headers-earliest.h5:/", "bits", /got integers of 12 bits in 2 bytes/, "records.x"],
    ["headers-latest.h5:/", "elsewhere", /got numbers that are in other files/, "records.x"],
    ["kinds.h5", "when", /got bytes without a meaning \(opaque\)/, "truth"],
    ["groups.h5:data", "other", /got a link that leads out of the file, or nowhere/, "z"],
    ["records.h5:enumerated", "enumerated", /got records of big-endian numbers and enumerations/, undefined],
  ] as const) {
    const path = hdf5File(name);
    await assertRefused(() => readEvents(path, [column]), got);
    const { unread } = await readTable(path);
    assert.match(unread.get(column)!.message, got);
    if (other !== undefined) assert.ok((await readEvents(path, [other])).count > 0);
  }
  await assertRefused(() => readEvents(hdf5File("kinds.h5"), ["words"]), /column "words": expected numbers, got words/);
});

test("rows of a file are those of its own datasets; others are named when columns are carried along", async () => {
  const events = await openEvents(hdf5File("chunks.h5"), []);
  assert.equal([events.count, events.columns.size], [300, 0]);
  await events.close();
  await assertRefused(
    () => openEvents(`${hdf5File("groups.h5")}:uneven`, []),
    /expected columns of one length, got 7 events in "long" and 3 in "short"/,
  );
  assert.is((await readEvents(`${hdf5File("groups.h5")}:uneven`, ["short"])).count, 3);
  const table = await openTable(`${hdf5File("groups.h5")}:data`);
  assert.equal(table.names, ["z", "a", "soft", "jets.pt"]);
  assert.equal([...table.unread.keys()], ["nowhere", "other"]);
  assert.equal([...((await table.read(1, 3)).get("a") as { data: Float64Array }).data], [2, 4]);
  await table.close();
});

test("several files, one after another; their columns in one type", () =>
  withFolder(async (folder) => {
    for (const name of ["b.h5", "a.hdf5", "c.hdf"]) copyFileSync(hdf5File("chunks.h5"), join(folder, name));
    const one = (await readEvents(hdf5File("chunks.h5"), ["all"])).columns.get("all")!.data;
    const events = await openEvents([`${folder}/[ab].h*`, `${folder}/c.hdf:/`], ["all"]);
    const { columns } = await events.read(299, 601);
    assert.equal(events.count, 900);
    assert.equal([...columns.get("all")!.data], [one[299], ...one, one[0]]);
    await events.close();
    assert.equal(await listColumns(`${folder}/*.h5`), [
      "all",
      "checked",
      "gzip",
      "halfWritten",
      "offset",
      "plain",
      "shuffled",
      "wide",
    ]);
  }));

test.run();
