/** What timed programs say: every kernel once, with arithmetic and bytes as counted by hand, and times that fit into the wall time. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { ModuleBuilder } from "../../../engine/cpu/assembly/assembler.js";
import { lanesOf } from "../../../engine/cpu/assembly/lanes.js";
import { cpuBackend } from "../../../engine/cpu/backend.js";
import { compileProgram } from "../../../engine/cpu/compile.js";
import { type ScalarFunction, scalarFunctions } from "../../../engine/cpu/functions/scalar-functions.js";
import { gradient } from "../../../engine/derivatives/gradient.js";
import { elementwiseFlops } from "../../../engine/passes/kernel-costs.js";
import { referenceBackend } from "../../../engine/reference/backend.js";
import type { Backend, Program, ProgramRequest } from "../../../engine/runtime/backend.js";
import { type KernelTimes, type ProgramTimes, timesBetween } from "../../../engine/runtime/kernel-times.js";
import * as o from "../../../engine/tape/operations.js";
import { Tape, type Var } from "../../../engine/tape/tape.js";
import { webgpuBackend } from "../../../engine/webgpu/backend.js";
import { openGpu } from "../../../engine/webgpu/host-node.js";
import { testBackends } from "../../support/backends.js";
import { webgpuTest } from "../../support/webgpu.js";

const EVENTS = 200;
const columnOf = (rows: number) => Float64Array.from({ length: rows * EVENTS }, (_, i) => Math.sin(i));

/** The loss of a small network, a prefix mask of 1 + 2 + 3 + 3 weights below, and of its weights the gradient. */
function network(): ProgramRequest {
  const tape = new Tape();
  const x = tape.column("x", [3]);
  const w = tape.parameter("w", [4, 3]);
  const b = tape.parameter("b", [4]);
  const hidden = o.tanh(o.add(o.linear(x, w, { prefix: Int32Array.of(1, 2, 3, 3) }), b));
  const loss = o.sumEvents(o.sum(o.square(hidden), 0));
  return { outputs: { loss, hidden, slope: gradient(loss, [w])[0] as Var } };
}
const networkValues = { w: Float64Array.from({ length: 12 }, (_, i) => 0.1 * i), b: [0.1, 0.2, 0.3, 0.4] };

async function ranOnce(backend: Backend, request: ProgramRequest, values: Record<string, ArrayLike<number>>) {
  const program = await backend.compile({ ...request, timed: true });
  const tape = (Object.values(request.outputs)[0] as Var).tape;
  for (const { operation, shape } of tape.nodes) {
    if (operation.name === "column") await program.bind({ [operation.label]: columnOf(shape[0] ?? 1) });
  }
  await program.write(values);
  await program.run();
  return program;
}

const find = ({ kernels }: ProgramTimes, name: RegExp): KernelTimes => {
  const found = kernels.filter((kernel) => name.test(kernel.name));
  assert.is(found.length, 1, `${name}: ${kernels.map((kernel) => kernel.name).join("; ")}`);
  return found[0] as KernelTimes;
};

/** Names of kernels as the description has them. */
const described = ({ description }: Program) => description.split("\n").filter((line) => /^kernel \d/.test(line));

for (const { name, create } of testBackends()) {
  test(`times of ${name} are positive, fit into the wall time and add up from run to run`, async () => {
    const backend = await create();
    const program = await ranOnce(backend, network(), networkValues);
    const first = await program.times();
    await program.run();
    const second = await program.times();
    for (const times of [first, second, timesBetween(first, second)]) {
      let sum = 0;
      for (const kernel of times.kernels) {
        assert.ok(kernel.milliseconds >= 0, kernel.name);
        assert.ok(kernel.calls > 0, kernel.name);
        sum += kernel.milliseconds;
      }
      assert.ok(sum > 0 && sum <= times.threads * times.wallMilliseconds);
      assert.ok(Object.isFrozen(times) && Object.isFrozen(times.kernels) && Object.isFrozen(times.kernels[0]));
    }
    for (const [i, kernel] of timesBetween(first, second).kernels.entries()) {
      const { milliseconds: _, ...counts } = kernel;
      const { milliseconds: __, ...once } = first.kernels[i] as KernelTimes;
      assert.equal(counts, once);
    }
    await backend.close();
  });

  test(`the same numbers with and without timing on ${name}`, async () => {
    const backend = await create();
    const timed = await ranOnce(backend, network(), networkValues);
    const plain = await backend.compile(network());
    await plain.bind({ x: columnOf(3) });
    await plain.write(networkValues);
    assert.equal(await plain.run(), await timed.run());
    await backend.close();
  });

  test(`times are refused where none were asked for, and after the end, on ${name}`, async () => {
    const backend = await create();
    const refused = async (program: Program, message: RegExp) => {
      try {
        await program.times();
      } catch (error) {
        assert.match((error as Error).message, message);
        return;
      }
      assert.unreachable("expected a refusal");
    };
    const plain = await backend.compile(network());
    await refused(
      plain,
      /^times: expected a program that measures its kernels, got one that does not\. Compile it with `timed: true`$/,
    );
    const closed = await backend.compile({ ...network(), timed: true });
    await closed.close();
    await refused(closed, /^times: expected an open program, got one that was closed$/);
    await backend.close();
  });
}

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
  const perEvent = 10 + 10 * elementwiseFlops.exp + 10 + 2 * elementwiseFlops.log;
  assert.is(fused.flops, perEvent * EVENTS);
  // The parameter is repeated for each row before the kernel reads it, in each of four tiles.
  assert.is(fused.bytesRead, 4 * (10 * EVENTS + 10 * 4));
  assert.is(fused.bytesWritten, 4 * 2 * EVENTS);
  await backend.close();
});

test("the reference counts node by node", async () => {
  const program = await ranOnce(referenceBackend(), network(), networkValues);
  const times = await program.times();
  const linear = find(times, /^\d+ linear \[4\]$/);
  assert.equal([linear.calls, linear.flops, linear.bytesWritten], [1, 2 * 9 * EVENTS, 8 * 4 * EVENTS]);
  assert.is(find(times, / tanh \[4\]$/).flops, 4 * elementwiseFlops.tanh * EVENTS);
  for (const { name } of times.kernels) assert.ok(program.description.split("\n").includes(name), name);
});

test("passes are told apart", async () => {
  const tape = new Tape();
  const x = tape.column("x", []);
  const centred = o.sub(x, o.mul(o.sumEvents(x), 1 / EVENTS));
  const backend = await cpuBackend({ precision: "f64", threads: 1 });
  const program = await ranOnce(backend, { outputs: { variance: o.sumEvents(o.square(centred)) } }, {});
  const names = (await program.times()).kernels.map(({ name }) => name);
  assert.is(new Set(names).size, names.length);
  assert.ok(
    names.includes("pass 0, event sums before kernel 0") && names.includes("pass 1, event sums after kernel 0"),
  );
  await backend.close();
});

test("steps are measured on cpu as runs are", async () => {
  const tape = new Tape();
  const [x, p] = [tape.column("x", []), tape.parameter("p")];
  const loss = o.sumEvents(o.square(o.sub(x, p)));
  const request = { outputs: { loss }, updates: { p: o.sub(p, o.mul(gradient(loss, [p])[0] as Var, 1e-3)) } };
  const backend = await cpuBackend({ precision: "f64", threads: 2 });
  const program = await backend.compile({ ...request, timed: true });
  await program.bind({ x: columnOf(1) });
  await program.write({ p: [0] });
  await program.steps({ count: 3, indices: { events: Int32Array.from({ length: 3 * 70 }, (_, i) => i % EVENTS) } });
  const times = await program.times();
  for (const { calls } of times.kernels) assert.is(calls, 3 * 2);
  assert.ok(times.wallMilliseconds > 0);
  await backend.close();
});

test("without timing, nothing but the passes is there to be called", async () => {
  const options = { precision: "f32", threads: 1, simd: { relaxed: false, wide: "none" }, isSharing: true } as const;
  const exportsOf = async (timed: boolean) => {
    const { module, plan, kernels } = await compileProgram({ ...network(), timed }, options);
    const { Module } = (
      globalThis as unknown as { WebAssembly: { Module: { exports(of: unknown): { name: string }[] } } }
    ).WebAssembly;
    const names = Module.exports(module).map(({ name }) => name);
    return { names: names.filter((name) => name.startsWith("pass")), plan, kernels };
  };
  const plain = await exportsOf(false);
  assert.equal(plain.names, ["pass0"]);
  assert.equal([plain.kernels, plain.plan.clocks], [[], undefined]);
  const timed = await exportsOf(true);
  assert.not.ok(timed.names.includes("pass0"));
  assert.is(timed.names.length, timed.kernels.length - 2, "all but columns and outputs are functions");
});

test("functions count what their form in f32 has of floating-point instructions", () => {
  const COUNTED = /\.(add|sub|mul|div|sqrt|abs|neg|p?min|p?max|lt|le|gt|ge|eq|ne)$/;
  for (const [name, { emit }] of Object.entries(scalarFunctions)) {
    if (!(name in elementwiseFlops)) continue;
    const f = new ModuleBuilder().internalFunction(name, ["v128"], ["v128"]);
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
    emit(f, lanesOf("f32", { relaxed: true, wide: "none" }), f.param(0));
    assert.is(elementwiseFlops[name as ScalarFunction & keyof typeof elementwiseFlops], flops, name);
  }
});

webgpuTest(
  "every kernel of the description is there once on webgpu, with flops and bytes counted by hand",
  async () => {
    const backend = await webgpuBackend();
    const program = await ranOnce(backend, network(), networkValues);
    const times = await program.times();
    assert.equal(
      times.kernels.map((kernel) => kernel.name).filter((own) => own.startsWith("kernel")),
      described(program),
    );
    const linear = times.kernels.find((kernel) => kernel.name.includes("linear 4 rows")) as KernelTimes;
    assert.is(linear.calls, 1, "all events are one chunk");
    assert.ok(linear.flops >= 2 * 9 * EVENTS);
    assert.is(find(times, /^columns$/).bytesRead, 4 * 3 * EVENTS);
    await backend.close();
  },
);

webgpuTest("steps of a timed program are refused on webgpu", async () => {
  const tape = new Tape();
  const [x, p] = [tape.column("x", []), tape.parameter("p")];
  const loss = o.sumEvents(o.mul(x, p));
  const backend = await webgpuBackend();
  const program = await backend.compile({ outputs: { loss }, updates: { p: o.add(p, 1) }, timed: true });
  await program.bind({ x: columnOf(1) });
  await program.write({ p: [1] });
  let message = "";
  try {
    await program.steps({ count: 1, indices: { events: Int32Array.of(0) } });
  } catch (error) {
    ({ message } = error as Error);
  }
  assert.match(
    message,
    /^steps: expected a program without `timed`, as the backend webgpu measures runs only, got one with it/,
  );
  await backend.close();
});

webgpuTest("a GPU without a clock is timed by the ends of submissions", async () => {
  const entry = await openGpu();
  const { requestAdapter } = entry;
  entry.requestAdapter = async (options) => {
    const adapter = (await requestAdapter.call(entry, options)) as GPUAdapter;
    const features = new Set([...adapter.features].filter((name) => name !== "timestamp-query"));
    return {
      features,
      limits: adapter.limits,
      info: adapter.info,
      requestDevice: (descriptor: GPUDeviceDescriptor) => adapter.requestDevice(descriptor),
    } as unknown as GPUAdapter;
  };
  try {
    const backend = await webgpuBackend();
    const program = await ranOnce(backend, network(), networkValues);
    const times = await program.times();
    assert.is(times.timing, "submissions");
    const sum = times.kernels.reduce((total, { milliseconds }) => total + milliseconds, 0);
    assert.ok(sum > 0 && sum <= times.wallMilliseconds);
    for (const { calls, name } of times.kernels) assert.is(calls, 1, name);
    await backend.close();
  } finally {
    entry.requestAdapter = requestAdapter;
  }
});

test.run();
