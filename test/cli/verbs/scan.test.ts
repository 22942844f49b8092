/** `unbinned scan`: numbers and pictures. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { readNpz } from "../../../io/index.js";
import { folder, jsonOf, removeAnalyses, smoothFile, writeAnalyses } from "../../cli/likelihood-analyses.js";

test.before(writeAnalyses);
test.after(removeAnalyses);

test("scan writes its numbers and a picture of each", async () => {
  const out = join(folder, "scanned");
  const { result } = await jsonOf(smoothFile, "scan", "--out", out);
  const arrays = await readNpz(join(out, "scan.npz"));
  assert.equal(arrays.get("scale/values")!.shape, [5]);
  assert.equal(arrays.get("scale,tilt/delta_two_nll")!.shape, [4, 4]);
  const [low, , middle, , high] = arrays.get("scale/delta_two_nll")!.data as Float64Array;
  assert.ok(Math.abs(middle!) < 1e-4, `-2 Delta ln L at the best fit is ${middle}`);
  // Two standard deviations away, of a likelihood that is not quite a parabola.
  for (const end of [low!, high!]) assert.ok(end > 2 && end < 8, `-2 Delta ln L at 2 sigma is ${end}`);
  assert.match(readFileSync(join(out, "scan-scale.svg"), "utf8"), /^<svg/);
  assert.match(readFileSync(join(out, "scan-scale-tilt.svg"), "utf8"), /^<svg/);
  assert.is(result.files.length, 3);
  assert.ok(existsSync(result.files[0]));
});

test.run();
