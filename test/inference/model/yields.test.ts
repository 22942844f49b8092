/** The Poisson term of a number of events: its closed form, of numbers and of nodes, and what no number of events is. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { referenceBackend } from "../../../engine/reference/backend.js";
import { Tape, type Var } from "../../../engine/tape/tape.js";
import { extendedTermOf, extendedTermOfTotal, observedTotal } from "../../../inference/model/yields.js";
import { close, tolerances } from "../../support/close.js";

test("the term is μ - N - N log(μ / N), whether N is a number or a node", async () => {
  const tape = new Tape();
  const [logTotal, total, logarithm] = ["log mu", "n", "log n"].map((name) => tape.parameter(name, [])) as [
    Var,
    Var,
    Var,
  ];
  for (const n of [1, 7.5, 3000]) {
    const outputs = { fixed: extendedTermOfTotal(logTotal, n), given: extendedTermOf(logTotal, { total, logarithm }) };
    const program = await referenceBackend().compile({ outputs });
    for (const mu of [0.3 * n, n, 4 * n]) {
      await program.write({ "log mu": [Math.log(mu)], n: [n], "log n": [observedTotal(n).logarithm] });
      const { fixed, given } = await program.run();
      assert.equal(given, fixed);
      close(fixed!, [mu - n - n * Math.log(mu / n)], tolerances.f64);
    }
    await program.close();
  }
});

test("a number of events that is none is refused", () => {
  const logTotal = new Tape().parameter("log mu", []);
  for (const n of [0, -2, Number.NaN, Number.POSITIVE_INFINITY]) {
    assert.throws(() => extendedTermOfTotal(logTotal, n), /event weights with a positive finite sum, got/);
  }
});

test.run();
