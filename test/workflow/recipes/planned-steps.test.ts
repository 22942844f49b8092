/** Which steps of a plan a command does. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { UsageError } from "../../../workflow/errors.js";
import { choiceOf, type PlannedStep, withFollowers, withNeeds } from "../../../workflow/recipes/planned-steps.js";

const step = (name: string, ...needs: string[]): PlannedStep => ({ name, kind: "any", needs });

/** Two trainings, a fit of each and of both, scans of the fits. */
const PLAN = [
  step("x"),
  step("y"),
  step("fit.x", "x"),
  step("fit.x.noise", "fit.x"),
  step("fit.y", "y"),
  step("both", "fit.x", "fit.y"),
  step("scan.x", "fit.x"),
  step("scan.y", "fit.y"),
];

const named = (of: ReadonlySet<string>) => PLAN.map(({ name }) => name).filter((name) => of.has(name));
const chosen = (only: readonly string[], from?: string) => choiceOf(PLAN, { only, from });
const does = (only: readonly string[], from?: string) =>
  PLAN.map(({ name }) => name).filter((name) => chosen(only, from).does(name));
const repeats = (from: string) => PLAN.map(({ name }) => name).filter((name) => chosen([], from).repeats(name));

test("needs and followers go through the whole graph", () => {
  assert.equal(named(withNeeds(PLAN, ["both"])), ["x", "y", "fit.x", "fit.y", "both"]);
  assert.equal(named(withFollowers(PLAN, ["y"])), ["y", "fit.y", "both", "scan.y"]);
});

test("--only does what it names, with what that needs; without it everything is done, and nothing again", () => {
  assert.equal(does(["scan.y"]), ["y", "fit.y", "scan.y"]);
  assert.equal(does(["scan.y", "x"]), ["x", "y", "fit.y", "scan.y"]);
  assert.equal(does([]).length, PLAN.length);
  assert.not.ok(PLAN.some(({ name }) => chosen([]).repeats(name)));
});

test("the beginning of names stands for all of them, a whole name for its step alone", () => {
  assert.equal(does(["scan"]), ["x", "y", "fit.x", "fit.y", "scan.x", "scan.y"]);
  assert.equal(does(["fit.x"]), ["x", "fit.x"]);
});

test("--from repeats a step and what follows from it, and no other; with --only what that leaves out is not done", () => {
  assert.equal(repeats("fit.y"), ["fit.y", "both", "scan.y"]);
  assert.equal(does(["scan.y"], "y"), ["y", "fit.y", "scan.y"]);
});

test("a part that the plan has under another name goes with it", () => {
  const planned = (name: string) => name.replace(/\.part$/, "");
  const choice = choiceOf(PLAN, { only: ["fit.y.part"], from: undefined }, planned);
  assert.ok(choice.does("fit.y.part"));
  assert.not.ok(choice.does("fit.x.part"));
});

test("a name that no step has is refused by one sentence with the nearest one", () => {
  const refusal = (only: readonly string[], from?: string) => {
    try {
      chosen(only, from);
    } catch (error) {
      assert.instance(error, UsageError);
      return (error as Error).message;
    }
    throw new Error("expected a refusal");
  };
  assert.is(refusal(["scan.z"]), "--only: expected a step of the analysis, got scan.z. Did you mean scan.x?");
  assert.is(refusal([], "bothh"), "--from: expected a step of the analysis, got bothh. Did you mean both?");
  assert.match(refusal(["impossible"]), /^--only: .* Choose from x, y, fit\.x, /);
});

test.run();
