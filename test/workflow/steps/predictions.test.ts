/** What a fit predicts, as results have it. */
import { existsSync, readFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { at, removeEnsemble, runWhole } from "../../cli/ensemble-run.js";

test.before(runWhole);
test.after(removeEnsemble);

test("results have bands around the projections, and the errors that the model should have given", () => {
  const { projections, expected, yields } = JSON.parse(readFileSync(at("whole", "results.json"), "utf8"));
  for (const { band } of projections) {
    assert.is(band.central.length, 8);
    for (const side of ["lower", "upper"]) {
      for (const [i, width] of band.total[side].entries()) {
        // All errors together are no smaller than those of the replicas.
        assert.ok(width >= band.statistical[i] * (1 - 1e-12));
      }
    }
    assert.ok(Math.max(...band.systematic.upper) > 0);
  }
  const [known, alone] = [expected.transportKnown, expected.xAlone].map(({ covariance }) => covariance.sigma);
  for (const k of [0, 1]) assert.ok(known[k] < alone[k], `${known[k]} with T known, ${alone[k]} of x alone`);
  assert.equal(
    yields.map(({ name }: { name: string }) => name),
    ["A", "B"],
  );
  assert.ok(existsSync(at("whole", "pictures", "replicas.svg")));
});

test.run();
