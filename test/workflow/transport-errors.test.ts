/** Errors of T by what a run has: each missing part is named, with the setting that adds it. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { FittedModel } from "../../workflow/steps/fits/fitted-model.js";
import { errorLabel, errorsOfT, mapErrors } from "../../workflow/transport-errors.js";

test("an ensemble and a response together leave nothing out", () => {
  const found = mapErrors({ hasResponse: true, replicas: 2 });
  assert.equal(found, { statistical: true, nuisances: true, missing: null });
  assert.is(errorLabel(found), "total ± 1σ");
});

test("no replicas, or one alone, have no statistical error; no response none of the nuisances", () => {
  for (const replicas of [0, 1]) {
    const found = mapErrors({ hasResponse: true, replicas });
    assert.is(found.statistical, false);
    assert.match(found.missing!, /^Errors of T lack the statistical error of T, .*: set ensemble\.replicas to 9\.$/);
    assert.match(errorLabel(found), "statistical error missing");
  }
  const spread = mapErrors({ hasResponse: false, replicas: 3 });
  assert.match(spread.missing!, /^Errors of T lack the error of the nuisances: set response\.enabled to true\.$/);
  assert.match(errorLabel(spread), "nuisances missing");
  assert.match(
    mapErrors({ hasResponse: false, replicas: 0 }).missing!,
    /replicas to 9; and the error of the nuisances/,
  );
});

test("a run without T has no errors of T", () => {
  const of = (model: object) => errorsOfT({ model, replicas: [] } as unknown as FittedModel);
  assert.is(of({}), undefined);
  assert.equal(of({ transport: {}, response: {} }), mapErrors({ hasResponse: true, replicas: 0 }));
});

test.run();
