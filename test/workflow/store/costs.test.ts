/** What steps took: measured, kept, and no more than a hint. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { costFile, measured, readCost } from "../../../workflow/store/costs.js";

const folder = mkdtempSync(join(tmpdir(), "unbinned-costs-"));
test.after(() => rmSync(folder, { recursive: true }));

test("work is measured by a clock and by the memory of the process", async () => {
  const { value, cost } = await measured(async () => {
    await new Promise((resolve) => setTimeout(resolve, 60));
    return 7;
  });
  assert.is(value, 7);
  // A timer may be a millisecond early.
  assert.ok(cost.seconds >= 0.059, `${cost.seconds}`);
  const { rss } = process.memoryUsage();
  assert.ok(cost.bytes > rss / 2 && cost.bytes < 2 ** 36, `${cost.bytes} of ${rss} bytes`);
});

test("what is kept is read; what cannot be read is as if nothing was measured", () => {
  assert.is(readCost(folder, "a.step"), undefined);
  writeFileSync(costFile(folder, "a.step"), '{"seconds":1.5,"bytes":1000}');
  assert.equal(readCost(folder, "a.step"), { seconds: 1.5, bytes: 1000 });
  for (const text of [
    "",
    "{",
    "null",
    "[]",
    '{"seconds":-1,"bytes":1}',
    '{"seconds":1}',
    '{"seconds":"1","bytes":1}',
  ]) {
    writeFileSync(costFile(folder, "a.step"), text);
    assert.is(readCost(folder, "a.step"), undefined, text);
  }
});

test.run();
