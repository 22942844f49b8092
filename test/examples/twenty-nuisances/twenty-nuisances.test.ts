/** The example with twenty nuisances in x, end to end: `npm run study:examples` has y too. */
import { readdirSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { readSavedModel } from "../../../workflow/store/model-files.js";
import { at, checkPicture, ONE_SIDED, removeTwenty, runTwenty, trainedAlone } from "./small-run.js";

test.after(removeTwenty);

test("twenty nuisances in x end to end, each trained alone; the report shows what leads", async () => {
  const results = await runTwenty("likelihood.observables=[x]");
  assert.is(results.nuisances.length, 20);
  // Of sixteen that act on shapes, three act on y alone.
  assert.is(trainedAlone("x").length, 13);
  assert.not.ok(readdirSync(at("out", "steps")).some((name) => name.includes("joint") || name.includes("together")));
  const { x } = await readSavedModel(at("out"));
  const oneSided = x.morph!.architecture.nuisances.flatMap(({ linearOnly }, k) =>
    linearOnly ? [results.nuisances[k]] : [],
  );
  assert.equal(oneSided, ONE_SIDED);
  // 23 samples of the signal and 22 of the background, each in two features and their pair.
  assert.is(results.closure.tests.length, 45 * (2 + 1));
  checkPicture();
});

test.run();
