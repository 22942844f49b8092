/** The list of verdicts of a run: causes before what follows from them, and what the run ends with. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { exitCode } from "../../cli/command/exit-codes.js";
import {
  fitVerdicts,
  namesOfChecks,
  requirePassed,
  type Verdict,
  Verdicts,
  verdictLines,
  verdictText,
} from "../../workflow/verdicts.js";

const verdict = (check: string, about: Verdict["about"], failed = true): Verdict => ({
  check,
  about,
  failed,
  text: `${check} was found`,
  advice: `Mend ${check}`,
});

/** The advice on each, after all have been added one by one. */
function adviceOn(...found: Verdict[]): string[] {
  const verdicts = new Verdicts(() => {});
  for (const own of found) verdicts.add([own]);
  return verdicts.all.map(({ advice }) => advice);
}

const thrownBy = (verdicts: readonly Verdict[]): Error | undefined => {
  try {
    requirePassed("fit of x", verdicts);
  } catch (error) {
    return error as Error;
  }
  return undefined;
};

test("each verdict is a warning, at once, with what was found and what to do", () => {
  const said: string[] = [];
  const verdicts = new Verdicts((text) => said.push(text));
  verdicts.add([verdict("spike", "data"), verdict("rounding", "data", false)]);
  assert.equal(said, ["spike was found. Mend spike", "rounding was found. Mend rounding"]);
  verdicts.add([]);
  assert.is(said.length, 2);
  assert.is(verdictText({ ...verdict("spike", "data"), advice: "" }), "spike was found");
});

test("what follows from an earlier failure advises to mend that first: densities from simulation, a fit from all", () => {
  const first = (...names: string[]) => `First mend what failed before and may be its cause: ${names.join(", ")}`;
  const [spike, training, closure] = [
    verdict("spike", "simulation"),
    verdict("training", "densities"),
    verdict("closure", "densities"),
  ];
  assert.equal(adviceOn(spike, training, closure), ["Mend spike", first("spike"), first("spike", "training")]);
  // Values of the data are no cause of what simulation was trained to.
  const inData = verdict("spike", "data");
  assert.equal(adviceOn(inData, training, closure), ["Mend spike", "Mend training", first("training")]);
  assert.equal(adviceOn(inData, verdict("training", "fit")), ["Mend spike", first("spike")]);
  assert.equal(adviceOn(training, training, verdict("goodness of fit", "fit")).at(-1), first("training (2)"));
});

test("what only warned explains nothing, and events of one kind do not explain those of another", () => {
  assert.equal(adviceOn(verdict("training", "densities", false), verdict("closure", "densities")), [
    "Mend training",
    "Mend closure",
  ]);
  assert.equal(adviceOn(verdict("spike", "data"), verdict("support", "data"), verdict("grid", "simulation")), [
    "Mend spike",
    "Mend support",
    "Mend grid",
  ]);
});

test("verdicts that come together do not explain one another", () => {
  const verdicts = new Verdicts(() => {});
  verdicts.add([verdict("training", "densities"), verdict("closure", "densities")]);
  assert.equal(
    verdicts.all.map(({ advice }) => advice),
    ["Mend training", "Mend closure"],
  );
});

test("a run ends with 0 where nothing failed, with 4 where a check did, with 3 where the fit did not converge", () => {
  assert.is(thrownBy([]), undefined);
  assert.is(thrownBy([verdict("training", "densities", false)]), undefined);
  const failed = thrownBy([
    verdict("rounding", "data", false),
    verdict("closure", "densities"),
    verdict("closure", "densities"),
    verdict("goodness of fit", "fit"),
  ])!;
  assert.is(exitCode(failed), 4);
  assert.is(
    failed.message,
    "fit of x: expected checks that pass, got 3 that failed, named in the warnings: closure (2), goodness of fit. Mend closure. " +
      "The results are written, with this verdict",
  );
  const fit = fitVerdicts("fit of x", { status: "iteration-limit", reason: "It took 50 steps." });
  const unfinished = thrownBy([verdict("spike", "data"), ...fit])!;
  assert.is(exitCode(unfinished), 3);
  assert.match(unfinished.message, /the verdict iteration-limit\. It took 50 steps\. /);
});

test("a fit that converged has no verdict; another says why", () => {
  assert.equal(fitVerdicts("fit of x", { status: "converged", reason: "" }), []);
  const [found] = fitVerdicts("fit of x", { status: "non-finite", reason: "NaN at the start." });
  assert.is(verdictText(found!), "fit of x: it did not converge (non-finite). NaN at the start");
  assert.ok(found!.failed);
});

test("the last lines of a run name what failed", () => {
  assert.is(verdictLines([verdict("training", "densities", false)], []), "Every check passed.");
  assert.is(verdictLines([], ["closure"]), "Every check that was made passed.");
  assert.is(verdictLines([verdict("spike", "data")], []), "1 check failed:\n- spike was found. Mend spike.");
  assert.match(
    verdictLines([verdict("spike", "data"), verdict("closure", "fit")], []),
    /^2 checks failed:\n- .*\n- .*\.$/,
  );
  assert.is(namesOfChecks([verdict("a", "fit"), verdict("b", "fit"), verdict("a", "data")]), "a (2), b");
});

test.run();
