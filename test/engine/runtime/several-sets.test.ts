/** Programs over several event sets of different sizes: each sum runs over its own, and operations never mix them. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { gradient } from "../../../engine/derivatives/gradient.js";
import * as o from "../../../engine/tape/operations.js";
import { Tape, type Var } from "../../../engine/tape/tape.js";
import { testBackends } from "../../support/backends.js";
import { close, tolerances } from "../../support/close.js";
import { randomNumbers } from "../../support/random-numbers.js";

/** log(Σ_mc e^(p z) / Σ_mc 1) - Σ_data p x / Σ_data 1: a sum of one set inside a function of both. */
function twoSamples() {
  const tape = new Tape();
  const simulated = tape.events("simulated");
  const x = tape.column("x");
  const z = tape.column("z", [2], simulated);
  const p = tape.parameter("p");
  const mean = (v: Var) => o.div(o.sumEvents(v), o.sumEvents(tape.constant(1, [], v.events)));
  const tilted = o.sum(o.exp(o.mul(p, z)), 0);
  const loss = o.reshape(o.sub(o.log(mean(o.reshape(tilted, []))), mean(o.mul(p, x))), []);
  const [derivative] = gradient(loss, [p]) as [Var];
  // Each event of the data, with the total of the simulation: a second pass over the first set.
  const perEvent = o.mul(x, o.reshape(o.sumEvents(tilted), []));
  return { outputs: { loss, derivative, perEvent, simulatedEvents: tilted }, p, derivative };
}

/** The same in closed loops. */
function expected(x: ArrayLike<number>, z: readonly ArrayLike<number>[], p: number) {
  const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  const tilted = Array.from(z[0] as ArrayLike<number>, (_, e) =>
    z.reduce((sum, row) => sum + Math.exp(p * (row[e] as number)), 0),
  );
  const derivatives = tilted.map((_, e) =>
    z.reduce((sum, row) => sum + (row[e] as number) * Math.exp(p * (row[e] as number)), 0),
  );
  const total = tilted.reduce((a, b) => a + b, 0);
  return {
    loss: [Math.log(mean(tilted)) - p * mean(Array.from(x))],
    derivative: [mean(derivatives) / mean(tilted) - mean(Array.from(x))],
    perEvent: Array.from(x, (value) => value * total),
    simulatedEvents: tilted,
  };
}

for (const { name, precision, create } of testBackends()) {
  for (const [nData, nSimulated] of [
    [5, 300],
    [200, 1],
    [64, 65],
    [1, 1000],
  ] as const) {
    test(`sums over ${nData} and ${nSimulated} events in one program on ${name}`, async () => {
      const random = randomNumbers(nData);
      const draw = (n: number) => Float32Array.from({ length: n }, () => 2 * random() - 1);
      const x = draw(nData);
      const z = draw(2 * nSimulated);
      const backend = await create();
      const program = await backend.compile({ outputs: twoSamples().outputs });
      await program.bind({ x, z });
      await program.write({ p: [0.7] });
      const wanted = expected(x, [z.subarray(0, nSimulated), z.subarray(nSimulated)], 0.7);
      const got = await program.run();
      for (const [key, values] of Object.entries(wanted)) {
        close(got[key] as Float64Array, values, tolerances[precision], key);
      }
      await backend.close();
    });
  }

  test(`ranges and minibatches of different sizes on ${name}`, async () => {
    const random = randomNumbers(3);
    const draw = (n: number) => Float32Array.from({ length: n }, () => 2 * random() - 1);
    const [x, z] = [draw(90), draw(2 * 400)];
    const rows = [z.subarray(0, 400), z.subarray(400)];
    const { outputs, p, derivative } = twoSamples();
    const { loss } = outputs;
    const backend = await create();
    const program = await backend.compile({ outputs: { loss }, updates: { p: o.sub(p, o.mul(derivative, 0.5)) } });
    await program.bind({ x, z });
    await program.write({ p: [0.7] });
    const part = await program.run({ range: { events: [80, 90], simulated: [7, 320] } });
    const some = expected(
      x.subarray(80, 90),
      rows.map((row) => row.subarray(7, 320)),
      0.7,
    );
    close(part.loss as Float64Array, some.loss, tolerances[precision], "range");
    const events = Int32Array.from({ length: 3 * 10 }, (_, i) => (i * 37) % 90);
    const simulated = Int32Array.from({ length: 3 * 130 }, (_, i) => (i * 151) % 400);
    const { loss: losses } = await program.steps({ count: 3, indices: { events, simulated } });
    let at = 0.7;
    const wanted = Array.from({ length: 3 }, (_, step) => {
      const pick = (values: Float32Array, index: Int32Array, n: number) =>
        Array.from(index.subarray(step * n, (step + 1) * n), (e) => values[e] as number);
      const here = expected(
        pick(x, events, 10),
        rows.map((row) => pick(row, simulated, 130)),
        at,
      );
      at -= 0.5 * (here.derivative[0] as number);
      return here.loss[0] as number;
    });
    close(losses as Float64Array, wanted, tolerances[precision], "losses");
    close((await program.read(["p"])).p as Float64Array, [at], tolerances[precision], "p");
    await backend.close();
  });
}

test("mixing event sets in one operation is a shape error", () => {
  const tape = new Tape();
  const x = tape.column("x", [2]);
  const z = tape.column("z", [2], tape.events("simulated"));
  const message = (where: string) =>
    new RegExp(
      `^${where}: expected operands of one event set, got "events" and "simulated"\\. Sum each set over its events first$`,
    );
  const mixes: Record<string, () => Var> = {
    add: () => o.add(x, z),
    where: () => o.where(o.greater(x, 0), x, z),
    concatenate: () => o.concatenate([x, z]),
    weightGradient: () => o.weightGradient(x, z, undefined, false),
  };
  for (const [where, mix] of Object.entries(mixes)) {
    try {
      mix();
      assert.unreachable(`${where} mixed two event sets`);
    } catch (error) {
      assert.is((error as Error).name, "ShapeError");
      assert.match((error as Error).message, message(where));
    }
  }
  assert.throws(
    () => o.broadcastEvents(x, z.events),
    /^broadcastEvents: expected a node without events, got \[2\] over "events"$/,
  );
  assert.throws(() => o.add(x, tape.constant(1, [2], z.events)), message("add"));
});

test.run();
