/** Every kernel once, with arithmetic and bytes as counted by hand. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { type FunctionBuilder, type Local, ModuleBuilder } from "../../../engine/cpu/assembly/assembler.js";
import { type Lanes, lanesOf } from "../../../engine/cpu/assembly/lanes.js";
import { cpuBackend } from "../../../engine/cpu/backend.js";
import { functionGroups, scalarFunctions } from "../../../engine/cpu/functions/scalar-functions.js";
import { referenceBackend } from "../../../engine/reference/backend.js";
import type { ProgramRequest } from "../../../engine/runtime/backend.js";
import { elementwiseFacts, isElementwise } from "../../../engine/tape/elementwise-facts.js";
import * as o from "../../../engine/tape/operations.js";
import { Tape } from "../../../engine/tape/tape.js";
import { columnOf, described, EVENTS, find, network, networkValues, ranOnce } from "../runtime/timed-programs.js";

for (const precision of ["f32", "f64"] as const) {
  const bytes = precision === "f32" ? 4 : 8;
  test(`flops and bytes of a network on cpu ${precision}, counted by hand`, async () => {
    const backend = await cpuBackend({ precision, threads: 2 });
    const program = await ranOnce(backend, network(), networkValues);
    const times = await program.times();
    assert.equal(
      times.kernels.map((kernel) => kernel.name).filter((own) => own.startsWith("kernel")),
      described(program),
    );
    const TILES = 4; // of 64 events
    for (const kernel of times.kernels) assert.is(kernel.calls, TILES, kernel.name);
    const columns = find(times, /^columns$/);
    assert.equal(
      [columns.operations, columns.flops, columns.bytesRead, columns.bytesWritten],
      ["copy of one column", 0, 3 * bytes * EVENTS, 3 * bytes * EVENTS],
    );
    const linear = find(times, /: linear 4 rows$/);
    // 9 weights: twice per event in arithmetic, once per tile in bytes.
    assert.is(linear.operations, "linear");
    assert.is(linear.flops, 2 * 9 * EVENTS);
    assert.is(linear.bytesRead, 3 * bytes * EVENTS + 9 * bytes * TILES);
    assert.is(linear.bytesWritten, 4 * bytes * EVENTS);
    const sums = times.kernels.filter((kernel) => kernel.name.startsWith("event sums"));
    const flops = sums.reduce((total, kernel) => total + kernel.flops, 0);
    // The loss is one term per event; the gradient of the weights again two operations per weight.
    assert.is(flops, (1 + 2 * 9) * EVENTS);
    const outputs = find(times, /^outputs$/);
    assert.equal([outputs.bytesRead, outputs.bytesWritten], [4 * bytes * EVENTS, 4 * 8 * EVENTS]);
    await backend.close();
  });
}

/** log Σ_j e^(x_j + p_j) over an inner axis of 5, of 2 rows: one fused kernel. */
function logSum(): ProgramRequest {
  const tape = new Tape();
  const x = tape.column("x", [2, 5]);
  const p = tape.parameter("p", [5]);
  return { outputs: { y: o.log(o.sum(o.exp(o.mul(x, p)), 1)) } };
}

test("flops and bytes of a fused kernel with an inner axis, counted by hand", async () => {
  const backend = await cpuBackend({ precision: "f32", threads: 1 });
  const program = await backend.compile({ ...logSum(), timed: true });
  await program.bind({ x: columnOf(10) });
  await program.write({ p: [1, 2, 3, 4, 5] });
  await program.run();
  const fused = find(await program.times(), /^kernel 0: fused, 2 rows, inner axis 5$/);
  assert.is(fused.operations, "mul, exp, sum, log");
  // Products, exponentials and terms of the sums are 10 each, logarithms 2.
  const perEvent = 10 + 10 * elementwiseFacts.exp.flops + 10 + 2 * elementwiseFacts.log.flops;
  assert.is(fused.flops, perEvent * EVENTS);
  // The parameter is repeated for each row before the kernel reads it, in the one tile of all events that there is without linear maps.
  assert.is(fused.bytesRead, 4 * (10 * EVENTS + 10));
  assert.is(fused.bytesWritten, 4 * 2 * EVENTS);
  await backend.close();
});

test("the reference counts node by node", async () => {
  const program = await ranOnce(referenceBackend(), network(), networkValues);
  const times = await program.times();
  const linear = find(times, /^\d+ linear \[4\]$/);
  assert.equal([linear.calls, linear.flops, linear.bytesWritten], [1, 2 * 9 * EVENTS, 8 * 4 * EVENTS]);
  assert.is(find(times, / tanh \[4\]$/).flops, 4 * elementwiseFacts.tanh.flops * EVENTS);
  for (const { name } of times.kernels) assert.ok(program.description.split("\n").includes(name), name);
});

test("passes have names of their own", async () => {
  const tape = new Tape();
  const x = tape.column("x", []);
  const centred = o.sub(x, o.mul(o.sumEvents(x), 1 / EVENTS));
  const backend = await cpuBackend({ precision: "f64", threads: 1 });
  const program = await ranOnce(backend, { outputs: { variance: o.sumEvents(o.square(centred)) } }, {});
  const names = (await program.times()).kernels.map(({ name }) => name);
  assert.is(new Set(names).size, names.length);
  // Without linear maps, a kernel adds what it computes.
  assert.ok(names.includes("pass 0, event sums before kernel 0") && names.includes("pass 1, kernel 0: fused, 1 rows"));
  const { operations, flops } = find(await program.times(), /^pass 1, kernel 0/);
  assert.equal([operations, flops], ["sub, mul, sumEvents", 3 * EVENTS]);
  await backend.close();
});

test("functions count what their form in f32 has of floating-point instructions", () => {
  const COUNTED = /\.(add|sub|mul|div|sqrt|abs|neg|p?min|p?max|lt|le|gt|ge|eq|ne)$/;
  const counted: string[] = [];
  type Emit = (f: FunctionBuilder, lanes: Lanes, x: Local, y: Local) => unknown;
  const functions: readonly (readonly [name: string, emit: Emit])[] = [
    ...Object.entries(scalarFunctions).map(
      ([name, { emit }]) => [name, (f: FunctionBuilder, lanes: Lanes, x: Local) => emit(f, lanes, x)] as const,
    ),
    ...Object.values(functionGroups).flatMap(({ members, emit }) => members.map((name) => [name, emit] as const)),
  ];
  for (const [name, emit] of functions) {
    if (!isElementwise(name)) continue;
    const f = new ModuleBuilder().internalFunction(name, ["v128", "v128"], ["v128"]);
    const op = f.op.bind(f);
    let flops = 0;
    f.op = (...names) => {
      for (const own of names) {
        if (!/^f(32x4|64x2)/.test(own)) continue;
        // Of four lanes; what is done in f64 is done for two lanes at a time.
        const part = own.startsWith("f64x2") ? 0.5 : 1;
        if (COUNTED.test(own)) flops += part;
        if (/relaxed_n?madd$/.test(own)) flops += 2 * part;
      }
      return op(...names);
    };
    emit(f, lanesOf("f32", { relaxed: true, wide: "none" }), f.param(0), f.param(1));
    assert.is(elementwiseFacts[name].flops, flops, name);
    counted.push(name);
  }
  assert.ok(counted.length > 0);
});

test.run();
