import { test } from "uvu";
import * as assert from "uvu/assert";
import { clean, removeMass, run, runMass, write } from "../../cli/mass-run.js";

test.before(runMass);
test.after(removeMass);

test("data that are cut where simulation is not: fit says which nuisances are pulled away from their constraints", async () => {
  // 0.45 of the events are left: log(0.45) / log(1.1) = -8.4 units of the rate. What the width does so far off is as its samples at ±1 happen to say.
  await write(
    "cut.npz",
    clean.filter((mass) => Math.abs(mass - 50) < 6),
  );
  const { error } = await run("fit", "--set", "data.file=cut.npz", "--set", "fit.bounds=[-9,9]");
  assert.match(
    error,
    /The data pull (width by -\d\.\d and )?rate by -\d\.\d standard deviations of the constraint away from its nominal value\. .* same cuts and units/,
  );
  const { error: ofClean } = await run("fit");
  assert.not.match(ofClean, /away from its nominal value/);
});

test.run();
