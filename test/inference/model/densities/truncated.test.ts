/** Truncations of truncations: what both leave, in closed form, and what leaves nothing. */
import { test } from "uvu";
import { referenceBackend } from "../../../../engine/reference/backend.js";
import { checkedComposition } from "../../../../inference/model/composition/composition.js";
import type { Region } from "../../../../inference/model/language/region.js";
import { close, tolerances } from "../../../support/close.js";
import { rejects } from "../../../support/rejects.js";
import { logProbOf } from "./evaluate-density.js";
import { parameter } from "./samples.js";

/** Of a uniform density on [0, 10], in [0, 3] and [5, 8]. */
const twice = (region: Region) =>
  checkedComposition({
    parameters: [parameter("unused", 1)],
    columns: { m: { range: [0, 10] }, t: {}, kind: { values: [0, 1] } },
    densities: {
      u: { kind: "uniform", x: "m" },
      sides: {
        kind: "truncated",
        density: "u",
        region: {
          m: [
            [0, 3],
            [5, 8],
          ],
        },
      },
      own: { kind: "truncated", density: "sides", region },
    },
  });

test("a truncation of a truncated density is in both", async () => {
  const m = Float64Array.of(1, 2.5, 4, 5.5, 7);
  const logs = await logProbOf(referenceBackend(), twice({ m: [[2, 6]] }), "own", { m });
  // 1 of [2, 3] and 1 of [5, 6].
  close(Array.from(logs, Math.exp), [0, 0.5, 0, 0.5, 0], tolerances.f64);
});

test("regions that leave nothing, of other columns, and values of a category are refused", async () => {
  await rejects(
    () =>
      twice({
        m: [
          [3, 5],
          [8, 10],
        ],
      }),
    /density own, m: expected intervals that overlap those of sides, \[0, 3\], \[5, 8\], got \[3, 5\], \[8, 10\]/,
  );
  await rejects(() => twice({}), /a region with at least one column, got none/);
  await rejects(() => twice({ t: [[0, 1]] }), /columns that sides is of \(m\), got t/);
  await rejects(() => twice({ m: [[1, 1]] }), /intervals from low to high, got the value 1\. Write an interval as/);
  await rejects(() => twice({ kind: [[1, 1]] }), /columns that sides is of \(m\), got kind/);
});

test.run();
