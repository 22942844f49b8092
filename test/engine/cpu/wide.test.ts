/**
 * 256-bit code gives the same bits as plain code. RANDOM_PROGRAMS=1000 runs that many programs, which is what a version of V8 has to
 * pass before it is named in `engine/cpu/wide.ts`.
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { host } from "#cpu-host";
import { hasRelaxedSimd } from "../../../engine/cpu/assembly/simd.js";
import { cpuBackend } from "../../../engine/cpu/backend.js";
import { allowWide } from "../../../engine/cpu/wide.js";
import { programOf } from "../random-programs.js";

const COUNT = process.env.RANDOM_PROGRAMS ?? "12";
const SEED = process.env.RANDOM_PROGRAMS_SEED ?? "20261128";

const script = fileURLToPath(new URL("./wide-programs.js", import.meta.url));
const found = await allowWide(await hasRelaxedSimd());
if (found === "none")
  console.log(`note: no 256-bit code here (${host.wideEngine() ?? process.arch}): its kernels run as plain code`);
const OPTIMISED = ["--no-liftoff", "--no-wasm-lazy-compilation"];

for (const precision of ["f32", "f64"] as const) {
  // Kernels that V8 does not pair are right all the same.
  const wide = found === "none" ? "all" : found;
  test(`${COUNT} random programs of kernels for 256 bits (${wide}) give the bits of plain ones, ${precision}`, () => {
    const flags = found === "none" ? [] : OPTIMISED;
    const { stdout, stderr, status } = spawnSync(process.execPath, [...flags, script, precision, wide, COUNT, SEED], {
      encoding: "utf8",
    });
    assert.is(status, 0, stderr);
    assert.is(stdout, `${COUNT} programs\n`);
  });
}

test("a backend with 256-bit code gives the bits of one without, on several threads", async () => {
  const gene = (operation: number) => [operation, 3, 5, 1, 2] as const;
  const program = programOf({ genes: [0, 3, 8, 14, 16, 10].map(gene), seed: 7, anyKinks: false });
  const results = await Promise.all(
    [false, true].map(async (wide) => {
      const backend = await cpuBackend({ threads: 2, wide });
      const compiled = await backend.compile({ outputs: program.outputs });
      await compiled.bind(program.columns(500));
      await compiled.write(program.parameters);
      const values = await compiled.run();
      await backend.close();
      return values;
    }),
  );
  assert.equal(results[1], results[0]);
});

test.run();
