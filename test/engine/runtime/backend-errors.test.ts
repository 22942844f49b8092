/** Wrong input at the boundary of every backend has its message; what fails or is ended early leaves nothing hanging. */
import { spawnSync } from "node:child_process";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { cpuBackend } from "../../../engine/cpu/backend.js";
import { control, Team } from "../../../engine/cpu/execution.js";
import { memoryOf } from "../../../engine/cpu/program-memory.js";
import { referenceBackend } from "../../../engine/reference/backend.js";
import type { Backend, Program, ProgramRequest } from "../../../engine/runtime/backend.js";
import { BlockedColumn } from "../../../engine/runtime/blocked-column.js";
import * as o from "../../../engine/tape/operations.js";
import { Tape } from "../../../engine/tape/tape.js";
import { testBackends } from "../../support/backends.js";

const numbers = (...values: number[]) => Float64Array.from(values);

async function rejects(body: () => Promise<unknown>, message: RegExp): Promise<void> {
  try {
    await body();
  } catch (error) {
    assert.match((error as Error).message, message);
    return;
  }
  assert.unreachable(`expected a rejection with ${message}`);
}

/** y = p x, its sum; "rate" is added to p by every step. */
function simple() {
  const tape = new Tape();
  const x = tape.column("x", [2]);
  const p = tape.parameter("p");
  const rate = tape.parameter("rate");
  const y = o.mul(x, p);
  const sum = o.sumTo(o.sumEvents(y), []);
  const request: ProgramRequest = { outputs: { y, sum }, updates: { p: o.add(p, o.add(rate, o.mul(sum, 0))) } };
  return { tape, x, p, rate, y, sum, request };
}

for (const { name, create } of testBackends()) {
  const inProgram = (title: string, body: (program: Program, backend: Backend) => Promise<void>) =>
    test(`${title} on ${name}`, async () => {
      const backend = await create();
      try {
        const program = await backend.compile(simple().request);
        await program.bind({ x: numbers(1, 2, 3, 10, 20, 30) });
        await program.write({ p: [2], rate: [0] });
        await body(program, backend);
        // Whatever was refused: the program still works.
        assert.equal([...((await program.run()).sum as Float64Array)], [132]);
      } finally {
        await backend.close();
      }
    });

  test(`a column without data, a parameter without a value on ${name}`, async () => {
    const backend = await create();
    const program = await backend.compile(simple().request);
    await rejects(() => program.run(), /^run: expected a value for parameter "p", got none\. Call write first$/);
    await rejects(() => program.read(["p"]), /^read: expected a value for parameter "p", got none\. Call write first$/);
    await program.write({ p: [1], rate: [1] });
    await rejects(() => program.run(), /^run: expected data bound to column "x", got none\. Call bind first$/);
    await rejects(
      () => program.steps({ count: 1, indices: { events: Int32Array.of(0) } }),
      /^steps: expected data bound to column "x", got none/,
    );
    await backend.close();
  });

  inProgram("wrong columns and parameters", async (program) => {
    await rejects(
      () => program.bind({ x: numbers(1, 2, 3) }),
      /^bind: expected column "x" \[2\] to hold a multiple of 2 numbers, got 3$/,
    );
    await rejects(
      () => program.bind({ x: [1, 2] as never }),
      /^bind: expected column "x" to be a Float32Array, Float64Array, BlockedColumn or RandomColumn, got \[1, 2\]$/,
    );
    await rejects(
      () => program.write({ q: [1] }),
      /^write: expected a parameter of this program \(p, rate\), got "q"$/,
    );
    await rejects(() => program.read(["q"]), /^read: expected a parameter of this program \(p, rate\), got "q"$/);
    await rejects(() => program.write({ p: [1, 2] }), /^write: expected 1 numbers for parameter "p" \[\], got 2$/);
  });

  inProgram("names that nobody knows", async (program) => {
    await rejects(
      () => program.bind({ X: numbers(1, 2) }),
      /^bind: expected a column of this program \(x\), got "X"\. Did you mean x\?$/,
    );
    await rejects(
      () => program.bind({ x: numbers(1, 2), weights: numbers(1) }),
      /^bind: expected a column of this program \(x\), got "weights"$/,
    );
    await rejects(
      () => program.write({ Rate: [1] }),
      /^write: expected a parameter of this program \(p, rate\), got "Rate"\. Did you mean rate\?$/,
    );
    await rejects(
      () => program.run({ range: { evnts: [0, 1] } }),
      /^run: expected an event set of this program \(events\), got "evnts"\. Did you mean events\?$/,
    );
    await rejects(
      () => program.run({ into: { Y: new BlockedColumn(2, 3, "f64") } }),
      /^run: expected columns to write to for outputs with events, got one for "Y"\. Did you mean y\?$/,
    );
    await rejects(
      () => program.steps({ count: 1, indices: { events: Int32Array.of(0), evnts: Int32Array.of(0) } }),
      /^steps: expected an event set of this program \(events\), got "evnts"\. Did you mean events\?$/,
    );
  });

  inProgram("values that are none, though JavaScript would make some of them", async (program) => {
    const never = (value: unknown) => value as never;
    for (const [given, told] of [
      ["2", '"2"'],
      [["2"], '"2" at [0]'],
      [[[2]], "[2] at [0]"],
      [[undefined], "undefined at [0]"],
      [new Array(1), "undefined at [0]"],
      [[null], "null at [0]"],
      [[true], "true at [0]"],
      [2, "2"],
      [null, "null"],
      [BigInt64Array.of(2n), "a BigInt64Array"],
    ] as const) {
      const refused = (write: () => Promise<unknown>, what: string) =>
        rejects(write, new RegExp(`expected numbers for ${what}, got ${told.replace(/[[\]]/g, "\\$&")}$`));
      await refused(() => program.write({ p: never(given) }), 'parameter "p" \\[\\]');
      const steps = { count: 1, indices: { events: Int32Array.of(0) }, schedule: { p: never(given) } };
      await refused(() => program.steps(steps), 'the schedule of parameter "p"');
    }
    await program.write({ p: Float32Array.of(3), rate: Int8Array.of(1) });
    await program.write({ p: { length: 1, 0: 2 }, rate: [0] });
    await rejects(() => program.read(never("p")), /^read: expected a list of names of parameters, got "p"$/);
    await rejects(
      () => program.run({ range: { events: never(2) } }),
      /^run: expected a range of "events" within its 3 events, got 2$/,
    );
    await rejects(
      () => program.run({ into: { y: never(new Float64Array(6)) } }),
      /^run: expected a BlockedColumn to write output "y" to, got a Float64Array of \d+ bytes$/,
    );
    await rejects(
      () => program.steps({ count: 1, indices: { events: never([0]) } }),
      /^steps: expected indices of "events" as an Int32Array, got \[0\]$/,
    );
  });

  inProgram("ranges outside the events", async (program) => {
    for (const range of [
      [-1, 2],
      [0, 4],
      [2, 1],
      [0.5, 1],
    ] as const) {
      await rejects(
        () => program.run({ range: { events: range } }),
        new RegExp(`^run: expected a range of "events" within its 3 events, got \\[${range[0]}, ${range[1]}\\]$`),
      );
    }
  });

  inProgram("steps that do not fit", async (program) => {
    const events = Int32Array.of(0, 1, 2);
    await rejects(
      () => program.steps({ count: 1, indices: {} }),
      /^steps: expected indices of "events" in 1 equal parts, got none$/,
    );
    await rejects(
      () => program.steps({ count: 2, indices: { events } }),
      /^steps: expected indices of "events" in 2 equal parts, got 3$/,
    );
    await rejects(
      () => program.steps({ count: 1, indices: { events: Int32Array.of(0, 3) } }),
      /^steps: expected indices of "events" in \[0, 3\), got 3$/,
    );
    await rejects(
      () => program.steps({ count: -1, indices: { events } }),
      /^steps: expected a whole number of steps, got -1$/,
    );
    await rejects(
      () => program.steps({ count: 3, indices: { events }, schedule: { rate: numbers(1) } }),
      /^steps: expected 3 x 1 numbers for the schedule of parameter "rate", got 1$/,
    );
    await rejects(
      () => program.steps({ count: 3, indices: { events }, schedule: { speed: numbers(1, 1, 1) } }),
      /^steps: expected a parameter of this program \(p, rate\), got "speed"$/,
    );
    const none = await program.steps({ count: 0, indices: { events: new Int32Array() } });
    assert.equal(
      Object.entries(none).map(([key, values]) => [key, values.length]),
      [["sum", 0]],
    );
  });

  test(`programs that no tape describes are refused on ${name}`, async () => {
    const backend = await create();
    const { y, sum, rate } = simple();
    const other = simple();
    await rejects(
      () => backend.compile({ outputs: { sum, other: other.sum } }),
      /^compile: expected outputs and updates of one tape, got nodes of several tapes$/,
    );
    await rejects(
      () => backend.compile({ outputs: { sum }, updates: { q: sum } }),
      /^compile: expected a parameter of this program \(p, rate\), got "q"$/,
    );
    await rejects(
      () => backend.compile({ outputs: { sum }, updates: { p: o.reshape(rate, [1]) } }),
      /^compile: expected an update of parameter "p" to have its shape \[\], and no events, got \[1\]$/,
    );
    await rejects(() => backend.compile({ outputs: {}, updates: { p: y } }), /got \[2\] over "events"$/);
    await backend.close();
  });

  test(`columns of one event set with different numbers of events are refused on ${name}`, async () => {
    const backend = await create();
    const tape = new Tape();
    const program = await backend.compile({ outputs: { y: o.add(tape.column("a"), tape.column("b")) } });
    await program.bind({ a: numbers(1, 2), b: numbers(1, 2, 3) });
    await rejects(
      () => program.run(),
      /^run: expected columns of "events" with equally many events, got 2 in "a" and 3 in "b"$/,
    );
    await program.bind({ b: numbers(1, 2) });
    assert.equal([...((await program.run()).y as Float64Array)], [2, 4]);
    await backend.close();
  });

  test(`a program that only counts events takes their number from any column, else from a range, on ${name}`, async () => {
    const backend = await create();
    const tape = new Tape();
    tape.column("x");
    const count = o.sumEvents(tape.constant(1, [], tape.events()));
    const program = await backend.compile({ outputs: { count } });
    await rejects(
      () => program.run(),
      /^run: expected a number of events for "events", got none, as no column of it is bound\. Bind one/,
    );
    assert.equal([...((await program.run({ range: { events: [3, 8] } })).count as Float64Array)], [5]);
    await program.bind({ x: new Float32Array(7) });
    assert.equal([...((await program.run()).count as Float64Array)], [7]);
    await backend.close();
  });

  test(`closed programs and backends say so on ${name}`, async () => {
    const backend = await create();
    const program = await backend.compile(simple().request);
    const other = await backend.compile(simple().request);
    await other.write({ p: [1], rate: [1] });
    await program.close();
    await program.close();
    for (const use of [
      () => program.run(),
      () => program.read(["p"]),
      () => program.write({ p: [1] }),
      () => program.bind({}),
      () => program.steps({ count: 0, indices: {} }),
    ]) {
      await rejects(use, /: expected an open program, got one that was closed$/);
    }
    await other.bind({ x: numbers(1, 2) });
    assert.equal([...((await other.run()).sum as Float64Array)], [3]);
    await backend.close();
    await backend.close();
    const closed = /: expected an open (backend|program), got one that was closed$/;
    await rejects(
      () => backend.compile(simple().request),
      /^(cpu|reference|webgpu) backend: expected an open backend, got/,
    );
    await rejects(() => other.run(), closed);
    await rejects(() => other.read(["p"]), closed);
    await rejects(() => other.write({ p: [1] }), closed);
    await other.close();
  });

  test(`an aborted signal refuses runs and steps before they begin on ${name}`, async () => {
    const backend = await create();
    const program = await backend.compile(simple().request);
    await program.bind({ x: numbers(1, 2) });
    await program.write({ p: [1], rate: [1] });
    const signal = AbortSignal.abort();
    await rejects(() => program.run({ signal }), /abort/);
    await rejects(() => program.steps({ count: 1, indices: { events: Int32Array.of(0) }, signal }), /abort/);
    assert.equal([...((await program.read(["p"])).p as Float64Array)], [1]);
    await backend.close();
  });
}

for (const threads of [1, 2, 3]) {
  test(`a signal ends steps between two of them, and only those it belongs to, ${threads} threads`, async () => {
    const backend = await cpuBackend({ threads });
    const program = await backend.compile(simple().request);
    const other = await backend.compile(simple().request);
    for (const each of [program, other]) {
      await each.bind({ x: new Float32Array(200) });
      await each.write({ p: [0], rate: [1] });
    }
    const steps = (each: Program, count: number, signal?: AbortSignal) =>
      each.steps({ count, indices: { events: new Int32Array(count) }, signal });
    for (let round = 0; round < 5; round++) {
      await program.write({ p: [0] });
      await other.write({ p: [0] });
      const abort = new AbortController();
      const first = steps(other, 300);
      const long = steps(program, 1_000_000, abort.signal);
      setTimeout(() => abort.abort(), 5 * round);
      await rejects(() => long, /abort/);
      assert.is((await first).sum?.length, 300);
      const [done] = (await program.read(["p"])).p as Float64Array;
      assert.ok(Number.isInteger(done) && (done as number) < 1_000_000, `${done} whole steps`);
      assert.equal([...((await other.read(["p"])).p as Float64Array)], [300]);
      await steps(program, 10);
      assert.equal([...((await program.read(["p"])).p as Float64Array)], [(done as number) + 10]);
    }
    await backend.close();
  });

  test(`a signal ends a run long before its end, and leaves the program as it was, ${threads} threads`, async () => {
    const backend = await cpuBackend({ threads });
    const tape = new Tape();
    const x = tape.column("x");
    const w = tape.parameter("w", [2, 2]);
    let y = o.sumTo(o.linear(o.concatenate([o.reshape(x, [1]), o.reshape(o.square(x), [1])]), w), []);
    for (let i = 0; i < 8; i++) y = o.exp(o.neg(o.exp(y)));
    const sum = o.sumEvents(y);
    // A second pass over the events needs what the first gives.
    const outputs = { sum, spread: o.sumEvents(o.square(o.sub(y, sum))) };
    const program = await backend.compile({ outputs });
    const events = 1_500_000;
    await program.bind({ x: Float32Array.from({ length: events }, (_, e) => Math.sin(e)) });
    await program.write({ w: [0.1, 0.2, 0.3, 0.4] });
    const timed = async (run: () => Promise<unknown>) => {
      const start = performance.now();
      const result = await run();
      return { result, milliseconds: performance.now() - start };
    };
    const whole = await timed(() => program.run());
    const abort = new AbortController();
    setTimeout(() => abort.abort(new Error("no longer wanted")), 0.05 * whole.milliseconds);
    const cut = await timed(() => rejects(() => program.run({ signal: abort.signal }), /^no longer wanted$/));
    assert.ok(cut.milliseconds < 0.6 * whole.milliseconds, `${cut.milliseconds} of ${whole.milliseconds} ms`);
    assert.equal(await program.run(), whole.result);
    await backend.close();
  });

  test(`closing a backend rejects what it still computes, ${threads} threads`, async () => {
    const backend = await cpuBackend({ threads });
    const program = await backend.compile(simple().request);
    await program.bind({ x: new Float32Array(2) });
    await program.write({ p: [0], rate: [1] });
    const long = program.steps({ count: 1_000_000, indices: { events: new Int32Array(1_000_000) } });
    setTimeout(() => void backend.close(), 20);
    await rejects(() => long, /^cpu backend: expected an open backend, got one that was closed$/);
  });

  test(`a worker that fails rejects the call and all after it, ${threads} threads`, async () => {
    const backend = await cpuBackend({ threads });
    const tape = new Tape();
    const p = tape.parameter("p");
    // An operation that nobody can evaluate.
    const broken = tape.append({ name: "nonsense" } as never, [p], [], undefined);
    const program = await backend.compile({ outputs: { sum: o.sumEvents(o.mul(tape.column("x"), broken)) } });
    await program.bind({ x: numbers(1, 2) });
    await program.write({ p: [1] });
    await rejects(() => program.run(), /^internal: a worker failed/);
    await rejects(() => program.run(), /^internal: a worker failed/);
    await backend.close();
  });
}

test("the reference backend heeds signals and its end in the middle of a run, and does all else in turn", async () => {
  const backend = referenceBackend();
  const { y, sum } = simple();
  const program = await backend.compile({ outputs: { spread: o.sumEvents(o.square(o.exp(o.neg(y)))), sum } });
  const events = 400_000;
  await program.bind({ x: new Float64Array(2 * events).fill(0.5) });
  await program.write({ p: [1] });
  const begin = performance.now();
  const whole = program.run();
  // Of the run after it.
  const write = program.write({ p: [2] });
  assert.is((await whole).sum![0], events);
  const milliseconds = performance.now() - begin;
  await write;
  assert.is((await program.run({ range: { events: [0, 10] } })).sum![0], 20);
  for (const [stop, message] of [
    [(abort: AbortController) => abort.abort(new Error("no longer wanted")), /^no longer wanted$/],
    [() => void backend.close(), /expected an open program, got one that was closed$/],
  ] as const) {
    const abort = new AbortController();
    setTimeout(() => stop(abort), 1);
    const start = performance.now();
    await rejects(() => program.run({ signal: abort.signal }), message);
    assert.ok(performance.now() - start < 0.6 * milliseconds + 100);
  }
});

test("a barrier reached after another worker's failure does not wait", () => {
  const shared = new Int32Array(new SharedArrayBuffer(control.length * 4));
  new Team(0, 2, shared).fail();
  assert.throws(() => new Team(1, 2, shared).barrier(), /internal: another worker failed/);
});

test("a backend that nobody closed does not keep the process alive", () => {
  const script = `
    import { cpuBackend } from ${JSON.stringify(new URL("../../../engine/cpu/backend.js", import.meta.url))};
    import { Tape } from ${JSON.stringify(new URL("../../../engine/tape/tape.js", import.meta.url))};
    const backend = await cpuBackend({ threads: 2 });
    const program = await backend.compile({ outputs: { x: new Tape().column("x") } });
    await program.bind({ x: new Float64Array(3) });
    console.log((await program.run()).x.length);
  `;
  const { stdout, status, signal } = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
    encoding: "utf8",
    timeout: 60_000,
  });
  assert.equal([stdout.trim(), status, signal], ["3", 0, null]);
});

test("a process with flags of V8 has a backend", () => {
  const script = `
    const { cpuBackend } = await import(${JSON.stringify(new URL("../../../engine/cpu/backend.js", import.meta.url))});
    const backend = await cpuBackend({ threads: 1 });
    await backend.close();
    console.log("closed");
  `;
  const args = ["--max-old-space-size=512", "-e", `(async () => {${script}})()`];
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8", timeout: 60_000 });
  assert.is(stdout, "closed\n", stderr);
});

/** Runs a module in a process of its own; `parts` stands for what it may use of the engine. */
function inProcess(script: string) {
  const parts = ["cpu/backend", "tape/operations", "tape/tape"].map(
    (file) => new URL(`../../../engine/${file}.js`, import.meta.url),
  );
  const [backend, operations, tape] = parts.map((url) => JSON.stringify(url));
  const loaded = `
    const { cpuBackend } = await import(${backend});
    const o = await import(${operations});
    const { Tape } = await import(${tape});
    const x = new Tape().column("x");
    /** Of 4 million events: some tenths of a second. */
    async function longRun(backend) {
      let y = x;
      for (let i = 0; i < 8; i++) y = o.exp(o.neg(o.exp(y)));
      const program = await backend.compile({ outputs: { sum: o.sumEvents(y) } });
      await program.bind({ x: new Float64Array(4_000_000) });
      return program.run();
    }
  `;
  return spawnSync(process.execPath, ["--input-type=module", "-e", `${script.replace("/* parts */", loaded)}`], {
    encoding: "utf8",
    timeout: 60_000,
  });
}

test("closing a backend while a run is pending settles both, and the process goes on", () => {
  const { stdout, stderr, status } = inProcess(`
    /* parts */
    for (let round = 0; round < 8; round++) {
      const backend = await cpuBackend({ threads: 2 });
      const outcome = longRun(backend).then(() => "done", ({ message }) => message);
      await new Promise((resolve) => setTimeout(resolve, 20));
      await backend.close();
      console.log(await outcome);
    }
  `);
  assert.is(status, 0, stderr);
  assert.is(stdout, "cpu backend: expected an open backend, got one that was closed\n".repeat(8));
});

for (const rank of [0, 1]) {
  test(`a worker that ends without an error, of rank ${rank}, rejects the call and all after it`, () => {
    const { stdout, stderr, status } = inProcess(`
      import threads from "node:worker_threads";
      import { syncBuiltinESMExports } from "node:module";
      const workers = [];
      threads.Worker = class extends threads.Worker {
        constructor(...all) {
          super(...all);
          workers.push(this);
        }
      };
      syncBuiltinESMExports();
      /* parts */
      const backend = await cpuBackend({ threads: 2 });
      const run = longRun(backend);
      setTimeout(() => workers[${rank}].terminate(), 20);
      await run.catch(({ message }) => console.log(message));
      await longRun(backend).catch(({ message }) => console.log(message));
      await backend.close();
    `);
    assert.is(status, 0, stderr);
    const wanted =
      /^cpu backend: expected its worker threads to stay, got one that ended \(exit code [01]\)\. Open the backend again/;
    const lines = stdout.trim().split("\n");
    assert.is(lines.length, 2);
    for (const line of lines) assert.match(line, wanted, line);
  });
}

/** Has memory for workers refused, as under `ulimit -v`: always, or the first time that is asked after `refused` was set. */
const REFUSED_MEMORY = `
  let refused = 0;
  WebAssembly.Memory = class extends WebAssembly.Memory {
    constructor(limits) {
      if (limits.shared && refused-- > 0) throw new RangeError("WebAssembly.Memory(): could not allocate memory");
      super(limits);
    }
  };
`;

test("memory that is refused is asked for again once workers have freed what was closed", () => {
  const { stdout, stderr, status } = inProcess(`
    ${REFUSED_MEMORY}
    /* parts */
    const backend = await cpuBackend({ threads: 2 });
    const outputs = { sum: o.sumEvents(x) };
    refused = 1;
    const program = await backend.compile({ outputs });
    await program.bind({ x: Float64Array.of(1, 2, 4) });
    console.log((await program.run()).sum[0]);
    refused = 2;
    await backend.compile({ outputs }).catch(({ name, message }) => console.log(name, message));
    console.log((await program.run()).sum[0]);
    await backend.close();
  `);
  assert.is(status, 0, stderr);
  const [first, refusal, second] = stdout.split("\n");
  assert.equal([first, second], ["7", "7"]);
  assert.match(
    refusal as string,
    /^MemoryError cpu backend: expected \d MiB of memory for a program, got a refusal \(WebAssembly\.Memory\(\): could not allocate memory\)\. Node reserves 10 GiB .*NODE_OPTIONS=--disable-wasm-trap-handler, .*take fewer threads$/,
  );
});

test("a program beyond 4 GiB is refused, with what to do", () => {
  assert.throws(
    () => memoryOf({ pages: 2 ** 16 + 1, contents: [] }, true),
    /^cpu backend: expected a program that needs at most 4096 MiB of memory, got one that needs 4097 MiB\. Every thread needs its part: take fewer threads/,
  );
});

if (process.platform === "linux") {
  test("a limit on the address space refuses the threads that V8 could not start", () => {
    const script = `
      import { cpuBackend } from ${JSON.stringify(new URL("../../../engine/cpu/backend.js", import.meta.url))};
      await cpuBackend({ threads: 32 }).catch(({ name, message }) => console.log(name, message));
    `;
    // 8 GiB.
    const limited = `ulimit -v 8388608; exec "$0" --input-type=module -e "$1"`;
    const { stdout, status } = spawnSync("bash", ["-c", limited, process.execPath, script], { encoding: "utf8" });
    assert.is(status, 0);
    assert.match(
      stdout,
      /^MemoryError cpu backend: expected at most \d+ threads, as many as the limit .*, got 32\. Take fewer/,
    );
  });

  test("closed programs give their code and memory back, in the workers too", () => {
    // Each program that is not freed holds 10 GiB of address space.
    const { stdout, stderr } = inProcess(`
      import { readFileSync } from "node:fs";
      import { host } from ${JSON.stringify(new URL("../../../engine/cpu/host-node.js", import.meta.url))};
      /* parts */
      const backend = await cpuBackend({ threads: 2 });
      for (let i = 0; i < 400; i++) {
        const program = await backend.compile({ outputs: { sum: o.sumEvents(x) } });
        await program.bind({ x: new Float64Array(1) });
        await program.run();
        await program.close();
      }
      host.collectGarbage();
      await new Promise((resolve) => setTimeout(resolve, 50));
      console.log(Number(/VmSize:\\s+(\\d+)/.exec(readFileSync("/proc/self/status", "utf8"))[1]) / 2 ** 20);
      await backend.close();
    `);
    const gibibytes = Number(stdout);
    assert.ok(gibibytes > 1 && gibibytes < 2000, `${stdout} GiB ${stderr}`);
  });
}

test("a number of threads that is none is refused", async () => {
  for (const threads of [0, 1.5, -2, Number.NaN, 257, 1e9]) {
    await rejects(
      () => cpuBackend({ threads }),
      new RegExp(`^cpu backend: expected a whole number of threads from 1 to 256, got ${threads}$`),
    );
  }
});

test.run();
