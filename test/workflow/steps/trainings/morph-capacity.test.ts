/** A shift is learned by a simple morph and nothing else is trained; a shape that it cannot learn is, by the configured one. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { writeNpz } from "../../../../io/index.js";
import { runInProcess } from "../../../cli/in-process.js";
import { randomNumbers } from "../../../support/random-numbers.js";

const folder = mkdtempSync(join(tmpdir(), "unbinned-capacity-"));
test.after(() => rmSync(folder, { recursive: true }));

const COUNT = 3000;

test.before(async () => {
  const random = randomNumbers(12);
  /** Normal, moved by `shift`; every second one of `bump` of the events comes closer to 0. */
  const write = async (name: string, shift: number, bump: number) => {
    const x = Float64Array.from({ length: COUNT }, (_, i) => {
      const z = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
      return shift + (i < bump * COUNT ? 0.2 * z : z);
    });
    await writeNpz(join(folder, `${name}.npz`), { x: { shape: [COUNT], data: x } });
  };
  await write("nominal", 0, 0.2);
  await write("shift-up", 0.1, 0.2);
  await write("shift-down", -0.1, 0.2);
  await write("bump-up", 0, 0.35);
  await write("bump-down", 0, 0.05);
  await write("events", 0.05, 0.2);
});

test("the morph that is configured is trained where samples show what the simple one has not learned", async () => {
  const at = (name: string, value: number) =>
    `{ file: ${name}-${value > 0 ? "up" : "down"}.npz, at: { ${name}: ${value} } }`;
  const samples = ["shift", "bump"].flatMap((name) => [at(name, 1), at(name, -1)]);
  writeFileSync(
    join(folder, "analysis.yaml"),
    `
observables: { x: { features: 1 } }
likelihood: { observables: [x] }
processes: { only: { yield: 3000, samples: [{ file: nominal.npz }, ${samples.join(", ")}] } }
nuisances: { shift: , bump: }
data: { file: events.npz }
flows: { x: { kind: affine, transforms: 1, hidden: [4], training: { epochs: 3, batch: 100 } } }
morph: { x: { bins: 6, hidden: [8], training: { epochs: 4, batch: 100 } } }
scan: { nuisances: [shift], pairs: [[shift, bump]], points: 3, grid: 3, range: 1 }
report: { bins: 8 }
`,
  );
  const out = join(folder, "out");
  const ran = await runInProcess(["run", join(folder, "analysis.yaml"), "--out", out, "--threads", "1"]);
  assert.is(ran.code, 0, ran.error);
  const stages = readdirSync(join(out, "steps")).flatMap(
    (name) => /^x\.morph\.(.*)\.safetensors$/.exec(name)?.[1] ?? [],
  );
  assert.equal(stages.sort(), [
    "quadratic.bump",
    "residual.bump",
    "residual.shift",
    "simple.bump",
    "simple.shift",
    "single.bump",
  ]);
});

test.run();
