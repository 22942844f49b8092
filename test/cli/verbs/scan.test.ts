/** `unbinned scan`: numbers and pictures. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { readNpz, writeNpz } from "../../../io/index.js";
import {
  folder,
  jsonAndCode,
  jsonOf,
  removeAnalyses,
  smoothFile,
  writeAnalyses,
} from "../../cli/likelihood-analyses.js";
import { close } from "../../support/close.js";

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

test("scans and MINOS of weighted events are in errors of the sandwich", async () => {
  // Every event 4 times at a quarter of its weight: the same -ln L, and scores whose products are a quarter.
  const events = await readNpz(join(folder, "smooth.npz"));
  const quarters = [...events].map(([name, { shape, data }]) => {
    const own = Array.from(data as Float64Array);
    return [name, { shape: [4 * shape[0]!, ...shape.slice(1)], data: Float64Array.from([own, own, own, own].flat()) }];
  });
  const count = 4 * events.get("x")!.shape[0]!;
  const weight = { shape: [count], data: new Float64Array(count).fill(0.25) };
  await writeNpz(join(folder, "quarters.npz"), { ...Object.fromEntries(quarters), weight });
  const words = ["--precision", "f64", "--set", "fit.minos=true", "--out"];
  const plain = (await jsonOf(smoothFile, "scan", ...words, join(folder, "plain"))).result;
  const data = ["--set", "data.file=quarters.npz", "--set", "data.weight=weight"];
  // That every event is there 4 times is noticed.
  const { result: weighted, code } = await jsonAndCode(smoothFile, "scan", ...words, join(folder, "weighted"), ...data);
  assert.is(code, 4);
  assert.is(weighted.fit.estimator, "sandwich");
  close(weighted.fit.estimate, plain.fit.estimate, { absolute: 1e-3, relative: 0 }, "estimates");
  const ratio = weighted.fit.sigma[0] / plain.fit.sigma[0];
  assert.ok(ratio < 0.9, `errors are ${ratio} of those of whole events`);
  // MINOS is as far from the sandwich as that of whole events is from the Hessian, but for the curvature's change over a shorter way.
  const minos = ({ fit }: typeof plain) => [-fit.minos[0].lower / fit.sigma[0], fit.minos[0].upper / fit.sigma[0]];
  close(minos(weighted), minos(plain), { absolute: 0.05, relative: 0 }, "MINOS");
  const [of, own] = [plain, weighted].map(({ single }) => single[0]);
  const width = ({ values }: typeof of) => values.at(-1) - values[0];
  close(
    [width(own) / width(of), own.level, of.level ?? 1],
    [ratio, ratio ** 2, 1],
    { absolute: 0, relative: 1e-3 },
    "level",
  );
  close(own.deltaTwoNll, of.deltaTwoNll, { absolute: 0.5, relative: 0 }, "-2 Delta ln L at 0, 1 and 2 errors");
  assert.ok(own.deltaTwoNll[0] > 3, `${own.deltaTwoNll}`);
});

test.run();
