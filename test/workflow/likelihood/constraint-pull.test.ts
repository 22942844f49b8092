import { test } from "uvu";
import * as assert from "uvu/assert";
import { clean, removeMass, run, runMass, write } from "../../cli/mass-run.js";

test.before(runMass);
test.after(removeMass);

test("data that are cut where simulation is not: fit says which nuisances are pulled away from their constraints", async () => {
  // Without both tails the width is a third of the simulated one, log(1/3) / log(1.2) = -6 units of the nuisance, if it went on as between its samples.
  await write(
    "cut.npz",
    clean.map((mass) => (Math.abs(mass - 50) < 6 ? mass : 50 + (mass - 50) / 10)),
  );
  const { error } = await run("fit", "--set", "data.file=cut.npz", "--set", "fit.bounds=[-9,9]");
  assert.match(
    error,
    /The data pull width by -\d\.\d standard deviations of the constraint away from its nominal value\. .* same cuts and units/,
  );
  const { error: ofClean } = await run("fit");
  assert.not.match(ofClean, /away from its nominal value/);
});

test.run();
