/** How events are divided into chunks and groups. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { splitEvents } from "../../../../engine/webgpu/execution/chunks.js";
import { planRun } from "../../../../engine/webgpu/plan.js";
import { model } from "./two-pass-model.js";

test("every event is in one chunk and one group", () => {
  const [pass] = planRun([model().loss]).levels.flatMap((level) => level.passes);
  if (pass === undefined) throw new Error("a program without passes");
  for (const isStep of [true, false]) {
    for (const length of [0, 1, 255, 256, 257, 1000, 100_000]) {
      const split = splitEvents(pass, { start: 0, length, bound: length }, 512, isStep, 2 ** 27);
      let next = 0;
      for (const { first, events, stride, sumGroups } of split.chunks) {
        assert.is(first, next);
        assert.ok(events > 0 && stride >= events && stride % 128 === 0);
        assert.is(sumGroups, Math.ceil(events / split.sumEvents));
        next += events;
      }
      assert.is(next, length);
    }
  }
});

test("sums that a device cannot bind are refused", () => {
  const [pass] = planRun([model().outputs.gv]).levels.flatMap((level) => level.passes);
  if (pass === undefined) throw new Error("a program without passes");
  const events = { start: 0, length: 10_000, bound: 10_000 };
  assert.throws(
    () => splitEvents(pass, events, 256, true, 2 ** 12),
    /^webgpu backend: expected a device that can bind \d+ bytes, for sums over groups of events, got one that can bind 4096/,
  );
});

test.run();
