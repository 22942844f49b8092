/** What runs and steps consist of, before a device is there. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { gradient } from "../../../engine/derivatives/gradient.js";
import * as o from "../../../engine/tape/operations.js";
import { Tape, type Var } from "../../../engine/tape/tape.js";
import { planRun, planSteps } from "../../../engine/webgpu/plan.js";

/** Mean and spread of p x, of which the second needs the first; both enter the updates. */
function twoPasses() {
  const tape = new Tape();
  const [x, p, rate] = [tape.column("x", [2]), tape.parameter("p", [2]), tape.parameter("rate")];
  const y = o.mul(x, p);
  const mean = o.div(o.sumEvents(y), o.sumEvents(tape.constant(1, [2], x.events)));
  const spread = o.sumTo(o.sumEvents(o.square(o.sub(y, mean))), []);
  const [g] = gradient(spread, [p]) as [Var];
  return { y, mean, spread, updates: { p: o.sub(p, o.mul(rate, g)) } };
}

test("a run has a level for each sum that another one needs, and the columns of its passes", () => {
  const { y, spread } = twoPasses();
  const { levels } = planRun([spread, y]);
  const passes = levels.map((level) => level.passes.length);
  assert.equal(passes.slice(0, 2), [1, 1]);
  for (const pass of levels.flatMap((level) => level.passes)) {
    assert.is(pass.set, "events");
    assert.equal(
      pass.columns.map(({ label, rows }) => [label, rows]),
      [["x", 2]],
    );
    assert.equal(pass.launches.flat(), pass.kernels);
    for (const { to, rows } of pass.columns)
      assert.ok(to >= 0 && to + rows <= pass.rows, "within the rows of the pass");
  }
  assert.equal(
    levels.flatMap(({ passes: own }) => own.flatMap(({ outputs }) => outputs.map(({ node }) => node))),
    [y],
  );
});

test("steps know what they update, what lies on the device, and how many events they count", () => {
  const { spread, updates } = twoPasses();
  const plan = planSteps({ spread }, updates);
  assert.equal(plan.updated, ["p"]);
  assert.equal(Object.keys(plan.parameters).sort(), ["p", "rate"]);
  assert.equal([...plan.counts.keys()], ["events"]);
  const kinds = plan.parts.map(({ kind }) => kind);
  assert.is(kinds.at(-1), "once", "updates come last");
  assert.ok(kinds.filter((kind) => kind === "pass").length >= 2);
  const places = Object.values(plan.parameters).map((node) => plan.memory.parameter(node));
  for (const place of places) assert.ok(place >= 0 && place < plan.memory.parameterCount);
});

test("what no step changes is computed once, by the host", () => {
  const tape = new Tape();
  const p = tape.parameter("p", [3]);
  const fixed = o.exp(tape.constant([1, 2, 3]));
  const loss = o.sumEvents(o.sum(o.mul(o.mul(p, fixed), tape.column("x", [3])), 0));
  const plan = planSteps({ loss }, { p: o.add(p, fixed) });
  assert.ok(plan.constants.includes(fixed));
  assert.not.ok(plan.constants.includes(p));
});

test.run();
