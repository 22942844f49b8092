/** Steps that are done, taken as they are, looked at, or left out. */
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  allOf,
  chosenSteps,
  type SeenStep,
  StepNotDone,
  seenSteps,
  someOf,
  watchedSteps,
} from "../../../workflow/store/chosen-steps.js";
import { openSteps } from "../../../workflow/store/step-store.js";

const folder = mkdtempSync(join(tmpdir(), "unbinned-chosen-"));
test.after(() => rmSync(folder, { recursive: true }));

const PROGRESS = { begin: () => ({ update() {}, done() {} }), note() {} };
const REPORTER = { progress: PROGRESS, signal: new AbortController().signal };
const result = (value: number) => async () => ({ record: value, arrays: {} });

test("a step that is not chosen is taken where it is done, and left out by name where it is not", async () => {
  const left: string[] = [];
  const steps = await openSteps(folder, "common", false, REPORTER);
  const does = (name: string) => name === "a";
  const store = chosenSteps(steps, { does, repeats: () => false }, (name) => left.push(name));
  assert.is((await store.run("a", 1, result(1))).record, 1);
  const refused = await store.run("b", 1, result(2)).catch((error) => error);
  assert.instance(refused, StepNotDone);
  assert.is(refused.step, "b");
  assert.equal(left, ["b"]);
  await steps.run("b", 1, result(3));
  assert.is((await store.run("b", 1, result(4))).record, 3);
});

test("a step that is repeated is done again, and the others are kept", async () => {
  const steps = await openSteps(folder, "common", false, REPORTER);
  const store = chosenSteps(steps, { does: () => true, repeats: (name) => name === "a" }, () => {});
  assert.is((await store.run("a", 1, result(5))).record, 5);
  assert.is((await store.run("b", 1, result(6))).record, 3);
  assert.is((await steps.run("a", 1, result(7))).record, 5, "the repeated result is kept in turn");
});

test("looking at steps does none and writes nothing, also where there is no folder", async () => {
  const seen: SeenStep[] = [];
  const looking = (at: string) => seenSteps(at, "common", PROGRESS, (step) => seen.push(step));
  const before = readdirSync(folder, { recursive: true });
  assert.is((await looking(folder).run("a", 1, result(8))).record, 5);
  assert.instance(
    await looking(folder)
      .run("a", 2, result(8))
      .catch((error) => error),
    StepNotDone,
  );
  const none = join(folder, "none");
  assert.instance(
    await looking(none)
      .run("a", 1, result(8))
      .catch((error) => error),
    StepNotDone,
  );
  assert.equal(
    seen.map(({ name, state }) => [name, state]),
    [
      ["a", "done"],
      ["a", "stale"],
      ["a", "missing"],
    ],
  );
  assert.not.ok(existsSync(none));
  assert.equal(readdirSync(folder, { recursive: true }), before);
});

test("an interrupted training is unfinished for its key, and stale for another", async () => {
  const steps = await openSteps(folder, "common", false, REPORTER);
  const state = {
    record: { seed: 1, purpose: "p", stepsPerEpoch: 1, step: 1, epochLossSum: 0, bestEpoch: 0, history: [] },
    values: { w: Float64Array.of(1) },
    best: { w: Float64Array.of(1) },
  };
  await steps
    .run("training", 1, async (checkpoint) => {
      await checkpoint.save(state);
      throw new Error("interrupted");
    })
    .catch(() => {});
  const seen: string[] = [];
  const looking = seenSteps(folder, "common", PROGRESS, (step) => seen.push(step.state));
  for (const inputs of [1, 2]) await looking.run("training", inputs, result(0)).catch(() => {});
  assert.equal(seen, ["unfinished", "stale"]);
  await steps.forget("training");
  await looking.run("training", 1, result(0)).catch(() => {});
  assert.is(seen.at(-1), "missing");
});

test("all are tried before the first that is left out is thrown; some are enough where some are asked for", async () => {
  const tried: number[] = [];
  const make = (value: number) => async () => {
    tried.push(value);
    if (value < 2) throw new StepNotDone(`step ${value}`);
    return value;
  };
  const error = await allOf([make(0), make(1), make(2)]).catch((reason) => reason);
  assert.is(error.step, "step 0");
  assert.equal(tried, [0, 1, 2]);
  assert.equal(await allOf([make(2), make(3)]), [2, 3]);
  assert.equal(await someOf([make(0), make(3)]), [3]);
  assert.equal(await someOf([]), []);
  assert.is((await someOf([make(1)]).catch((reason) => reason)).step, "step 1");
  const broken = new Error("broken");
  assert.is(await someOf([make(3), () => Promise.reject(broken)]).catch((reason) => reason), broken);
});

test("what fails is known at the end, and what is not done is no failure", async () => {
  const { store, failed } = watchedSteps({
    async run(name) {
      throw name === "left" ? new StepNotDone(name) : new Error(`no ${name}`);
    },
  });
  for (const name of ["left", "bad"]) {
    const error = await store.run(name, {}, async () => ({ record: 1, arrays: {} })).catch((reason) => reason);
    assert.match(error.message, name);
  }
  assert.equal(failed, [{ name: "bad", reason: "no bad" }]);
});

test.run();
