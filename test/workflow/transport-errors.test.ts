/** Errors of T by what a run has: each missing part is named, with the setting that adds it. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import type { FittedModel } from "../../workflow/steps/fits/fitted-model.js";
import { epochsOf, errorLabel, errorsOfT, mapErrors } from "../../workflow/transport-errors.js";
import { read, TOY } from "./configuration/sources.js";

const LONG = { replica: 25, transport: 25 };
const configuration = read(TOY);

test("replicas that are trained for less than T are no whole error", () => {
  const found = mapErrors({ hasResponse: true, replicas: 9, epochs: { replica: 15, transport: 25 } });
  assert.ok(found.statistical && found.isShort);
  assert.match(found.missing!, /for 15 epochs and T for 25: set ensemble\.training\.epochs to 25\.$/);
  assert.is(errorLabel(found), "total ± 1σ, of replicas too short");
});

test("an ensemble and a response together leave nothing out", () => {
  const found = mapErrors({ hasResponse: true, replicas: 2, epochs: LONG });
  assert.equal(found, { statistical: true, isShort: false, nuisances: true, missing: null });
  assert.is(errorLabel(found), "total ± 1σ");
});

test("no replicas, or one alone, have no statistical error; no response none of the nuisances", () => {
  for (const replicas of [0, 1]) {
    const found = mapErrors({ hasResponse: true, replicas, epochs: LONG });
    assert.is(found.statistical, false);
    assert.match(found.missing!, /^Errors of T lack the statistical error of T, .*: set ensemble\.replicas to 9\.$/);
    assert.match(errorLabel(found), "statistical error missing");
  }
  const spread = mapErrors({ hasResponse: false, replicas: 3, epochs: LONG });
  assert.match(spread.missing!, /^Errors of T lack the error of the nuisances: set response\.enabled to true\.$/);
  assert.match(errorLabel(spread), "nuisances missing");
  const none = mapErrors({ hasResponse: false, replicas: 0, epochs: LONG });
  assert.match(none.missing!, /replicas to 9; and the error of the nuisances/);
  assert.is(errorLabel(none), "simulation ± 1σ, errors of T missing");
});

test("a run without T has no errors of T", () => {
  const of = (model: object) => errorsOfT(configuration, { model, replicas: [] } as unknown as FittedModel);
  assert.is(of({}), undefined);
  assert.equal(
    of({ transport: {}, response: {} }),
    mapErrors({ hasResponse: true, replicas: 0, epochs: epochsOf(configuration) }),
  );
});

test.run();
