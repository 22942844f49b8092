/** The example with twenty nuisances in x and y end to end, its samples and trainings made small. `npm run study:examples`; some minutes. */
import { readdirSync } from "node:fs";
import * as assert from "uvu/assert";
import { readSavedModel } from "../../workflow/store/model-files.js";
import {
  at,
  checkPicture,
  ONE_SIDED,
  removeTwenty,
  runTwenty,
  trainedAlone,
} from "../examples/twenty-nuisances/small-run.js";

try {
  const results = await runTwenty();
  assert.is(results.nuisances.length, 20);
  assert.is(trainedAlone("x").length + trainedAlone("y").length, 2 * 16);
  assert.not.ok(readdirSync(at("out", "steps")).some((name) => name.includes("joint") || name.includes("together")));
  const { response, x } = await readSavedModel(at("out"));
  assert.is(response!.architecture.nuisances.length, 20);
  const oneSided = x.morph!.architecture.nuisances.flatMap(({ linearOnly }, k) =>
    linearOnly ? [results.nuisances[k]] : [],
  );
  assert.equal(oneSided, ONE_SIDED);
  // T at the fit and four modes up and down, two processes, one plane.
  assert.is(results.displacements.length, 9 * 2);
  // 23 samples of the signal and 22 of the background, each in two features of x and of y, in six pairs, and in all four by a classifier.
  assert.is(results.closure.tests.length, 45 * (4 + 6 + 1));
  checkPicture();
  console.log("twenty nuisances: as expected");
} finally {
  removeTwenty();
}
