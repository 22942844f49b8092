/** What a run says of data that simulation does not describe, once it has fitted them. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { clean, folder, removeMass, run, runMass, withEvents, write } from "../../cli/mass-run.js";

test.before(runMass);
test.after(removeMass);

test("run: events of lower density than simulation are counted, the lowest named, with what they do to the fit", async () => {
  await write("low.npz", withEvents(Array.from({ length: 400 }, (_, i) => 85 + i / 100)));
  const out = join(folder, "low-out");
  // Without the bounds the width would describe them.
  const { error, code } = await run(
    "run",
    "--set",
    "data.file=low.npz",
    "--set",
    "fit.bounds=[-0.5, 0.5]",
    "--out",
    out,
  );
  assert.ok(code === 4 || code === 3, error);
  assert.match(
    error,
    /low\.npz: 4\d\d of 2000 events have a log p of x below -[\d.]+, which [\d.]+% of 200 held-out simulated events do not exceed \(probability [\de.-]+ where their tail is three times that of simulation\)/,
  );
  assert.match(error, /The lowest: row 404 \(counted from 0\): mass = 88\.99, with log p = -[\d.]+; row 403 /);
  assert.match(error, /Together they move .* standard deviations.*\. Simulation does not describe them/);
});

test("run: events outside of the simulated range, that are too few for a finding by density, with what they do to the fit", async () => {
  await write("beyond.npz", withEvents(Array.from({ length: 60 }, (_, i) => 97 + i / 10)));
  const out = join(folder, "beyond-out");
  const { error, code } = await run("run", "--set", "data.file=beyond.npz", "--out", out);
  assert.ok(code === 4 || code === 3, error);
  const text =
    /beyond\.npz: 60 of 2000 events lie outside of the simulated ranges\. Together they move width by \+[\d.]+.* standard deviations, in one Newton step\. Set data\.outside to drop to see the fit without them/;
  assert.match(error, text);
  assert.match(readFileSync(join(out, "report.html"), "utf8"), /Set data\.outside to drop/);
});

test("run: clean data have no finding, but their events of the largest influence", async () => {
  const { error, code } = await run("run", "--out", join(folder, "clean-out"));
  assert.is(code, 0, error);
  const { verdicts, influence } = JSON.parse(readFileSync(join(folder, "clean-out", "results.json"), "utf8"));
  // Its trainings take a second.
  assert.equal(
    verdicts.filter(({ check }: { check: string }) => check !== "training"),
    [],
  );
  // The width follows from the square of the distance from the mean, 50: the farthest event moves it most.
  const distance = Array.from(clean, (mass) => Math.abs(mass - 50));
  assert.is(influence[0].parameter, "width");
  assert.ok(distance[influence[0].events[0].row]! > 0.9 * Math.max(...distance));
});

test.run();
