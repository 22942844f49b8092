/** Names that objects inherit or treat apart are names like any other: of columns, parameters, outputs, event sets. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { referenceBackend } from "../../../engine/reference/backend.js";
import { add, mul, sumEvents } from "../../../engine/tape/operations.js";
import { Tape } from "../../../engine/tape/tape.js";
import { adam } from "../../../flows/training/optimiser.js";
import { train } from "../../../flows/training/training.js";
import { testBackends } from "../../support/backends.js";
import { refusal } from "../../support/rejects.js";

const NAMES = ["__proto__", "constructor", "toString", "hasOwnProperty"];
const OTHERS = ["valueOf", "isPrototypeOf", "__defineGetter__", "propertyIsEnumerable"];

/** An object with a value for each of the names. */
const named = <T>(names: readonly string[], value: (i: number) => T): Record<string, T> =>
  Object.fromEntries(names.map((name, i) => [name, value(i)]));

/** Sums, by the name of the column, of column times parameter; every column is in an event set of its name. A step adds 1 to each parameter. */
function program(columns: readonly string[], parameters: readonly string[]) {
  const tape = new Tape();
  const p = parameters.map((name) => tape.parameter(name));
  const x = columns.map((name) => tape.column(name, [], tape.events(name)));
  const outputs = named(columns, (i) => sumEvents(mul(x[i]!, p[i]!)));
  return { outputs, updates: named(parameters, (i) => add(p[i]!, 1)) };
}

for (const { name: backendName, create } of testBackends()) {
  for (const [columns, parameters] of [
    [NAMES, OTHERS],
    [OTHERS, NAMES],
  ] as const) {
    test(`names of objects are names: columns ${columns.join(", ")} on ${backendName}`, async () => {
      const backend = await create();
      const open = await backend.compile(program(columns, parameters));
      await open.bind(named(columns, (i) => Float64Array.of(i + 1, 2 * (i + 1), 3 * (i + 1))));
      await open.write(named(parameters, (i) => [i + 10]));
      const whole = await open.run();
      const part = await open.run({ range: Object.fromEntries([[columns[0]!, [1, 3] as const]]) });
      const history = await open.steps({
        count: 2,
        indices: named(columns, () => Int32Array.of(0, 1, 2, 0, 1, 2)),
        schedule: Object.fromEntries([[parameters[0]!, Float64Array.of(100, 200)]]),
      });
      const values = await open.read(parameters);
      await backend.close();
      for (const [i, name] of columns.entries()) {
        const each = 6 * (i + 1);
        assert.equal([...whole[name]!], [each * (i + 10)], name);
        assert.equal([...part[name]!], [i === 0 ? 50 : each * (i + 10)], name);
        assert.equal([...history[name]!], i === 0 ? [600, 1200] : [each * (i + 10), each * (i + 11)], name);
        assert.equal([...values[parameters[i]!]!], [i === 0 ? 201 : i + 12], name);
      }
    });
  }
}

test("a training of parameters, columns and event sets with such names", async () => {
  const parameterNames = NAMES.slice(0, 2);
  const { parameters } = await train({
    backend: referenceBackend(),
    model: (tape) => {
      const own = parameterNames.map((name) => tape.parameter(name));
      const x = tape.column("toString", [], tape.events("__proto__"));
      // Least at 1 for each.
      const loss = own.map((p) => sumEvents(mul(mul(add(p, mul(x, -1)), add(p, mul(x, -1))), 0.5))).reduce(add);
      return { loss, trainable: [{ parameters: own, optimiser: adam({ learningRate: 0.1 }) }] };
    },
    initial: named(parameterNames, () => Float64Array.of(0)),
    data: Object.fromEntries([["__proto__", { count: 2, columns: { toString: Float64Array.of(1, 1) } }]]),
    seed: 1,
    purpose: "names",
    batch: 2,
    epochs: 200,
  });
  for (const name of parameterNames) {
    assert.ok(Math.abs(parameters[name]![0]! - 1) < 0.05, `${name}: ${parameters[name]}`);
  }
});

test("what a program does not have is not what objects inherit", async () => {
  const tape = new Tape();
  const backend = referenceBackend();
  const open = await backend.compile({
    outputs: { total: sumEvents(tape.constant(1, [], tape.events("constructor"))) },
  });
  const refused = (action: () => Promise<unknown>) => refusal(action());
  assert.match(await refused(() => open.run()), /expected a number of events for "constructor", got none/);
  const request = {
    backend,
    model: (own: Tape) => {
      const p = own.parameter("constructor");
      return { loss: mul(p, p), trainable: [{ parameters: [p], optimiser: adam({ learningRate: 0.1 }) }] };
    },
    data: { s: { count: 1, columns: {} } },
    seed: 1,
    purpose: "names",
    batch: 1,
    epochs: 1,
  };
  assert.match(await refused(() => train({ ...request, initial: {} })), /1 numbers for "constructor" \[\], got none/);
});

test.run();
