/** The end of a backend, of its workers and of its process: nothing hangs, and calls say what happened. */
import { spawnSync } from "node:child_process";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { cpuBackend } from "../../../engine/cpu/backend.js";
import * as o from "../../../engine/tape/operations.js";
import { Tape } from "../../../engine/tape/tape.js";
import { rejects } from "../../support/rejects.js";
import { numbers, simple } from "../runtime/simple-program.js";
import { inProcess } from "./in-process.js";

for (const threads of [1, 2, 3]) {
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
}

test("without workers programs run in the thread that calls: the bits of one worker, and timers are served", async () => {
  const tape = new Tape();
  const [x, p] = [tape.column("x"), tape.parameter("p")];
  const request = {
    outputs: { sum: o.sumEvents(o.exp(o.mul(x, p))), each: o.mul(x, p) },
    updates: { p: o.mul(p, 0.5) },
  };
  const values = Float64Array.from({ length: 5000 }, (_, i) => Math.sin(i));
  const found: object[] = [];
  for (const threads of [1, 0]) {
    const backend = await cpuBackend({ precision: "f64", threads });
    const program = await backend.compile(request);
    await program.bind({ x: values });
    await program.write({ p: [0.7] });
    const run = await program.run();
    const steps = await program.steps({ count: 3, indices: { events: Int32Array.from({ length: 30 }, (_, i) => i) } });
    const read = await program.read(["p"]);
    found.push({ run, steps, read: read.p!.slice() });
    read.p!.fill(0);
    assert.equal((await program.read(["p"])).p, Float64Array.of(0.7 / 8), "what is read is a copy");
    if (threads === 0) {
      let isServed = false;
      setTimeout(() => {
        isServed = true;
      }, 0);
      const start = performance.now();
      while (!isServed && performance.now() - start < 10_000) await program.run();
      assert.ok(isServed, "calls in a row leave time for others");
    }
    await backend.close();
    await rejects(program.run(), /backend/);
  }
  assert.equal(found[1], found[0]);
});

test("a number of threads that is none is refused", async () => {
  for (const threads of [-1, 1.5, -2, Number.NaN, 257, 1e9]) {
    await rejects(
      () => cpuBackend({ threads }),
      new RegExp(`^cpu backend: expected a whole number of threads from 0 to 256, got ${threads}$`),
    );
  }
});

test.run();
