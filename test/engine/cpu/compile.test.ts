import { test } from "uvu";
import * as assert from "uvu/assert";
import { compileProgram } from "../../../engine/cpu/compile.js";
import { network } from "../runtime/timed-programs.js";

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

test.run();
