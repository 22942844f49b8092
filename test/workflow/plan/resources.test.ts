import { test } from "uvu";
import * as assert from "uvu/assert";
import { readerResources, resourcesOf, timeText } from "../../../workflow/plan/resources.js";

const MACHINE = { threads: 1, needsGpu: false };

test("times as Slurm reads them", () => {
  const cases = [
    [0, "00:00:00"],
    [3661, "01:01:01"],
    [86_399, "23:59:59"],
    [86_400, "1-00:00:00"],
    [1_000_000, "11-13:46:40"],
  ] as const;
  for (const [seconds, text] of cases) assert.is(timeText(seconds), text);
});

test("one part that was never measured leaves all of a job unknown; who only reads has the memory of the others", () => {
  const cost = { seconds: 10, bytes: 3 * 2 ** 30 };
  const unknown = { ...MACHINE, seconds: 43_200, megabytes: 4096 };
  assert.equal(resourcesOf(MACHINE, [cost, undefined]), unknown);
  // 600 s + 3 × 20 s in whole minutes; 1.5 × 3 GiB.
  const known = { ...MACHINE, seconds: 660, megabytes: 4608 };
  assert.equal(resourcesOf(MACHINE, [cost, cost]), known);
  assert.equal(readerResources(MACHINE, [unknown, known]), { ...MACHINE, seconds: 7200, megabytes: 4608 });
  assert.is(readerResources(MACHINE, []).megabytes, 1024);
});

test.run();
