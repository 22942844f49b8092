/** Toys in files: every flipped bit is noticed, and a toy counts once. */
import { copyFileSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { keptToys, missingToys, readToy, saveToy, type ToyRecord, toysIn } from "../../../workflow/steps/toy-files.js";
import { sealed } from "../../../workflow/store/checksum.js";
import { everyByte, forEachFlip } from "../store/flipped-bits.js";

const folder = mkdtempSync(join(tmpdir(), "unbinned-toy-files-"));
const at = (...names: string[]) => join(folder, ...names);
test.after(() => rmSync(folder, { recursive: true }));

test("every byte of a toy: an error that names it, or no toy of this plan", async () => {
  const fit = { label: "fit", status: "converged", estimate: [1e-21], covariance: [[1]], sigma: [1] } as const;
  const record: ToyRecord = {
    toy: 3,
    key: "k".repeat(8),
    truth: [0],
    point: null,
    events: 10,
    fits: { fit },
    warnings: [],
  };
  await saveToy(folder, record);
  const file = at("3.json");
  assert.equal(await readToy(folder, 3, record.key), sealed(record));
  let neutral = 0;
  await forEachFlip(file, everyByte(file), async (where) => {
    const now = await readToy(folder, 3, record.key).catch((error) => error);
    if (now instanceof Error)
      assert.match(now.message, /3\.json: expected a toy .* The toy is missing until it is done again/s);
    else if (now !== undefined) {
      // 1e-21 and 1E-21 are one number, and so is the end of the line to JSON.
      assert.equal(now, sealed(record), where);
      neutral++;
    }
  });
  assert.ok(neutral < 4, `${neutral}`);
});

test("a toy counts once, under its own number", async () => {
  const folder = mkdtempSync(join(tmpdir(), "unbinned-toys-"));
  const record: ToyRecord = { toy: 3, key: "k", truth: [0], point: null, events: 10, fits: {}, warnings: [] };
  await saveToy(folder, record);
  for (const name of ["03.json", "4.json", "1e3.json", "99999999999999999999.json"]) {
    copyFileSync(join(folder, "3.json"), join(folder, name));
  }
  assert.equal(toysIn(folder), [3, 4]);
  assert.equal(await readToy(folder, 3, "k"), sealed(record));
  const refused = (toy: number) => readToy(folder, toy, "k").catch((error) => error.message);
  assert.match(await refused(4), /4\.json: expected a toy .*it is that of toy 3.* The toy is missing/);
  writeFileSync(join(folder, "5.json"), "null");
  assert.match(await refused(5), /5\.json: expected a toy .*no JSON object.* The toy is missing/);
  rmSync(folder, { recursive: true });
});

test("a damaged toy is done again, and missing in a sum until then, in words; so is one that is not there", async () => {
  const folder = mkdtempSync(join(tmpdir(), "unbinned-toys-"));
  const record: ToyRecord = { toy: 0, key: "k", truth: [0], point: null, events: 10, fits: {}, warnings: [] };
  for (const toy of [0, 1, 2, 4]) await saveToy(folder, { ...record, toy });
  await saveToy(folder, { ...record, toy: 5, key: "other" });
  truncateSync(join(folder, "1.json"), 40);
  const said: string[] = [];
  const say = (text: string) => void said.push(text);
  assert.equal(await missingToys(folder, [0, 1, 2, 3], "k", say), [1, 3]);
  assert.match(said.splice(0).join("\n"), /^[^\n]*1\.json: expected a toy .* missing until it is done again$/);
  const { records, missing } = await keptToys(folder, "k", [0, 1, 2, 3, 4, 5], say);
  assert.equal(
    records.map(({ toy }) => toy),
    [0, 2, 4],
  );
  assert.equal(missing, [1, 3, 5]);
  assert.match(said.join("\n"), /1\.json: expected a toy .*\n.*: 2 of 5 toys are of another configuration, damaged/);
  truncateSync(join(folder, "0.json"), 40);
  truncateSync(join(folder, "2.json"), 40);
  const refused = await keptToys(folder, "k", [], say).catch((error) => error.message);
  assert.match(refused, /expected at least two toys of this configuration, got 1/);
  rmSync(folder, { recursive: true });
});

test.run();
