/** Memory for programs: refused, asked for again, given back, limited. */
import { test } from "uvu";
import * as assert from "uvu/assert";
import { memoryOf } from "../../../engine/cpu/program-memory.js";
import { inProcess } from "./in-process.js";

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

test.run();
